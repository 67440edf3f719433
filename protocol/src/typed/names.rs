//! Names of people.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::Script;

use super::characters::is_invisible;

/// The dot between the parts of a name, as registers write it (GB/T 34933).
const DOT: char = '·';

/// Dots that input methods offer in its place. NFKC has replaced the half-width and the Greek one.
const DOTS: [char; 11] = ['•', '・', '‧', '∙', '⋅', '●', '⸱', '⦁', '᛫', 'ꞏ', '･'];

/// Full stops, which stand for the dot between two Han characters only: others have them behind initials.
const FULL_STOPS: [char; 2] = ['.', '。'];

/// Returns a typed name in the form in which a register is asked for it: NFKC, without marks that cannot be seen, each dot
/// between its parts as U+00B7, no space beside a Han character or a dot, and one between other words.
///
/// Compatibility ideographs and variation selectors become the character that they are a form of. Upper and lower case
/// stay: [`name_key`] is for comparisons.
pub fn name(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let normal = ComposingNormalizerBorrowed::new_nfkc().normalize(&seen);
    let characters: Vec<char> = normal.chars().filter(|c| !is_invisible(*c)).collect();
    let is_inner = |c: &&char| !c.is_whitespace();
    let mut name = String::with_capacity(normal.len());
    let mut previous = None;
    let mut spaced = false;
    for (at, character) in characters.iter().enumerate() {
        if character.is_whitespace() {
            spaced = previous.is_some();
            continue;
        }
        let next = characters[at + 1..].iter().find(is_inner).copied();
        let between_han = previous.is_some_and(is_han) && next.is_some_and(is_han);
        let character = match *character {
            dot if DOTS.contains(&dot) => DOT,
            stop if FULL_STOPS.contains(&stop) && between_han => DOT,
            other => other,
        };
        let joins = |c: char| is_han(c) || c == DOT;
        if spaced && !joins(character) && !previous.is_some_and(joins) {
            name.push(' ');
        }
        name.push(character);
        (previous, spaced) = (Some(character), false);
    }
    name
}

/// Returns the key by which two spellings of a name are compared: [`name`] in lower case.
pub fn name_key(text: &str) -> String {
    name(&name(text).to_lowercase())
}

fn is_han(character: char) -> bool {
    CodePointMapData::<Script>::new().get(character) == Script::Han
}
