//! Folding of text that people type, dictate or paste: codes, numbers, names and addresses.
//!
//! Input methods write full-width letters and several kinds of dash, chat programs add marks that cannot be seen, and
//! people group digits with spaces. Each function returns one form for all spellings of a text, so that a code or a name
//! is compared as it was meant. What a function does not understand stays as it is, and the reader of the result refuses it.
//!
//! Every function is idempotent. Passwords are never folded: the hashes that exist were made of the bytes that were typed
//! (NIST SP 800-63B-4 §3.1.1.2 asks for a normalisation before the first hash, not after it).

mod characters;
mod names;
#[cfg(test)]
mod tests;

pub use self::names::{name, name_key};

use self::characters::{Kind, fold, is_punctuation};

/// Digits of an ID number before its check character.
const ID_NUMBER_DIGITS: usize = 17;

/// Signs that are taken for an X at the end of an ID number: Cyrillic and Greek letters, the signs of multiplication, and
/// crosses.
const LIKE_X: [char; 10] = ['Х', 'х', 'Χ', 'χ', '×', '✕', '✖', '✗', '✘', '╳'];

/// Digits of a mobile number of mainland China.
const MOBILE_DIGITS: usize = 11;

/// What may stand before such a number: the country's code as written in different places, or a trunk zero.
const PHONE_PREFIXES: [&str; 4] = ["+86", "0086", "86", "0"];

/// Returns a typed code or number: ASCII letters in upper case and ASCII digits, without dashes, spaces and marks that
/// cannot be seen, and without punctuation around it: a Chinese keyboard ends a line with “。”, and a message quotes a code.
///
/// Decimal digits of all scripts become ASCII digits, and full-width and other compatibility forms the letters that they
/// stand for. The result never has more characters than the text.
pub fn code(text: &str) -> String {
    let kept = text.chars().filter_map(|character| match fold(character) {
        (Kind::Plain, folded) => Some(folded.to_ascii_uppercase()),
        _ => None,
    });
    let code: String = kept.collect();
    code.trim_matches(is_punctuation).to_owned()
}

/// Returns a pasted link or the text of a QR code: as [`code`], but letters keep their case, and dashes stay, as slashes do
/// at its ends.
pub fn link(text: &str) -> String {
    let kept = text.chars().filter_map(|character| match fold(character) {
        (Kind::Plain | Kind::Dash, folded) => Some(folded),
        _ => None,
    });
    let link: String = kept.collect();
    let around = |sign: char| sign != '/' && is_punctuation(sign);
    link.trim_matches(around).to_owned()
}

/// Returns a typed line, such as a user name or an e-mail address: as [`code`], but letters keep their case, each dash
/// is a hyphen, each run of spaces one space, and there are none at the ends.
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match fold(character) {
            (Kind::Invisible, _) => {}
            (Kind::Space, _) if line.is_empty() || line.ends_with(' ') => {}
            (Kind::Space, _) => line.push(' '),
            (Kind::Dash, _) => line.push('-'),
            (Kind::Plain, folded) => line.push(folded),
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Returns a typed citizen ID number: as [`code`], with an X at its end for the letters and signs that look like one.
///
/// After 17 digits only a digit or an X can stand, so that such a sign means nothing else, and the check character tells a
/// wrong guess. A sign in another place stays as it is.
pub fn id_number(text: &str) -> String {
    let number = code(text);
    match number.strip_suffix(LIKE_X) {
        Some(digits)
            if digits.len() == ID_NUMBER_DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            format!("{digits}X")
        }
        _ => number,
    }
}

/// Returns a typed mobile number of mainland China: as [`code`], without brackets, dots, and the country's code before a
/// number of 11 digits.
pub fn phone_number(text: &str) -> String {
    let mut number = code(text);
    number.retain(|c| !matches!(c, '(' | ')' | '.' | '·' | '/'));
    let bare = number.strip_prefix("TEL:").unwrap_or(&number);
    let mobile = PHONE_PREFIXES.iter().find_map(|prefix| {
        let rest = bare.strip_prefix(prefix)?;
        let rest = rest.strip_prefix('0').unwrap_or(rest);
        (rest.len() == MOBILE_DIGITS && rest.starts_with('1')).then_some(rest)
    });
    mobile.unwrap_or(bare).to_owned()
}

/// Returns a typed e-mail address: as [`line`], with the full stops of its domain as dots.
pub fn email(text: &str) -> String {
    let address = line(text);
    match address.rsplit_once('@') {
        Some((mailbox, domain)) => format!("{mailbox}@{}", domain.replace('。', ".")),
        None => address,
    }
}

/// Returns a typed amount of money: as [`line`], without spaces, the currency, commas between groups of three digits, and
/// a fraction of one or two zeros. A sign before it stays.
pub fn amount(text: &str) -> String {
    let spaced = line(text);
    let amount: String = spaced.chars().filter(|c| *c != ' ').collect();
    let bare = amount.trim_start_matches('¥').trim_end_matches('元');
    let is_whole = |rest: &str| rest.bytes().all(|b| b.is_ascii_digit() || b == b',');
    let whole = [".00", ".0"]
        .iter()
        .find_map(|zeros| bare.strip_suffix(zeros).filter(|rest| is_whole(rest)))
        .unwrap_or(bare);
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_grouped = (1..=3).contains(&first.len())
        && groups.all(|group| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit()));
    if is_grouped {
        whole.replace(',', "")
    } else {
        whole.to_owned()
    }
}

/// Returns a typed day of the calendar in the form of ISO 8601, such as `2026-11-30` for `2026年11月30日`, `2026/11/30`,
/// `2026.11.30` and `20261130`; another text as [`line`] does. Whether there is such a day is another question.
pub fn date(text: &str) -> String {
    let typed = line(text);
    let is_number = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = if typed.len() == 8 && is_number(&typed) {
        vec![&typed[..4], &typed[4..6], &typed[6..]]
    } else {
        let separated = typed.strip_suffix('日').unwrap_or(&typed);
        let separated = separated.split(['-', '/', '.', '年', '月']);
        separated.map(str::trim).collect()
    };
    match parts[..] {
        [year, month, day]
            if year.len() == 4
                && (1..=2).contains(&month.len())
                && (1..=2).contains(&day.len())
                && parts.iter().all(|part| is_number(part)) =>
        {
            format!("{year}-{month:0>2}-{day:0>2}")
        }
        _ => typed,
    }
}
