//! A registration leaves a whole account or none, whatever happens in the middle of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::support::{Visitor, person, user_form};

/// The hall as a process of its own, which can be killed.
struct Process {
    child: Child,
    portal: String,
}

impl Process {
    fn start(data: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_saoma-demo"))
            .args(["--gateway", "127.0.0.1:0", "--portal", "127.0.0.1:0", "--phone", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let portal = lines.find_map(|line| line.strip_prefix("portal ").map(|origin| origin.trim().to_owned()));
        lines.find(|line| line == "ready").expect("the hall to be ready");
        // The rest of the output has nobody to read it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, portal: portal.unwrap() }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

async fn connect(data: &std::path::Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(data.join("hall.sqlite")).busy_timeout(Duration::ZERO);
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
        let free = sqlx::raw_sql("BEGIN IMMEDIATE; ROLLBACK").execute(&mut *db).await.is_ok();
        held = if free { 0 } else { held + 1 };
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Row S3.
#[tokio::test(flavor = "multi_thread")]
async fn a_hall_that_is_killed_in_the_middle_of_a_registration_leaves_no_half_account() {
    let data = tempfile::tempdir().unwrap();
    let mut hall = Process::start(data.path());
    let mut visitor = Visitor::new(&hall.portal);
    let zi = person("示例子");
    visitor.post("/register/agreement", &[("agreed", "yes")]).await;
    visitor.post("/register/identity", &[("id_number", &zi), ("name", "示例子")]).await;
    visitor.post("/register/user/code", &user_form(&[])).await;
    let messages = visitor.get("/developer/messages").await.body;
    let code: String = messages.split("验证码是 ").nth(1).unwrap().chars().take(6).collect();
    let mut db = connect(data.path()).await;
    sqlx::query(HOLD_UP).execute(&mut db).await.unwrap();
    let cookies = visitor.cookies.clone();
    let sent = {
        let code = code.clone();
        tokio::spawn(async move { visitor.post("/register/user", &user_form(&[("code", &code)])).await })
    };
    until_held_up(&mut db).await;
    hall.kill();
    assert!(sent.await.is_err(), "the registration was answered");

    let mut db = connect(data.path()).await;
    sqlx::query("DROP TRIGGER hold_up").execute(&mut db).await.unwrap();
    let accounts: i64 = sqlx::query_scalar("SELECT count(*) FROM accounts WHERE id_number = ?1")
        .bind(&zi)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(accounts, 0);
    let hall = Process::start(data.path());
    let mut visitor = Visitor::new(&hall.portal);
    visitor.cookies = cookies;
    let page = visitor.post("/register/user", &user_form(&[("code", &code)])).await;
    assert_eq!(page.path, "/register/done", "the same code finishes it");
}
