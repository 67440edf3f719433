//! A hall that nobody has visited.

use std::net::{Ipv4Addr, SocketAddr};

use saoma_demo::{Demo, Options};
use saoma_protocol::Digest;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

use super::Visitor;

/// A running hall; its data is gone with it.
pub struct Hall {
    demo: Demo,
    /// The hall's database, for what would take too long to wait for.
    pub db: SqlitePool,
    _data: TempDir,
}

impl Hall {
    /// Starts one.
    pub async fn open() -> Self {
        Self::open_with(|options| options).await
    }

    /// Starts one with other options.
    pub async fn open_with(choose: impl FnOnce(Options) -> Options) -> Self {
        let data = tempfile::tempdir().unwrap();
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let options = Options {
            portal: anywhere,
            phone: anywhere,
            gateway: anywhere,
            ..Options::default()
        };
        let demo = Demo::start(choose(Options {
            data: data.path().to_owned(),
            ..options
        }))
        .await
        .unwrap();
        let db = SqlitePool::connect_with(
            SqliteConnectOptions::new().filename(data.path().join("hall.sqlite")),
        )
        .await;
        Self {
            demo,
            db: db.unwrap(),
            _data: data,
        }
    }

    /// Somebody at a computer.
    pub fn at_the_portal(&self) -> Visitor {
        Visitor::new(self.demo.portal_url())
    }

    /// The portal's origin.
    pub fn portal_origin(&self) -> String {
        self.demo.portal_url().trim_end_matches('/').to_owned()
    }

    /// The gateway's origin.
    pub fn gateway_origin(&self) -> String {
        self.demo.gateway_url().trim_end_matches('/').to_owned()
    }

    /// Somebody with a phone.
    pub fn on_the_phone(&self) -> Visitor {
        Visitor::new(self.demo.phone_url())
    }

    /// The code in the last short message to this phone, as the developer page shows it.
    pub async fn code_sent_to(&self, phone: &str) -> String {
        self.at_the_portal()
            .get("/developer/messages")
            .await
            .code_sent_to(phone)
    }

    /// Lets seconds pass for the limits on attempts.
    pub async fn pass_limits(&self, seconds: u32) {
        let pass = sqlx::query("UPDATE attempts SET worked_off_at = worked_off_at - ?1");
        pass.bind(seconds).execute(&self.db).await.unwrap();
    }

    /// Lets the face check that a phone has been sent to be passed, as the verifier would.
    pub async fn pass_face_check(&self, phone: &Visitor) {
        let passed =
            sqlx::query("UPDATE face_checks SET passed_at = unixepoch() WHERE ticket_digest = ?1");
        let passed = passed.bind(Digest::of(phone.cookies["shili_face"].as_bytes()).to_string());
        assert_eq!(passed.execute(&self.db).await.unwrap().rows_affected(), 1);
    }

    /// The title of what an account has been told last.
    pub async fn last_notice(&self, account_id: &str) -> String {
        let title = sqlx::query_scalar(
            "SELECT title ->> 'zh' FROM notices WHERE account_id = ?1 ORDER BY id DESC",
        );
        title.bind(account_id).fetch_one(&self.db).await.unwrap()
    }

    /// The standing of a person's account, if there is one.
    pub async fn standing(&self, id_number: &str) -> Option<String> {
        let standing = sqlx::query_scalar("SELECT standing FROM accounts WHERE id_number = ?1");
        standing
            .bind(id_number)
            .fetch_optional(&self.db)
            .await
            .unwrap()
    }
}
