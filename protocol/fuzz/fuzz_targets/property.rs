//! libFuzzer's way in: tries the property that `PROPERTY` names, a list of which stands in each crate.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static CHECK: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = std::env::var("PROPERTY").unwrap_or_default();
    let mut known = saoma_protocol::properties::ALL
        .iter()
        .chain(saoma_gateway::properties::ALL);
    match known.find(|(name, _)| *name == wanted) {
        Some((_, check)) => *check,
        None => panic!("PROPERTY={wanted} is none"),
    }
});

fuzz_target!(|bytes: &[u8]| CHECK(bytes));
