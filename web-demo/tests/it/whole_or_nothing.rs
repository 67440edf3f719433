//! A registration leaves a whole account or none, whatever happens in the middle of it.

use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::support::{Process, person, user_form};

async fn connect(data: &std::path::Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(data.join("hall.sqlite"))
        .busy_timeout(Duration::ZERO);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Once the account is written, what follows in the same transaction takes for ever.
const HOLD_UP: &str = "CREATE TRIGGER hold_up AFTER INSERT ON accounts BEGIN
    SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n);
END";

/// How often in a row the write lock has to be held by somebody else to be held for ever: no other write takes as long.
const HELD: u32 = 200;

/// Waits until somebody holds the write lock, and keeps it.
async fn until_held_up(db: &mut SqliteConnection) {
    let mut held = 0;
    while held < HELD {
        let free = sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK")
            .execute(&mut *db)
            .await
            .is_ok();
        held = if free { 0 } else { held + 1 };
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Row S3.
#[tokio::test(flavor = "multi_thread")]
async fn a_hall_that_is_killed_in_the_middle_of_a_registration_leaves_no_half_account() {
    let data = tempfile::tempdir().unwrap();
    let mut hall = Process::start(data.path());
    let mut visitor = hall.at_the_portal();
    let zi = person("示例子");
    visitor
        .post("/register/agreement", &[("agreed", "yes")])
        .await;
    visitor
        .post(
            "/register/identity",
            &[("id_number", &zi), ("name", "示例子")],
        )
        .await;
    visitor.post("/register/user/code", &user_form(&[])).await;
    let code = hall.code_sent_to("13009700099").await;
    let mut db = connect(data.path()).await;
    sqlx::query(HOLD_UP).execute(&mut db).await.unwrap();
    let cookies = visitor.cookies.clone();
    let sent = {
        let code = code.clone();
        tokio::spawn(async move {
            visitor
                .post("/register/user", &user_form(&[("code", &code)]))
                .await
        })
    };
    until_held_up(&mut db).await;
    hall.kill();
    assert!(sent.await.is_err(), "the registration was answered");

    let mut db = connect(data.path()).await;
    sqlx::query("DROP TRIGGER hold_up")
        .execute(&mut db)
        .await
        .unwrap();
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM accounts WHERE id_number = ?1")
        .bind(&zi)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(accounts, 0);
    let hall = Process::start(data.path());
    let mut visitor = hall.at_the_portal();
    visitor.cookies = cookies;
    let page = visitor
        .post("/register/user", &user_form(&[("code", &code)]))
        .await;
    assert_eq!(page.path, "/register/done", "the same code finishes it");
}
