//! User names: what a person logs in by.

use super::id_number::IdNumber;

/// A user name that keeps the rules: letters and digits, at most 18. Whether it is free is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserName(String);

/// Why a text is no user name for this person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UserNameRefused {
    /// It is empty.
    Missing,
    /// It is longer than [`UserName::MAX_CHARS`].
    TooLong,
    /// There is a Chinese character in it.
    ChineseCharacter,
    /// There is something else than letters and digits in it.
    OtherCharacter,
    /// It is an ID number, and not the person's own: its owner could not have it any more.
    IdNumberOfAnother,
}

impl UserName {
    /// The longest one: an ID number fits.
    pub(crate) const MAX_CHARS: usize = 18;

    /// The user name that this person has typed.
    pub(crate) fn choose(typed: &str, own: &IdNumber) -> Result<Self, UserNameRefused> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(UserNameRefused::Missing);
        }
        if let Some(strange) = typed
            .chars()
            .find(|character| !character.is_ascii_alphanumeric())
        {
            let chinese = strange.is_alphabetic() && !strange.is_ascii();
            return Err(if chinese {
                UserNameRefused::ChineseCharacter
            } else {
                UserNameRefused::OtherCharacter
            });
        }
        if typed.len() > Self::MAX_CHARS {
            return Err(UserNameRefused::TooLong);
        }
        match IdNumber::try_from(typed.to_owned()) {
            Ok(number) if number != *own => Err(UserNameRefused::IdNumberOfAnother),
            _ => Ok(Self(typed.to_owned())),
        }
    }

    /// Returns the form by which attempts at a typed name are counted. It has at most one character more than a user name.
    pub(crate) fn folded(typed: &str) -> String {
        let lower = typed.trim().to_lowercase();
        lower.chars().take(Self::MAX_CHARS + 1).collect()
    }

    /// Returns the text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows S3a and S6.
    #[test]
    fn a_user_name_is_letters_and_digits_at_most_eighteen_and_nobody_elses_id_number() {
        let own = IdNumber::try_from("990000199003071016".to_owned()).unwrap();
        for (typed, expected) in [
            ("zhang3", Ok("zhang3")),
            (" 990000199003071016 ", Ok("990000199003071016")),
            ("A1", Ok("A1")),
            ("", Err(UserNameRefused::Missing)),
            ("示例a1", Err(UserNameRefused::ChineseCharacter)),
            ("a-1", Err(UserNameRefused::OtherCharacter)),
            ("a 1", Err(UserNameRefused::OtherCharacter)),
            ("abcdefghijklmnopqr", Ok("abcdefghijklmnopqr")),
            ("abcdefghijklmnopqrs", Err(UserNameRefused::TooLong)),
            (
                "990000198511221020",
                Err(UserNameRefused::IdNumberOfAnother),
            ),
        ] {
            let chosen = UserName::choose(typed, &own);
            let expected = expected.map(|name: &str| UserName(name.to_owned()));
            assert_eq!(chosen, expected, "{typed}");
        }
    }
}
