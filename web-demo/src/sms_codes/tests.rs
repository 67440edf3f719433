//! Codes against a real database, sent by the embedded carrier.

use super::*;
use crate::db::{execute, fetch_one};
use crate::registers::{Registers, messages};

/// A database, two phones and two browsers.
struct Fixture {
    db: SqlitePool,
    phones: [PhoneNumber; 2],
    holders: [Secret; 2],
    _directory: tempfile::TempDir,
}

impl Fixture {
    async fn open() -> Self {
        let (db, directory) = crate::db::empty().await;
        let phone = |number| PhoneNumber::try_from(number).unwrap();
        Self {
            db,
            phones: ["13009700001", "13009700002"].map(phone),
            holders: [(); 2].map(|()| Secret::random().unwrap()),
            _directory: directory,
        }
    }

    /// A registration by the first phone in the first browser.
    const fn binding(&self) -> Binding<'_> {
        Binding {
            purpose: Purpose::Register,
            phone: &self.phones[0],
            holder: &self.holders[0],
        }
    }

    async fn send(&self, binding: &Binding<'_>) -> Result<String, NotSent> {
        self.send_from(binding, 1).await
    }

    async fn send_from(&self, binding: &Binding<'_>, address: u8) -> Result<String, NotSent> {
        let carrier = Registers::embedded(&self.db).sms;
        let address = [192, 0, 2, address].into();
        let sent = binding.send(&self.db, &*carrier, address, str::to_owned);
        sent.await?;
        Ok(messages(&self.db).await.unwrap().remove(0).text)
    }

    async fn check(&self, binding: &Binding<'_>, code: &str) -> Result<RightCode, CodeRefused> {
        binding.check(&self.db, code).await.unwrap()
    }

    async fn refusal(&self, binding: &Binding<'_>, code: &str) -> Option<CodeRefused> {
        self.check(binding, code).await.err()
    }

    async fn take(&self, code: RightCode) -> bool {
        let mut db = self.db.acquire().await.unwrap();
        code.take(&mut db).await.unwrap()
    }

    async fn sql(&self, sql: &'static str) {
        execute!(&self.db, sql).await.unwrap();
    }
}

#[tokio::test]
async fn a_code_works_once() {
    let hall = Fixture::open().await;
    let binding = hall.binding();
    let code = hall.send(&binding).await.unwrap();
    let one = hall.check(&binding, &code).await.unwrap();
    let other = hall.check(&binding, &code).await.unwrap();
    assert!(hall.take(one).await);
    assert!(!hall.take(other).await);
    let refused = hall.refusal(&binding, &code).await;
    assert_eq!(refused, Some(CodeRefused::NoneSent));
}

#[tokio::test]
async fn a_code_counts_for_its_purpose_its_phone_and_its_browser_only() {
    let hall = Fixture::open().await;
    let binding = hall.binding();
    let code = hall.send(&binding).await.unwrap();
    let (purpose, phone, holder) = (Purpose::Verify, &hall.phones[1], &hall.holders[1]);
    for strange in [
        Binding { purpose, ..binding },
        Binding { phone, ..binding },
        Binding { holder, ..binding },
    ] {
        let refused = hall.refusal(&strange, &code).await;
        assert_eq!(refused, Some(CodeRefused::NoneSent), "{strange:?}");
    }
    assert_eq!(hall.refusal(&binding, &code).await, None);
}

#[tokio::test]
async fn after_five_wrong_tries_the_right_code_is_no_use() {
    let hall = Fixture::open().await;
    let binding = hall.binding();
    let code = hall.send(&binding).await.unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let left = (1..MAX_TRIES).rev().map(CodeRefused::Wrong);
    for refused in left.chain([CodeRefused::TriesUsedUp]) {
        assert_eq!(hall.refusal(&binding, wrong).await, Some(refused));
    }
    let refused = hall.refusal(&binding, &code).await;
    assert_eq!(refused, Some(CodeRefused::TriesUsedUp));
}

