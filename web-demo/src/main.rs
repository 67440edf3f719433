//! The binary `saoma-demo`.

fn main() {}
