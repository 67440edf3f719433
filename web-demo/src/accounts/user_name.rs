//! User names: what a person logs in by.

use saoma_protocol::typed;

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
        let typed = unless_id_number(typed::line(typed));
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
        match IdNumber::try_from(typed.clone()) {
            Ok(number) if number != *own => Err(UserNameRefused::IdNumberOfAnother),
            _ => Ok(Self(typed)),
        }
    }

    /// Returns the form by which a typed name is looked up and attempts at it are counted. It has at most one character
    /// more than a user name. There are no spaces in user names, so that those between its characters mean nothing.
    pub(crate) fn folded(typed: &str) -> String {
        let name = unless_id_number(typed::line(typed)).to_lowercase();
        let letters = name.chars().filter(|character| *character != ' ');
        letters.take(Self::MAX_CHARS + 1).collect()
    }

    /// Returns the text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns an ID number in its own form, which people group by spaces and dashes, and any other name as it is.
fn unless_id_number(name: String) -> String {
    match IdNumber::try_from(name.clone()) {
        Ok(number) => number.into(),
        Err(_) => name,
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
            ("ｚｈａｎｇ３　", Ok("zhang3")),
            ("zhang\u{200b}3", Ok("zhang3")),
            ("990000 19900307 1016", Ok("990000199003071016")),
            (
                "９９００００１９９００３０７１０１６",
                Ok("990000199003071016"),
            ),
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
