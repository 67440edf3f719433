//! Rules for passwords: 4 to 16 characters, letters and digits, and not too simple.

use std::collections::HashSet;

/// Why a password may not be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PasswordRefused {
    /// Shorter than 4 or longer than 16 characters.
    Length,
    /// There is something in it that not every keyboard has.
    Character,
    /// It has no letter, or no digit.
    LettersAndDigits,
    /// Too simple: fewer than three different characters.
    FewCharacters,
    /// Too simple: its letters are in a row or all the same, and so are its digits, as in `abc123`.
    InARow,
    /// Too simple: one of those that everybody tries first.
    Common,
    /// Too simple: the user name, the date of birth, the phone's or the ID number's last digits are in it.
    OfThePerson,
}

const CHARS: std::ops::RangeInclusive<usize> = 4..=16;

const MIN_DIFFERENT_CHARS: usize = 3;

/// The number of last digits of phone and ID number that must not be in it.
const LAST_DIGITS: usize = 6;

/// A user name that is shorter is in too many passwords by chance.
const MIN_USER_NAME_CHARS: usize = 3;

/// Rows in which fingers find characters.
const ROWS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
];

/// In lower case, with letters and digits: what lists of leaked passwords begin with, and what is liked in China.
const COMMON: &str = "
    password1 passw0rd p@ssw0rd admin123 root123 test123 a123456 a12345678 qq123456
    woaini1314 woaini520 woaini123 1314520a iloveyou1 5201314a 1qaz2wsx 1q2w3e4r 1q2w3e
    q1w2e3r4 zaq12wsx qaz123 welcome1
";

/// Checks a password for the person of this user name, ID number and phone.
pub(crate) fn check_password(
    password: &str,
    user_name: &str,
    id_number: &str,
    phone: &str,
) -> Result<(), PasswordRefused> {
    if !CHARS.contains(&password.chars().count()) {
        return Err(PasswordRefused::Length);
    }
    if !password.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(PasswordRefused::Character);
    }
    let password = password.to_ascii_lowercase();
    let letters: String = password.chars().filter(char::is_ascii_alphabetic).collect();
    let digits: String = password.chars().filter(char::is_ascii_digit).collect();
    if letters.is_empty() || digits.is_empty() {
        return Err(PasswordRefused::LettersAndDigits);
    }
    if password.chars().collect::<HashSet<_>>().len() < MIN_DIFFERENT_CHARS {
        return Err(PasswordRefused::FewCharacters);
    }
    if COMMON.split_whitespace().any(|common| common == password) {
        return Err(PasswordRefused::Common);
    }
    if letters.len() + digits.len() == password.len() && in_a_row(&letters) && in_a_row(&digits) {
        return Err(PasswordRefused::InARow);
    }
    if is_of_the_person(&password, user_name, id_number, phone) {
        Err(PasswordRefused::OfThePerson)
    } else {
        Ok(())
    }
}

/// Returns true if the characters follow each other, forwards or backwards, or are all the same.
fn in_a_row(characters: &str) -> bool {
    let backwards: String = characters.chars().rev().collect();
    let in_row = |row: &&str| row.contains(characters) || row.contains(&backwards);
    let mut each = characters.chars();
    each.all(|character| characters.starts_with(character)) || ROWS.iter().any(in_row)
}

fn is_of_the_person(password: &str, user_name: &str, id_number: &str, phone: &str) -> bool {
    let user_name = user_name.trim().to_ascii_lowercase();
    let last = |number: &str| {
        let start = number.len().checked_sub(LAST_DIGITS)?;
        number.get(start..).map(str::to_lowercase)
    };
    let born = id_number.get(8..14).map(str::to_owned);
    let named = user_name.len() >= MIN_USER_NAME_CHARS && password.contains(&user_name);
    let mut parts = [last(phone), last(id_number), born].into_iter().flatten();
    named || parts.any(|part| password.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), PasswordRefused> {
        check_password(password, "zhang3", "990000199003071016", "13009700001")
    }

    /// Rows S3a and S6.
    #[test]
    fn a_password_has_4_to_16_characters_with_letters_and_digits() {
        for (password, expected) in [
            ("k7m2", Ok(())),
            ("shili2026", Ok(())),
            ("Bu!Xue#9", Ok(())),
            ("k7m2k7m2k7m2k7m2", Ok(())),
            ("k7m", Err(PasswordRefused::Length)),
            ("k7m2k7m2k7m2k7m2k", Err(PasswordRefused::Length)),
            ("密码k7m2", Err(PasswordRefused::Character)),
            ("k7 m2", Err(PasswordRefused::Character)),
            ("kemuxa", Err(PasswordRefused::LettersAndDigits)),
            ("739150", Err(PasswordRefused::LettersAndDigits)),
        ] {
            assert_eq!(check(password), expected, "{password}");
        }
    }

    /// Rows S3a and S6.
    #[test]
    fn a_password_that_is_too_simple_is_refused_with_what_makes_it_so() {
        for (password, expected) in [
            ("a1a1", PasswordRefused::FewCharacters),
            ("abc123", PasswordRefused::InARow),
            ("123abc", PasswordRefused::InARow),
            ("a1b2c3", PasswordRefused::InARow),
            ("Cba321", PasswordRefused::InARow),
            ("qwer1234", PasswordRefused::InARow),
            ("aaa1234", PasswordRefused::InARow),
            ("Passw0rd", PasswordRefused::Common),
            ("woaini1314", PasswordRefused::Common),
            ("ZHANG3xk9", PasswordRefused::OfThePerson),
            ("lu19900307", PasswordRefused::OfThePerson),
            ("lu900307", PasswordRefused::OfThePerson),
            ("lu700001", PasswordRefused::OfThePerson),
        ] {
            assert_eq!(check(password), Err(expected), "{password}");
        }
    }
}
