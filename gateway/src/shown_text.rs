//! Untrusted text that people read on their phones (threat T17).

use saoma_protocol::SteeringChar;

/// Characters of a name or reason that are shown.
pub(crate) const MAX_CHARS: usize = 80;

/// Returns the text as it may be shown: cut, and without characters that steer a screen.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| SteeringChar::of(*c).is_none())
        .take(MAX_CHARS)
        .collect()
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