#[tokio::test]
async fn p1_a_right_code_costs_no_try_in_any_spelling_and_wrong_ones_stay_counted() {
    let hall = Fixture::open().await;
    let binding = hall.binding();
    let code = hall.send(&binding).await.unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let full_width = |digit: char| char::from_u32(u32::from(digit) + 0xfee0).unwrap();
    for (left, refused) in (1..MAX_TRIES)
        .rev()
        .map(|left| (left, CodeRefused::Wrong(left)))
    {
        for typed in [
            code.clone(),
            format!(" {} {}\u{a0}", &code[..3], &code[3..]),
            format!("{}—{}", &code[..3], &code[3..]),
            code.chars().map(full_width).collect(),
            format!("\u{feff}{code}\u{200b}"),
        ] {
            assert_eq!(
                hall.refusal(&binding, &typed).await,
                None,
                "{typed:?}, {left}"
            );
        }
        for no_code in ["", "12345", "1234567", "abcdef"] {
            let refused = hall.refusal(&binding, no_code).await;
            assert_eq!(refused, Some(CodeRefused::Missing), "{no_code:?}");
        }
        assert_eq!(hall.refusal(&binding, wrong).await, Some(refused));
    }
}

#[tokio::test]
async fn a_code_is_over_after_ten_minutes() {
    let hall = Fixture::open().await;
    let binding = hall.binding();
    let code = hall.send(&binding).await.unwrap();
    hall.sql("UPDATE sms_codes SET expires_at = expires_at - 595")
        .await;
    assert_eq!(hall.refusal(&binding, &code).await, None);
    hall.sql("UPDATE sms_codes SET expires_at = expires_at - 5")
        .await;
    let refused = hall.refusal(&binding, &code).await;
    assert_eq!(refused, Some(CodeRefused::NoneSent));
}

#[tokio::test]
async fn the_next_code_to_a_phone_comes_after_a_minute_in_every_browser() {
    let hall = Fixture::open().await;
    let binding = hall.binding();
    let first = hall.send(&binding).await.unwrap();
    let elsewhere = Binding {
        purpose: Purpose::Verify,
        holder: &hall.holders[1],
        ..binding
    };
    for impatient in [binding, elsewhere] {
        let Err(NotSent::TooMany(Wait(seconds))) = hall.send(&impatient).await else {
            panic!("sent again")
        };
        assert!((55..=60).contains(&seconds), "{seconds}");
    }
    hall.sql("UPDATE attempts SET worked_off_at = worked_off_at - 60 WHERE key LIKE 'sms_phone_minute:%'")
        .await;
    let second = hall.send(&binding).await.unwrap();
    assert_eq!(hall.refusal(&binding, &second).await, None);
    assert!(first == second || hall.refusal(&binding, &first).await.is_some());
}

/// Row A17.
#[tokio::test]
async fn what_strangers_have_sent_to_a_phone_keeps_no_code_from_its_holder() {
    let hall = Fixture::open().await;
    let register = hall.binding();
    let send = async |binding: &Binding<'_>, address| {
        hall.sql("DELETE FROM attempts WHERE key LIKE 'sms_phone_minute:%'")
            .await;
        hall.send_from(binding, address).await.is_ok()
    };
    for code in 1..=12 {
        assert_eq!(send(&register, 1).await, code <= 10, "{code}");
    }
    assert!(send(&register, 2).await, "from the holder's own address");
    for code in 12..=22 {
        assert_eq!(send(&register, 3).await, code <= 20, "{code} in all");
    }
    for purpose in [Purpose::Verify, Purpose::ECard, Purpose::CardPassword] {
        let of_holder = Binding {
            purpose,
            ..register
        };
        assert!(send(&of_holder, 1).await, "{purpose:?}");
    }
}

#[tokio::test]
async fn the_database_holds_no_code() {
    let hall = Fixture::open().await;
    let binding = hall.binding();
    let code = hall.send(&binding).await.unwrap();
    let kept = "SELECT key_digest, code_digest FROM sms_codes";
    let (key, digest): (String, String) = fetch_one!(&hall.db, kept).await.unwrap();
    assert!(key.len() == 64 && digest.len() == 64);
    // Without the browser's secret, trying all codes finds nothing.
    let holder = &Secret::received("");
    assert_ne!(Binding { holder, ..binding }.code_digest(&code), digest);
}
