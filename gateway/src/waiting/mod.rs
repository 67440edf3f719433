//! Browsers that wait on this node, and the changes that reach them.

pub(crate) mod inbox;
pub(crate) mod registry;
pub(crate) mod store_clock;
pub(crate) mod sweep;
pub(crate) mod timers;
pub(crate) mod waiter;
mod wheel;
