//! Untrusted text that people read on their phones (threat T17).

/// Characters of a name or reason that are shown.
pub(crate) const MAX_CHARS: usize = 80;

/// Returns the text as it may be shown: cut, and without characters that steer a screen.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !steers(*c))
        .take(MAX_CHARS)
        .collect()
}

/// Returns true if a character ends a line, turns the direction of text or is invisible: control characters, line
/// separators, explicit directional formatting and invisible marks (Unicode UAX #9 §2, UAX #14 §5).
pub(crate) fn steers(c: char) -> bool {
    let invisible =
        matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_control() || invisible || matches!(c, '\u{2028}'..='\u{202e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_steer_the_screen() {
        assert_eq!(shown("示\u{202e}例\u{7}\u{2028}甲\u{200b}"), "示例甲");
        assert_eq!(shown(&"长".repeat(100)).chars().count(), MAX_CHARS);
    }
}
