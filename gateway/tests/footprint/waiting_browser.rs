//! A browser that shows a code.

use std::thread;
use std::time::{Duration, Instant};

use saoma_client::DEFAULT_TIMEOUT;

use crate::wire::{Opening, Wire, rest};
use crate::{HEAP, World};

/// Bytes for one browser with all of its login in the memory store: 5 % more than was measured. Of
/// what a release binary takes from the system for it, this is nearly all.
const BUDGET: usize = 1540;

/// Fills the shards of the node's maps by two thirds, on any number of cores: where the next one
/// would double a map, the figure would be a matter of luck.
const BROWSERS: usize = 700;

#[test]
fn a_waiting_browser_stays_within_its_budget() {
    let world = World::start();
    let mut browsers = Vec::with_capacity(BROWSERS + 1);
    // The first browser pays for everything that is made once.
    browsers.push(waiting_browser(&world));
    let before = HEAP.allocated();
    browsers.extend((0..BROWSERS).map(|_| waiting_browser(&world)));
    let each = || HEAP.allocated().saturating_sub(before) / BROWSERS;
    // The last of them are told that they wait a moment before they do.
    let deadline = Instant::now() + DEFAULT_TIMEOUT;
    while each() > BUDGET && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(world.gateway.waiting(), browsers.len());
    println!("{} bytes for a waiting browser", each());
    assert!(each() <= BUDGET, "{} bytes for a waiting browser", each());
}

/// A browser that shows a code, as its connection alone.
fn waiting_browser(world: &World) -> Wire {
    let mut browser = Wire::connect(world);
    Opening::new(world).go(&mut browser);
    rest(&mut browser);
    browser
}
