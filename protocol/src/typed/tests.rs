//! Spellings that are read alike, and what holds of any text.

use std::collections::BTreeMap;
use std::fmt::Debug;

use proptest::prelude::*;
use serde::Deserialize;

use super::characters::{Kind, fold};
use super::*;
use crate::{LoginId, ScanCode, UserCode};

/// Spellings by people, input methods, and copy and paste. The gateway's and the hall's tests type them too.
const SPELLINGS: &str = include_str!("spellings.json");

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

/// Asserts that all spellings of a row of the table are read alike, and those beside it are not.
fn read_alike<T: PartialEq + Debug>(row: &str, read: impl Fn(&str) -> T) {
    let mut table: BTreeMap<String, Row> = serde_json::from_str(SPELLINGS).expect("the table");
    let row = table.remove(row).expect("a row of this name");
    let meant = read(&row.means);
    for Spelling { by, typed } in &row.typed {
        assert_eq!(read(typed), meant, "{by}: {typed:?}");
    }
    for other in &row.not {
        assert_ne!(read(other), meant, "{other:?}");
    }
}

#[test]
fn p1_a_code_is_the_same_in_all_spellings() {
    read_alike("user_code", |typed| typed.parse::<UserCode>().ok());
    read_alike("sms_code", code);
}

#[test]
fn p2_a_number_is_the_same_in_all_spellings() {
    read_alike("id_number", id_number);
    read_alike("phone_number", phone_number);
    read_alike("amount", amount);
    read_alike("date", date);
}

#[test]
fn p3_a_name_is_the_same_in_all_spellings() {
    for row in ["dotted_name", "han_name", "latin_name"] {
        read_alike(row, name_key);
    }
    read_alike("user_name", line);
    read_alike("email", email);
}

#[test]
fn a_name_is_asked_for_in_the_case_that_was_typed() {
    assert_eq!(name("Ｓhili  Zoe\u{308}"), "Shili Zoë");
    assert_eq!(name("示例・ali  b"), "示例·ali b");
}

/// Other letters that look like those of a code are not read as them: nothing tells which was meant.
#[test]
fn letters_of_other_alphabets_are_no_letters_of_a_code() {
    assert!("МCGH-PJDG".parse::<UserCode>().is_err());
    assert_eq!(id_number("1101051949123Х002X"), "1101051949123Х002X");
}

#[test]
fn a_pasted_link_leads_to_its_login_with_spaces_and_marks_in_it() {
    const ORIGIN: &str = "https://log-in.example";
    let scan = ScanCode::from_random(LoginId::from_random([7; 15]), [9; 5]);
    let text = scan.to_qr_text(ORIGIN);
    for pasted in [
        format!("\u{feff}{text}\n"),
        format!("\u{2068}{text}\u{2069}"),
        text.replace("/q/", "/q/\r\n"),
        text.to_uppercase(),
        text.replace(':', "："),
        format!("“{text}”。"),
        format!("（{text}），"),
    ] {
        assert_eq!(
            ScanCode::from_qr_text(&pasted, ORIGIN),
            Ok(scan),
            "{pasted:?}"
        );
    }
    let further = text.replace("/q/", "/q/./");
    for other in [text.replace('-', ""), format!("{text}/"), further] {
        assert!(ScanCode::from_qr_text(&other, ORIGIN).is_err(), "{other:?}");
    }
}

/// Characters that folding has a rule for, among any others.
fn texts() -> impl Strategy<Value = String> {
    let odd = "\u{200b}\u{feff}\u{fe0f}\u{e0100}\u{20e3}\u{3000}\u{a0}\u{2009}\u{2014}\u{2212}\u{30fc}\u{ff70}\u{301c}\u{ff10}\u{ff21}\u{660}\u{b7}\u{30fb}。.·示例 \u{308}e\u{3164}\u{f9b5}İßX×Х1";
    let odd: Vec<char> = odd.chars().collect();
    let character = prop_oneof![
        2 => proptest::sample::select(odd),
        2 => proptest::char::range(' ', '~'),
        1 => any::<char>(),
    ];
    proptest::collection::vec(character, 0..24).prop_map(|chars| chars.into_iter().collect())
}

fn separators() -> impl Strategy<Value = Vec<(usize, char)>> {
    let all = (0..=0xffff)
        .chain(0xe_0100..=0xe_01ef)
        .filter_map(char::from_u32)
        .filter(|c| fold(*c).0 != Kind::Plain);
    let all: Vec<char> = all.collect();
    assert!(all.len() > 300, "{}", all.len());
    proptest::collection::vec((0..64_usize, proptest::sample::select(all)), 0..12)
}

fn with(text: &str, separators: &[(usize, char)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (at, separator) in separators {
        characters.insert(at % (characters.len() + 1), *separator);
    }
    characters.into_iter().collect()
}

proptest! {
    #[test]
    fn folding_twice_is_folding_once(text in texts()) {
        for fold in [code, link, line, id_number, email, amount, date, name, name_key] {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }

    #[test]
    fn a_folded_code_is_never_longer(text in texts()) {
        for fold in [code, link, line, id_number, phone_number] {
            prop_assert!(fold(&text).chars().count() <= text.chars().count());
        }
    }

    #[test]
    fn a_right_code_survives_dashes_spaces_and_marks_in_any_place(
        random: [u8; 8], nonce: [u8; 5], number in "[0-9]{17}[0-9X]", separators in separators(),
    ) {
        let user_code = UserCode::from_random(random);
        prop_assert_eq!(with(&user_code.to_string(), &separators).parse(), Ok(user_code));
        let scan = ScanCode::from_random(LoginId::from_random([random[0]; 15]), nonce);
        prop_assert_eq!(with(&scan.to_string(), &separators).parse(), Ok(scan));
        prop_assert_eq!(id_number(&with(&number, &separators)), number.clone());
        let phone = format!("13{}", &number[..9]);
        prop_assert_eq!(phone_number(&with(&phone, &separators)), phone);
    }

    #[test]
    fn any_two_names_that_are_asked_for_alike_are_the_same(text in texts()) {
        prop_assert_eq!(name_key(&name(&text)), name_key(&text));
    }
}
