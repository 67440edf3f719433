//! A registration leaves a whole account or nothing, even if the process dies in the middle of it.

use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::support::{Process, Registering};

async fn connect(data: &std::path::Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data.join("hall.sqlite"));
    let options = options.busy_timeout(Duration::ZERO);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Once the account is written, the rest of the same transaction never ends.
const HOLD_UP: &str = "CREATE TRIGGER hold_up AFTER INSERT ON accounts BEGIN
    SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n);
END";

/// Tries in a row that must find the write lock held for it to be held for good: no other write
/// takes as long.
const HELD: u32 = 200;

/// Waits until a connection holds the write lock, and keeps it.
async fn until_held_up(db: &mut SqliteConnection) {
    let mut held = 0;
    while held < HELD {
        let attempt = sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK");
        let free = attempt.execute(&mut *db).await.is_ok();
        held = if free { 0 } else { held + 1 };
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Row S3.
#[tokio::test(flavor = "multi_thread")]
async fn a_hall_that_is_killed_in_the_middle_of_a_registration_leaves_no_half_account() {
    let data = tempfile::tempdir().unwrap();
    let mut hall = Process::start(data.path()).await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    zi.send_code(&[]).await;
    let code = hall.code_sent_to("13009700099").await;
    let mut db = connect(data.path()).await;
    sqlx::query(HOLD_UP).execute(&mut db).await.unwrap();
    let mut again = Registering {
        browser: zi.browser.back_at(&hall.portal),
        id_number: zi.id_number.clone(),
    };
    let sent = {
        let code = code.clone();
        tokio::spawn(async move { zi.send(&[("code", &code)]).await })
    };
    until_held_up(&mut db).await;
    hall.kill();
    assert!(sent.await.is_err(), "the registration was answered");

    let mut db = connect(data.path()).await;
    let release = sqlx::query("DROP TRIGGER hold_up");
    release.execute(&mut db).await.unwrap();
    let account = format!("accounts WHERE id_number = '{}'", again.id_number);
    assert_eq!(hall.count(&account).await, 0);
    let hall = Process::start(data.path()).await;
    again.browser = again.browser.back_at(&hall.portal);
    let page = again.send(&[("code", &code)]).await;
    assert_eq!(page.path, "/register/done", "the same code finishes it");
}
