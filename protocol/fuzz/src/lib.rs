//! The short run: replays a property's corpus and tries mutations of it, the same ones each time.
//!
//! A property is a function that takes any bytes and panics where it does not hold. Properties stand beside the code
//! that they are about, in files named `properties.rs`; libFuzzer tries the same functions at length.

mod corpus;
mod mutation;

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::mutation::{Input, mutated};

/// Mutations that a test run tries. `PROPTEST_CASES` tries more.
const CASES: u32 = 2000;

/// What the mutations are drawn from. `PROPTEST_RNG_SEED` draws others.
const SEED: u64 = 9457;

/// Fails where the property does not hold for an entry of its corpus, or for a mutation of some.
///
/// # Panics
/// It does not hold; the message has the bytes, and the seed by which they were found.
pub fn hold(property: &str, check: impl Fn(&[u8])) {
    hold_for(CASES, property, check);
}

/// The same with another number of mutations, for properties that take long.
///
/// # Panics
/// As [`hold`].
pub fn hold_for(cases: u32, property: &str, check: impl Fn(&[u8])) {
    let corpus = corpus::of(property);
    for (file, bytes) in &corpus {
        if catch_unwind(AssertUnwindSafe(|| check(bytes))).is_err() {
            panic!("{property} does not hold for {}", file.display());
        }
    }
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    let seed = config.rng_seed;
    let entries = corpus.into_iter().map(|(_, bytes)| bytes).collect();
    let tried = TestRunner::new(config).run(&mutated(entries), |Input(bytes)| {
        check(&bytes);
        Ok(())
    });
    if let Err(failure) = tried {
        panic!("{property} does not hold (PROPTEST_RNG_SEED={seed}): {failure}");
    }
}
