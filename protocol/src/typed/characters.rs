//! Folding of one character.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

use crate::steering::{SteeringChar, SteeringEffect};

/// The part that a character has in a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A letter, a digit, or a sign without a part of its own.
    Plain,
    Dash,
    Space,
    /// A mark that is not seen: people neither type nor miss it.
    Invisible,
}

/// Returns the kind of a character and the character that it stands for.
///
/// Each is folded by itself, and only to a single one: a code never gets longer, and a combining mark does not vanish in
/// the letter before it.
pub(super) fn fold(character: char) -> (Kind, char) {
    if is_invisible(character) {
        return (Kind::Invisible, character);
    }
    let folded = compatible(character);
    let folded = decimal(folded).unwrap_or(folded);
    let kind = if is_invisible(folded) {
        Kind::Invisible
    } else if folded.is_whitespace() {
        Kind::Space
    } else if is_dash(folded) {
        Kind::Dash
    } else {
        Kind::Plain
    };
    (kind, folded)
}

/// Returns true for a character that is not seen in a code or a name: format characters, those that turn the direction of
/// text, variation selectors, and the box around the digit of an emoji.
pub(super) fn is_invisible(character: char) -> bool {
    let steers = SteeringChar::of(character).is_some_and(|found| {
        matches!(
            found.effect(),
            SteeringEffect::Invisible | SteeringEffect::TurnsDirection
        )
    });
    let selects = matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    steers || selects || character == '\u{20e3}' || category(character) == GeneralCategory::Format
}

/// Returns true for each dash of Unicode and each sign that keyboards and input methods write in its place: minus signs,
/// the hyphen bullet, the mark of long vowels of Japanese, and lines of boxes.
fn is_dash(character: char) -> bool {
    category(character) == GeneralCategory::DashPunctuation
        || matches!(character, '−' | '⁃' | 'ー' | '˗' | 'ˉ' | '─' | '━' | '⎯')
}

/// Returns true for a full stop, comma, quotation mark, bracket or another sign of punctuation, in any script.
pub(super) fn is_punctuation(character: char) -> bool {
    matches!(
        category(character),
        GeneralCategory::ConnectorPunctuation
            | GeneralCategory::DashPunctuation
            | GeneralCategory::OpenPunctuation
            | GeneralCategory::ClosePunctuation
            | GeneralCategory::InitialPunctuation
            | GeneralCategory::FinalPunctuation
            | GeneralCategory::OtherPunctuation
    )
}

fn category(character: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(character)
}

/// Returns the single character of which this one is a compatibility form (NFKC), else itself.
fn compatible(character: char) -> char {
    if character.is_ascii() {
        return character;
    }
    let mut buffer = [0; 4];
    let text = &*character.encode_utf8(&mut buffer);
    let normal = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let mut characters = normal.chars();
    match (characters.next(), characters.next()) {
        (Some(single), None) => single,
        _ => character,
    }
}

/// Returns the ASCII digit of a decimal digit of any script.
fn decimal(character: char) -> Option<char> {
    let is_decimal = |code: &u32| {
        char::from_u32(*code)
            .is_some_and(|character| category(character) == GeneralCategory::DecimalNumber)
    };
    let code = u32::from(character);
    if character.is_ascii() || !is_decimal(&code) {
        return None;
    }
    // The digits of a script stand in a row from its zero on, and each row is whole (Unicode §4.6).
    let before = (0..code).rev().take_while(is_decimal).count();
    char::from_digit(u32::try_from(before % 10).ok()?, 10)
}
