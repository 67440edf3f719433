//! Citizen ID numbers (GB 11643-1999): 17 digits and a check character.

use serde::Deserialize;

/// A citizen ID number of the right form, with the right check character.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct IdNumber(String);

/// Why a text is no ID number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberError {
    /// Not 17 digits and a digit or `X`.
    #[error("an ID number is 17 digits, then a digit or X")]
    Form,
    /// The last character does not follow from the others.
    #[error("the last character of the ID number is wrong: one of the others is mistyped")]
    CheckCharacter,
}

/// The weights of the 17 digits (GB 11643-1999, from ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

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

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = text.trim().to_ascii_uppercase();
        let (digits, check) = text.as_bytes().split_at_checked(WEIGHTS.len()).ok_or(IdNumberError::Form)?;
        let &[check] = check else {
            return Err(IdNumberError::Form);
        };
        if !digits.iter().all(u8::is_ascii_digit) || !(check.is_ascii_digit() || check == b'X') {
            return Err(IdNumberError::Form);
        }
        let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        if CHECK_CHARACTERS[(sum % 11) as usize] == check { Ok(Self(text)) } else { Err(IdNumberError::CheckCharacter) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_character_catches_each_mistyped_digit_and_each_swap_of_neighbours() {
        // The standard's own example.
        let right = "11010519491231002X";
        assert!(IdNumber::try_from(right.to_owned()).is_ok());
        assert_eq!(IdNumber::try_from("11010519491231002x".to_owned()).unwrap().as_str(), right);
        for position in 0..17 {
            for digit in '0'..='9' {
                let mistyped = format!("{}{digit}{}", &right[..position], &right[position + 1..]);
                let expected = if mistyped == right { Ok(()) } else { Err(IdNumberError::CheckCharacter) };
                assert_eq!(IdNumber::try_from(mistyped.clone()).map(drop), expected, "{mistyped}");
            }
        }
        assert_eq!(IdNumber::try_from("11010519491231020X".to_owned()), Err(IdNumberError::CheckCharacter));
    }

    #[test]
    fn other_texts_are_no_id_numbers() {
        for text in ["", "1101051949123100", "11010519491231002XX", "A1010519491231002X", "示例", "１１０１０５１９"]
        {
            assert_eq!(IdNumber::try_from(text.to_owned()), Err(IdNumberError::Form), "{text}");
        }
    }
}
