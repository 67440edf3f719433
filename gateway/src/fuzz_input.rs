//! Helpers with which fuzzed properties read their bytes.
#![allow(
    clippy::expect_used,
    reason = "a property that does not hold says so by panicking"
)]

use std::sync::LazyLock;

use tokio::runtime::Runtime;

/// Runtime for asynchronous code that waits for no other party.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
});

/// Bytes as the lines of a text.
pub(crate) fn lines<const N: usize>(bytes: &[u8]) -> Option<[&str; N]> {
    let lines: Vec<&str> = std::str::from_utf8(bytes).ok()?.splitn(N, '\n').collect();
    lines.try_into().ok()
}

/// Returns true if a character ends a line or turns the direction of text: untrusted text must not do either (threat
/// T17).
pub(crate) fn moves_text(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
