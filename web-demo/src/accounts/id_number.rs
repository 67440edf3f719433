//! Citizen ID numbers (GB 11643-1999): region, date of birth, sequence, 17 digits, and a check character.

use saoma_protocol::typed;
use serde::{Deserialize, Serialize};

/// A citizen ID number of the right form, with the right check character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdNumber(String);

/// Why a text is no ID number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberError {
    #[error("an ID number has 18 characters")]
    Length,
    #[error("an ID number is 17 digits, then a digit or X")]
    Form,
    #[error("the date in the ID number does not exist")]
    Date,
    #[error("the last character of the ID number is wrong: one of the others is mistyped")]
    CheckCharacter,
}

/// The weights of the 17 digits (GB 11643-1999, from ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

const LENGTH: usize = 18;

/// The place of the date of birth.
const DATE_OF_BIRTH: std::ops::Range<usize> = 6..14;

/// The earliest year of birth: no person born before is alive.
const EARLIEST_YEAR: u32 = 1850;

/// The check character for each remainder.
const CHECK_CHARACTERS: &[u8; 11] = b"10X98765432";

impl IdNumber {
    /// All 18 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdNumber {
    type Error = IdNumberError;

    /// Reads a number in any spelling: full-width, in groups, with a small x (row P2).
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = typed::id_number(&text);
        if text.chars().count() != LENGTH {
            return Err(IdNumberError::Length);
        }
        let Some((digits, &[check])) = text.as_bytes().split_at_checked(WEIGHTS.len()) else {
            return Err(IdNumberError::Form);
        };
        if !digits.iter().all(u8::is_ascii_digit) || !(check.is_ascii_digit() || check == b'X') {
            return Err(IdNumberError::Form);
        }
        let sum: u32 = digits
            .iter()
            .zip(WEIGHTS)
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        if CHECK_CHARACTERS[(sum % 11) as usize] != check {
            return Err(IdNumberError::CheckCharacter);
        }
        if is_day(&text[DATE_OF_BIRTH]) {
            Ok(Self(text))
        } else {
            Err(IdNumberError::Date)
        }
    }
}

impl From<IdNumber> for String {
    fn from(IdNumber(text): IdNumber) -> Self {
        text
    }
}

/// Returns true if eight digits are a day of the calendar, as `YYYYMMDD`.
fn is_day(digits: &str) -> bool {
    let number = |part: &str| part.parse::<u32>().unwrap_or_default();
    let [year, month, day] = [&digits[..4], &digits[4..6], &digits[6..]].map(number);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    year >= EARLIEST_YEAR && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_character_catches_each_mistyped_digit_and_each_swap_of_neighbours() {
        // The standard's own example.
        let right = "11010519491231002X";
        assert!(IdNumber::try_from(right.to_owned()).is_ok());
        let in_lower_case = IdNumber::try_from(right.to_ascii_lowercase()).unwrap();
        assert_eq!(in_lower_case.as_str(), right);
        for position in 0..17 {
            for digit in '0'..='9' {
                let mistyped = format!("{}{digit}{}", &right[..position], &right[position + 1..]);
                let wrong = Err(IdNumberError::CheckCharacter);
                let expected = if mistyped == right { Ok(()) } else { wrong };
                let tried = IdNumber::try_from(mistyped.clone());
                assert_eq!(tried.map(drop), expected, "{mistyped}");
            }
        }
        assert_eq!(
            IdNumber::try_from("11010519491231020X".to_owned()),
            Err(IdNumberError::CheckCharacter)
        );
    }

    /// Row S3.
    #[test]
    fn other_texts_are_no_id_numbers() {
        for (text, expected) in [
            ("", IdNumberError::Length),
            ("1101051949123100", IdNumberError::Length),
            ("11010519491231002XX", IdNumberError::Length),
            ("示例", IdNumberError::Length),
            ("A1010519491231002X", IdNumberError::Form),
            ("1101051949123100Х2", IdNumberError::Form),
        ] {
            assert_eq!(IdNumber::try_from(text.to_owned()), Err(expected), "{text}");
        }
    }

    /// Row S3.
    #[test]
    fn the_date_of_birth_has_to_be_a_day_even_when_the_check_character_is_right() {
        let no_day = Err(IdNumberError::Date);
        for (text, expected) in [
            ("990000200002291014", Ok(())),
            ("990000190002291010", no_day),
            ("990000199004311017", no_day),
            ("990000199013011011", no_day),
            ("990000199000001016", no_day),
        ] {
            let digits = &text[..17];
            let number = "0123456789X".chars().find_map(|check| {
                let tried = IdNumber::try_from(format!("{digits}{check}"));
                (tried != Err(IdNumberError::CheckCharacter)).then_some(tried)
            });
            assert_eq!(number.unwrap().map(drop), expected, "{text}");
        }
    }
}
