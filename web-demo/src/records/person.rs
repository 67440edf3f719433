//! The details of a person: name, sex and day of birth by the ID number, and the numbers that the
//! hall knows them by.

use crate::accounts::Account;

/// The sex of a person, by the ID number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sex {
    /// The sequence number is even.
    Female,
    /// The sequence number is odd.
    Male,
}

/// The details of a person, as they are on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Details {
    pub name: String,
    pub sex: Sex,
    /// The day of birth, ISO 8601.
    pub born_on: String,
    /// The social-security number, which is the ID number.
    pub number: String,
    /// The social-security card's number; none without a card.
    pub card_number: Option<String>,
}

impl Details {
    /// The details of an account's owner, who has a card of this number or none.
    pub(crate) fn of(account: &Account, card_number: Option<String>) -> Self {
        let number = account.id_number.as_str().to_owned();
        let (sex, born_on) = said_by(&number);
        Self {
            name: account.name.clone(),
            sex,
            born_on,
            number,
            card_number,
        }
    }

    /// The same, masked unless it is to be shown in full.
    #[must_use]
    pub(crate) fn shown(self, in_full: bool) -> Self {
        if in_full { self } else { self.masked() }
    }

    /// The same with all but the ends of each number and the month and day of birth hidden.
    #[must_use]
    pub(crate) fn masked(&self) -> Self {
        Self {
            born_on: format!("{}-**-**", self.born_on.get(..4).unwrap_or("****")),
            number: mask(&self.number),
            card_number: self.card_number.as_deref().map(mask),
            ..self.clone()
        }
    }
}

/// A number with all but three characters at the beginning and two at the end hidden.
pub(crate) fn mask(number: &str) -> String {
    let length = number.chars().count();
    let hide = |(at, c)| if at < 3 || at + 2 >= length { c } else { '*' };
    number.chars().enumerate().map(hide).collect()
}

/// Sex and day of birth (GB 11643-1999: digits 7 to 14 and 17).
fn said_by(id_number: &str) -> (Sex, String) {
    let part = |from, to| id_number.get(from..to).unwrap_or_default();
    let odd = part(16, 17).parse().is_ok_and(|digit: u8| digit % 2 == 1);
    (
        if odd { Sex::Male } else { Sex::Female },
        format!("{}-{}-{}", part(6, 10), part(10, 12), part(12, 14)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_number_tells_sex_and_birth_and_is_masked_between_its_ends() {
        assert_eq!(
            said_by("11010519491231002X"),
            (Sex::Female, "1949-12-31".into())
        );
        assert_eq!(
            said_by("990000199003071016"),
            (Sex::Male, "1990-03-07".into())
        );
        assert_eq!(mask("11010519491231002X"), "110*************2X");
        assert_eq!(mask("1234"), "1234");
    }
}
