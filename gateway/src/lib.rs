//! The Saoma gateway: holds the sockets of waiting browsers, answers phones, and is an OpenID provider to portals.

pub mod store;
