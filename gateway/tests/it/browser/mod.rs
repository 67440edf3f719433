//! Promises to a browser, by socket and by event stream.

mod delivery;
mod event_stream;
mod messages;
mod open;
mod proof;
mod resume;

use crate::support::{Node, World};

async fn world() -> (World, Node) {
    let world = World::in_memory();
    let node = world.start().await;
    (world, node)
}
