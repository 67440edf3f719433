//! Characters that mislead the people who read a text (threat T17).

use std::fmt;

/// The effect of a character that no shown text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SteeringEffect {
    /// It ends the line or the paragraph (UAX #14 §5.1).
    EndsLine,
    /// It turns the direction of the text around it (UAX #9 §2).
    TurnsDirection,
    /// It cannot be seen, so that two texts look the same and are not.
    Invisible,
    /// It is another control character.
    Controls,
}

/// A character that no shown text may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SteeringChar {
    character: char,
    effect: SteeringEffect,
}

impl SteeringChar {
    /// Returns the character's effect on a screen, if it has one that misleads people.
    ///
    /// Variation selectors are shown: they choose the shape of a Han character in people's names (UTS #37).
    pub fn of(character: char) -> Option<Self> {
        use SteeringEffect::{Controls, EndsLine, Invisible, TurnsDirection};
        let effect = match character {
            '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => EndsLine,
            '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => TurnsDirection,
            // Default_Ignorable_Code_Point (UAX #44 §5.3), annotation marks and the place of an object, the blanks of Braille
            // and of music, and the layout of hieroglyphs.
            '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffc}'
            | '\u{13430}'..='\u{1345f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d159}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}'
            | '\u{e01f0}'..='\u{e0fff}' => Invisible,
            other if is_noncharacter(other) => Invisible,
            other if other.is_control() => Controls,
            _ => return None,
        };
        Some(Self { character, effect })
    }

    /// Returns the first such character of a text.
    pub fn first_in(text: &str) -> Option<Self> {
        text.chars().find_map(Self::of)
    }

    /// Returns the first such character of a text of several lines, which a form sends with CR LF. Tabs are shown as well.
    pub fn first_in_lines(text: &str) -> Option<Self> {
        let steering = text.chars().filter(|c| !matches!(c, '\n' | '\r' | '\t'));
        steering.into_iter().find_map(Self::of)
    }

    /// Returns the effect.
    pub const fn effect(&self) -> SteeringEffect {
        self.effect
    }

    /// Returns the code point, such as `U+202E`.
    pub fn code_point(&self) -> String {
        format!("U+{:04X}", u32::from(self.character))
    }
}

/// The code point and the reason, such as `U+202E, which turns the direction of text`.
impl fmt::Display for SteeringChar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self.effect {
            SteeringEffect::EndsLine => "ends a line",
            SteeringEffect::TurnsDirection => "turns the direction of text",
            SteeringEffect::Invisible => "is invisible",
            SteeringEffect::Controls => "is a control character",
        };
        write!(f, "{}, which {reason}", self.code_point())
    }
}

/// Returns true for a code point that is no character (Unicode §23.7).
const fn is_noncharacter(c: char) -> bool {
    let code = c as u32;
    matches!(code, 0xfdd0..=0xfdef) || code & 0xfffe == 0xfffe
}

/// Returns true if a text can be an id, which is compared and passed on as it is: not empty, without spaces around it, and
/// each character is seen. Beside those of [`SteeringChar`] these are left out: variation selectors, format characters
/// that show with their neighbours, and private use, which each font shows in its own way.
pub fn is_plain_id(text: &str) -> bool {
    let shows = |c: char| {
        SteeringChar::of(c).is_none()
            && !matches!(
                c,
                '\u{fe00}'..='\u{fe0f}'
                    | '\u{e0100}'..='\u{e01ef}'
                    | '\u{600}'..='\u{605}'
                    | '\u{6dd}'
                    | '\u{70f}'
                    | '\u{890}'
                    | '\u{891}'
                    | '\u{8e2}'
                    | '\u{110bd}'
                    | '\u{110cd}'
                    | '\u{e000}'..='\u{f8ff}'
                    | '\u{f0000}'..
            )
    };
    !text.is_empty() && text.trim() == text && text.chars().all(shows)
}

/// Returns the text without characters that steer a screen.
pub fn without_steering(text: &str) -> String {
    text.chars()
        .filter(|c| SteeringChar::of(*c).is_none())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steering_character_is_named_with_the_reason() {
        for (text, named) in [
            ("示\u{202e}例", "U+202E, which turns the direction of text"),
            ("示例\u{2069}", "U+2069, which turns the direction of text"),
            ("示\n例", "U+000A, which ends a line"),
            ("示\u{2028}例", "U+2028, which ends a line"),
            ("示\u{200b}例", "U+200B, which is invisible"),
            ("示\u{3164}例", "U+3164, which is invisible"),
            ("示\u{ad}例", "U+00AD, which is invisible"),
            ("示\u{e0041}例", "U+E0041, which is invisible"),
            ("示\u{fffc}例", "U+FFFC, which is invisible"),
            ("示\u{ffff}例", "U+FFFF, which is invisible"),
            ("示\u{fdd0}例", "U+FDD0, which is invisible"),
            ("示\u{10fffe}例", "U+10FFFE, which is invisible"),
            ("示\u{13430}例", "U+13430, which is invisible"),
            ("示\u{1345f}例", "U+1345F, which is invisible"),
            ("示\u{1d159}例", "U+1D159, which is invisible"),
            ("示\u{1d17a}例", "U+1D17A, which is invisible"),
            ("示\u{1b}例", "U+001B, which is a control character"),
        ] {
            let found = SteeringChar::first_in(text).map(|found| found.to_string());
            assert_eq!(found.as_deref(), Some(named), "{text:?}");
        }
        for shown in [
            "示例·甲",
            "Ünïcode 大厅",
            "ئۇيغۇر",
            "葛\u{e0100}",
            "葛\u{fe00}",
            "\u{e000}",
        ] {
            assert_eq!(SteeringChar::first_in(shown), None, "{shown:?}");
        }
    }

    /// Row A2.
    #[test]
    fn a2_an_id_is_its_own_text_and_nothing_of_it_is_unseen() {
        for id in [
            "c-1001",
            "unit:90001",
            "a b:c/%40",
            "示例",
            "a\u{301}",
            "ئۇيغۇر",
        ] {
            assert!(is_plain_id(id), "{id:?}");
        }
        for unseen in [
            "",
            " ",
            " a",
            "a ",
            "\u{3000}a",
            "a\u{a0}",
            "a\u{fe0f}",
            "葛\u{e0100}",
            "a\u{fffc}",
            "a\u{ffff}",
            "a\u{1ffff}",
            "a\u{13440}",
            "a\u{600}",
            "a\u{e000}",
            "a\u{f0000}",
            "a\u{10fffd}",
            "a\u{200d}",
            "a\n",
        ] {
            assert!(!is_plain_id(unseen), "{unseen:?}");
        }
    }

    #[test]
    fn a_text_loses_them_and_nothing_else() {
        let long = "长".repeat(100);
        assert_eq!(without_steering(&format!("\u{2067}{long}")), long);
    }

    #[test]
    fn texts_of_several_lines_may_end_lines_and_no_more() {
        assert_eq!(SteeringChar::first_in_lines("一\r\n\t二"), None);
        let found = SteeringChar::first_in_lines("一\r\n\u{2028}二");
        assert_eq!(
            found.map(|found| found.code_point()).as_deref(),
            Some("U+2028")
        );
    }
}
