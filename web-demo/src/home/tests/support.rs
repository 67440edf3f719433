//! A hall on a database of its own, and browsers that people have logged in.

use axum::Router;
use axum::body::{Body, to_bytes};
use http::header::{CONTENT_TYPE, COOKIE, HOST, LOCATION};
use http::{Request, StatusCode};
use saoma_protocol::{Identity, IdentityKind};
use sqlx::SqlitePool;
use tempfile::TempDir;
use tower::ServiceExt;
use url::form_urlencoded;

use crate::accounts::{Account, Accounts, DemoAccounts};
use crate::browsers::{LoginMethod, Origin};
use crate::home::{self, AppLink, Hall};
use crate::pages::Policy;
use crate::portal::{self, LoggedIn, Portal, PortalSession, RelyingParty};
use crate::records;
use crate::registers::{DemoRegisters, Registers};
use crate::secret::Secret;
use crate::units;

/// Has a card, insurance, an answered question.
pub const JIA: &str = "c-1001";
/// Legal representative of 示例单位一, operator of 示例单位二.
pub const YI: &str = "c-1002";
/// Legal representative of 示例单位二.
pub const XIN: &str = "c-1008";
/// Has a card and nothing on record.
pub const DING: &str = "c-1004";

const ORIGIN: &str = "http://hall.example";
const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36";

/// A portal with the demo's citizens and records.
pub struct TestHall {
    pub db: SqlitePool,
    portal: Portal,
    router: Router,
    _directory: TempDir,
}

/// A browser, and the language that it asks for.
pub struct TestBrowser<'a> {
    hall: &'a TestHall,
    cookie: String,
    language: &'static str,
}

/// What a browser was answered.
pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub text: String,
}

impl TestHall {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let db = crate::db::open(&directory.path().join("hall.sqlite"))
            .await
            .unwrap();
        DemoAccounts::load().unwrap().seed(&db).await.unwrap();
        let registers = DemoRegisters::load().unwrap();
        registers.seed(&db).await.unwrap();
        records::seed(&db).await.unwrap();
        units::employees::seed(&db, &registers.units())
            .await
            .unwrap();
        let secret = Secret::random().unwrap();
        let relying_party = RelyingParty::new(
            "http://gateway.example",
            "hall",
            &secret,
            format!("{ORIGIN}/callback"),
        );
        let portal = Portal {
            db: db.clone(),
            accounts: Accounts::new(db.clone()).unwrap(),
            registers: Registers::embedded(&db),
            relying_party: relying_party.unwrap(),
            origin: ORIGIN.into(),
        };
        let app = AppLink::new("https://192.0.2.1:8443".into());
        let inside = home::routes(Hall {
            portal: portal.clone(),
            app,
        });
        let router = portal::routes(
            portal.clone(),
            inside,
            Policy::portal("http://gateway.example").unwrap(),
        );
        Self {
            db,
            portal,
            router,
            _directory: directory,
        }
    }

    /// The registers that the hall asks.
    pub fn registers(&self) -> Registers {
        self.portal.registers.clone()
    }

    /// A browser that nobody has logged in.
    pub fn stranger(&self) -> TestBrowser<'_> {
        TestBrowser {
            hall: self,
            cookie: String::new(),
            language: "zh-CN",
        }
    }

    /// A browser that somebody has logged in as themselves.
    pub async fn browser_of(&self, account_id: &str) -> TestBrowser<'_> {
        let identity = Identity {
            id: "personal".into(),
            kind: IdentityKind::PERSONAL,
            name: "示例".into(),
            role: None,
        };
        self.browser_as(account_id, identity).await
    }

    /// A browser that somebody has logged in for a unit.
    pub async fn browser_for(&self, account_id: &str, unit: &str) -> TestBrowser<'_> {
        let account = Account::find(&self.db, account_id).await.unwrap().unwrap();
        let posts = units::posts(&self.db, &*self.portal.registers.units, &account.id_number)
            .await
            .unwrap();
        let post = posts.into_iter().find(|post| post.unit.id == unit);
        self.browser_as(account_id, units::identity(post.unwrap()))
            .await
    }

    async fn browser_as(&self, account_id: &str, identity: Identity) -> TestBrowser<'_> {
        let name = sqlx::query_scalar("SELECT name FROM accounts WHERE id = ?1").bind(account_id);
        let name: String = name.fetch_one(&self.db).await.unwrap();
        let logged_in = LoggedIn {
            account_id: account_id.into(),
            name,
            identity,
        };
        let origin = Origin::new([192, 0, 2, 7].into(), CHROME);
        let cookie = PortalSession::start(&self.portal, &logged_in, LoginMethod::Scan, &origin)
            .await
            .unwrap();
        let cookie = cookie
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        TestBrowser {
            hall: self,
            cookie,
            language: "zh-CN",
        }
    }

    /// Takes a person's verification away.
    pub async fn make_provisional(&self, account_id: &str) {
        let update = sqlx::query("UPDATE accounts SET standing = 'provisional' WHERE id = ?1");
        update.bind(account_id).execute(&self.db).await.unwrap();
    }
}

impl TestBrowser<'_> {
    /// The same browser, in English.
    pub fn in_english(mut self) -> Self {
        self.language = "en";
        self
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Opens a page that must be there.
    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.send(
            Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded"),
            form.into(),
        )
        .await
    }

    async fn send(&self, request: http::request::Builder, body: Body) -> Answer {
        let request = request
            .header(HOST, "hall.example")
            .header(COOKIE, &self.cookie);
        let request = request
            .header("accept-language", self.language)
            .body(body)
            .unwrap();
        let response = self.hall.router.clone().oneshot(request).await.unwrap();
        let location = response
            .headers()
            .get(LOCATION)
            .map(|location| location.to_str().unwrap().to_owned());
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer {
            status,
            location,
            text: String::from_utf8(bytes.into()).unwrap(),
        }
    }
}

impl Answer {
    /// Where the browser is sent on to.
    pub fn sent_to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.location.as_deref().unwrap()
    }
}

/// What stands in a text between two others.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before:?} in {text}"));
    rest.split_once(after)
        .unwrap_or_else(|| panic!("no {after:?} in {rest}"))
        .0
}
