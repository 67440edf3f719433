//! A short run of a property: replays its corpus and tries mutations of it, the same in every run.
//!
//! A property is a function that takes any bytes and panics if a rule is broken. Properties stand beside their code, in files
//! named `fuzz_properties.rs`; libFuzzer tries the same functions at length.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a property that does not hold panics"
)]

mod corpus;
mod mutation;

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestRunner};

use crate::mutation::{Input, mutated};

/// Mutations in a test run. `PROPTEST_CASES` changes their number.
const CASES: u32 = 2000;

/// Seed of the mutations. `PROPTEST_RNG_SEED` changes it.
const SEED: u64 = 9457;

/// Tries a property on each entry of its corpus, the folder `property` in `corpora`, and on mutations of the entries.
///
/// # Panics
/// Panics if the property does not hold, with the bytes and the seed of the mutation, or if the corpus is empty.
pub fn hold(corpora: &str, property: &str, check: impl Fn(&[u8])) {
    hold_for(CASES, corpora, property, check);
}

/// Does the same with another number of mutations, for properties that take long.
///
/// # Panics
/// Panics as [`hold`] does.
pub fn hold_for(cases: u32, corpora: &str, property: &str, check: impl Fn(&[u8])) {
    let corpus = corpus::of(corpora, property);
    for (file, bytes) in &corpus {
        if catch_unwind(AssertUnwindSafe(|| check(bytes))).is_err() {
            panic!("{property} does not hold for {}", file.display());
        }
    }
    let config = config(cases, SEED);
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

/// Returns a configuration for tests by random cases: the same in every run, with this number of cases. A case that fails is
/// written down beside `file`, the source of the test, and tried first from then on.
pub fn random_cases(cases: u32, file: &'static str) -> Config {
    Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        source_file: Some(file),
        ..config(cases, 1)
    }
}

/// Returns a configuration without memory. Variables of the environment change number and seed.
fn config(cases: u32, seed: u64) -> Config {
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(seed);
    }
    config
}
