//! The entry point of libFuzzer: tries the property that `PROPERTY` names.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static CHECK: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let wanted = std::env::var("PROPERTY").unwrap_or_default();
    let mut known = saoma_protocol::fuzz_properties::ALL
        .iter()
        .chain(saoma_gateway::fuzz_properties::ALL);
    match known.find(|(name, _)| *name == wanted) {
        Some((_, check)) => *check,
        None => panic!("PROPERTY={wanted}: no property has this name"),
    }
});

fuzz_target!(|bytes: &[u8]| CHECK(bytes));
