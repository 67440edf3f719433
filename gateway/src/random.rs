//! Randomness: secrets from the operating system, and jitter from a fast generator.
//!
//! This is the only module that draws random numbers, so that no secret comes from the fast generator.
#![allow(
    clippy::disallowed_methods,
    reason = "the one place for random numbers"
)]

use std::time::Duration;

/// Returns random bytes from the operating system, for ids, codes and keys.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without the system's randomness no secret can be made, and there is no way on"
    )]
    getrandom::fill(&mut bytes).expect("the system's random generator answers");
    bytes
}

/// Returns a random part of a time: for moments that must not come together.
pub(crate) fn part_of(time: Duration) -> Duration {
    time.mul_f64(fastrand::f64())
}

/// Returns a random number of seconds in a range.
pub(crate) fn seconds(range: std::ops::RangeInclusive<u64>) -> Duration {
    Duration::from_secs(fastrand::u64(range))
}

/// Puts items into a random order.
pub(crate) fn shuffle<T>(items: &mut [T]) {
    fastrand::shuffle(items);
}
