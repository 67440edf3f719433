//! The table of spellings that the protocol's own tests read, for what the hall makes of it.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::id_number::IdNumber;
use super::{ContactForm, PhoneNumber, UserName};
use crate::units::employees;

const SPELLINGS: &str = include_str!("../../../protocol/src/typed/spellings.json");

#[derive(Deserialize)]
struct Row {
    means: String,
    typed: Vec<Spelling>,
    not: Vec<String>,
}

#[derive(Deserialize)]
struct Spelling {
    by: String,
    typed: String,
}

/// Asserts that all spellings of a row are read alike, and those beside it are not.
fn read_alike<T: PartialEq>(row: &str, read: impl Fn(&str) -> Option<T>) {
    let mut table: BTreeMap<String, Row> = serde_json::from_str(SPELLINGS).unwrap();
    let row = table.remove(row).unwrap();
    let meant = read(&row.means);
    assert!(meant.is_some(), "{}", row.means);
    for Spelling { by, typed } in &row.typed {
        assert!(read(typed) == meant, "{by}: {typed:?}");
    }
    for other in &row.not {
        assert!(read(other) != meant, "{other:?}");
    }
}

#[test]
fn p2_numbers_are_read_in_every_spelling() {
    read_alike("id_number", |typed| {
        IdNumber::try_from(typed.to_owned()).ok()
    });
    read_alike("phone_number", |typed| PhoneNumber::try_from(typed).ok());
    read_alike("amount", employees::base);
}

#[test]
fn p3_user_names_and_contacts_are_read_in_every_spelling() {
    read_alike("user_name", |typed| {
        let own = IdNumber::try_from("990000199003071016".to_owned()).ok()?;
        UserName::choose(typed, &own).ok()
    });
    read_alike("email", |typed| {
        let form = ContactForm {
            email: typed.to_owned(),
            ..ContactForm::default()
        };
        form.check().ok()
    });
}

/// Logins read a name more freely: there are no spaces and no capital letters in the form that is looked up.
#[test]
fn p3_a_user_name_is_looked_up_in_one_form() {
    for typed in ["zhang3", "Zhang 3", "ＺＨＡＮＧ３", "zhang\u{200b}3 "] {
        assert_eq!(UserName::folded(typed), "zhang3", "{typed:?}");
    }
    let own = "99000019960911122x";
    for typed in [
        own,
        "990000 19960911 122X",
        "99000019960911122Х",
        "９９００００-19960911-122ｘ",
    ] {
        assert_eq!(UserName::folded(typed), own, "{typed:?}");
    }
}
