//! Random bytes for ids, codes and keys, from the operating system.

/// So many random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without the system's randomness no secret can be made, and there is no way on"
    )]
    getrandom::fill(&mut bytes).expect("the system's random generator answers");
    bytes
}
