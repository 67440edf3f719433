//! The binary `saoma`.

fn main() {}
