//! Codes against a real database, sent by the embedded carrier.

use super::*;
use crate::registers::{Registers, messages};

struct Hall {
    db: SqlitePool,
    _directory: tempfile::TempDir,
}

impl Hall {
    async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let db = crate::db::open(&directory.path().join("hall.sqlite"))
            .await
            .unwrap();
        Self {
            db,
            _directory: directory,
        }
    }

    async fn send(&self, binding: &Binding<'_>) -> Result<String, NotSent> {
        let carrier = Registers::embedded(&self.db).sms;
        binding
            .send(&self.db, &*carrier, [127, 0, 0, 1].into(), str::to_owned)
            .await?;
        Ok(messages(&self.db).await.unwrap().remove(0).text)
    }

    async fn refusal(&self, binding: &Binding<'_>, code: &str) -> Option<CodeRefused> {
        binding.check(&self.db, code).await.unwrap().err()
    }

    async fn take(&self, code: RightCode) -> bool {
        code.take(&mut self.db.acquire().await.unwrap())
            .await
            .unwrap()
    }
}

fn phone(number: &str) -> PhoneNumber {
    PhoneNumber::try_from(number).unwrap()
}

#[tokio::test]
async fn a_code_works_once() {
    let (hall, phone, holder) = (
        Hall::open().await,
        phone("13009700001"),
        Secret::random().unwrap(),
    );
    let binding = Binding {
        purpose: Purpose::Registration,
        phone: &phone,
        holder: &holder,
    };
    let code = hall.send(&binding).await.unwrap();
    let one = binding.check(&hall.db, &code).await.unwrap().unwrap();
    let other = binding.check(&hall.db, &code).await.unwrap().unwrap();
    assert!(hall.take(one).await);
    assert!(!hall.take(other).await);
    assert_eq!(
        hall.refusal(&binding, &code).await,
        Some(CodeRefused::NoneSent)
    );
}

#[tokio::test]
async fn a_code_counts_for_its_purpose_its_phone_and_its_browser_only() {
    let (hall, own, other) = (
        Hall::open().await,
        phone("13009700001"),
        phone("13009700002"),
    );
    let (holder, stranger) = (Secret::random().unwrap(), Secret::random().unwrap());
    let binding = Binding {
        purpose: Purpose::Registration,
        phone: &own,
        holder: &holder,
    };
    let code = hall.send(&binding).await.unwrap();
    for strange in [
        Binding {
            purpose: Purpose::Verification,
            ..binding
        },
        Binding {
            phone: &other,
            ..binding
        },
        Binding {
            holder: &stranger,
            ..binding
        },
    ] {
        assert_eq!(
            hall.refusal(&strange, &code).await,
            Some(CodeRefused::NoneSent),
            "{strange:?}"
        );
    }
    assert_eq!(hall.refusal(&binding, &code).await, None);
}

#[tokio::test]
async fn after_five_wrong_tries_the_right_code_is_no_use() {
    let (hall, phone, holder) = (
        Hall::open().await,
        phone("13009700001"),
        Secret::random().unwrap(),
    );
    let binding = Binding {
        purpose: Purpose::Registration,
        phone: &phone,
        holder: &holder,
    };
    let code = hall.send(&binding).await.unwrap();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in (1..MAX_TRIES).rev() {
        assert_eq!(
            hall.refusal(&binding, wrong).await,
            Some(CodeRefused::Wrong(left))
        );
    }
    assert_eq!(
        hall.refusal(&binding, wrong).await,
        Some(CodeRefused::TriesUsedUp)
    );
    assert_eq!(
        hall.refusal(&binding, &code).await,
        Some(CodeRefused::TriesUsedUp)
    );
}

#[tokio::test]
async fn a_code_is_over_after_ten_minutes() {
    let (hall, phone, holder) = (
        Hall::open().await,
        phone("13009700001"),
        Secret::random().unwrap(),
    );
    let binding = Binding {
        purpose: Purpose::Registration,
        phone: &phone,
        holder: &holder,
    };
    let code = hall.send(&binding).await.unwrap();
    let later = |seconds: u32| {
        sqlx::query("UPDATE sms_codes SET expires_at = expires_at - ?1").bind(seconds)
    };
    later(LIFETIME_SECONDS - 5).execute(&hall.db).await.unwrap();
    assert_eq!(hall.refusal(&binding, &code).await, None);
    later(5).execute(&hall.db).await.unwrap();
    assert_eq!(
        hall.refusal(&binding, &code).await,
        Some(CodeRefused::NoneSent)
    );
}

#[tokio::test]
async fn the_next_code_to_a_phone_comes_after_a_minute_whoever_asks() {
    let (hall, phone) = (Hall::open().await, phone("13009700001"));
    let (holder, other) = (Secret::random().unwrap(), Secret::random().unwrap());
    let binding = Binding {
        purpose: Purpose::Registration,
        phone: &phone,
        holder: &holder,
    };
    let first = hall.send(&binding).await.unwrap();
    for impatient in [
        binding,
        Binding {
            purpose: Purpose::Verification,
            holder: &other,
            ..binding
        },
    ] {
        let Err(NotSent::TooMany(Wait(seconds))) = hall.send(&impatient).await else {
            panic!("sent again")
        };
        assert!((55..=60).contains(&seconds), "{seconds}");
    }
    let minute = "UPDATE attempts SET worked_off_at = worked_off_at - 60 WHERE key LIKE 'sms_phone_minute:%'";
    sqlx::query(minute).execute(&hall.db).await.unwrap();
    let second = hall.send(&binding).await.unwrap();
    assert_eq!(hall.refusal(&binding, &second).await, None);
    assert!(first == second || hall.refusal(&binding, &first).await.is_some());
}

#[tokio::test]
async fn the_database_holds_no_code() {
    let (hall, phone, holder) = (
        Hall::open().await,
        phone("13009700001"),
        Secret::random().unwrap(),
    );
    let binding = Binding {
        purpose: Purpose::Registration,
        phone: &phone,
        holder: &holder,
    };
    let code = hall.send(&binding).await.unwrap();
    let (key, digest): (String, String) =
        sqlx::query_as("SELECT key_digest, code_digest FROM sms_codes")
            .fetch_one(&hall.db)
            .await
            .unwrap();
    assert!(key.len() == 64 && digest.len() == 64);
    // Without the browser's secret, trying all codes finds nothing.
    let nobody = Secret::received("");
    let guess = Binding {
        holder: &nobody,
        ..binding
    };
    assert_ne!(guess.code_digest(&code), digest);
}
