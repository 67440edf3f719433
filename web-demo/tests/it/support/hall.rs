//! A hall in the test's own process.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64;
use http::header::AUTHORIZATION;
use saoma_demo::{Demo, Elsewhere, Options, RegistersElsewhere, Secret};
use saoma_protocol::{Digest, IntrospectionResponse};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{FromRow, SqlitePool};
use tempfile::TempDir;
use toml::Table;

use super::TestBrowser;

/// The password of the accounts that the demo begins with.
pub(crate) const PASSWORD: &str = "shili2026";

/// The hosts of a hall behind a proxy.
pub(crate) const PORTAL_HOST: &str = "hall.example";
pub(crate) const PHONE_HOST: &str = "app.example";

/// The secret of a gateway elsewhere.
const SECRET: &str = "secret";

/// A running hall, seen from outside: its addresses and its database.
pub(crate) struct Site {
    pub portal: String,
    pub phone: String,
    pub gateway: String,
    /// The path of the developer page of messages, with its key; empty without that page.
    messages: String,
    pub db: SqlitePool,
    /// Keeps its connections.
    http: reqwest::Client,
}

/// Registers that nobody serves: nothing listens on the discard port, and no test is given it.
fn no_registers() -> RegistersElsewhere {
    RegistersElsewhere {
        url: "http://127.0.0.1:9".parse().unwrap(),
        token: Secret::received("a token"),
    }
}

/// A hall in this process. Its data is deleted with it.
pub(crate) struct Hall {
    site: Site,
    demo: Demo,
    data: TempDir,
}

/// Changes the database of a hall, by a statement written as for `format!`. See [`Site::sql`].
macro_rules! sql {
    ($hall:expr; $($statement:tt)+) => {
        $hall.sql(&format_args!($($statement)+).to_string()).await
    };
}

pub(crate) use sql;

impl Deref for Hall {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Hall {
    /// Starts a hall whose gateway is elsewhere and never answers.
    pub(crate) async fn open() -> Self {
        Self::start(|options| options.elsewhere = Some(elsewhere())).await
    }

    /// The same, where the same form within ten seconds is a double click.
    pub(crate) async fn with_double_clicks() -> Self {
        Self::start(|options| {
            options.elsewhere = Some(elsewhere());
            options.double_click = Duration::from_secs(10);
        })
        .await
    }

    /// Starts a hall behind a proxy, as [`Hall::behind_proxy`], whose gateway is elsewhere and never answers.
    pub(crate) async fn behind_proxy_and_gateway_elsewhere() -> Self {
        Self::start(|options| {
            put_behind_proxy(options);
            options.elsewhere = Some(elsewhere());
        })
        .await
    }

    /// Starts a hall with a gateway of its own.
    pub(crate) async fn with_gateway() -> Self {
        Self::start(|_| ()).await
    }

    /// Starts a hall with a gateway of its own behind a proxy on this machine, which ends TLS for [`PORTAL_HOST`] and
    /// [`PHONE_HOST`].
    pub(crate) async fn behind_proxy() -> Self {
        Self::start(put_behind_proxy).await
    }

    /// Starts a hall behind a proxy, as [`Hall::behind_proxy`], that keeps the demo's secrets from other machines.
    pub(crate) async fn not_exposed() -> Self {
        Self::start(|options| {
            put_behind_proxy(options);
            options.expose_demo = false;
            options.elsewhere = Some(elsewhere());
        })
        .await
    }

    /// Returns the text of a file in the hall's folder.
    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.data.path().join(name)).unwrap()
    }

    /// Starts a hall whose registers would be at this address, where nothing listens.
    pub(crate) async fn without_registers() -> Self {
        Self::start(|options| options.registers = Some(no_registers())).await
    }

    /// The same with a gateway elsewhere, at this origin.
    pub(crate) async fn without_registers_with_gateway_at(origin: &str) -> Self {
        let choose = gateway_at(origin);
        Self::start(|options| {
            choose(options);
            options.registers = Some(no_registers());
        })
        .await
    }

    /// Starts a hall whose gateway is elsewhere, at this origin.
    pub(crate) async fn with_gateway_at(origin: &str) -> Self {
        Self::start(gateway_at(origin)).await
    }

    /// Ends the hall and starts another on its folder, whose gateway is at this origin.
    pub(crate) async fn restarted_with_gateway_at(self, origin: &str) -> Self {
        self.site.db.close().await;
        self.demo.shutdown().await;
        Self::start_in(self.data, gateway_at(origin)).await
    }

    async fn start(choose: impl FnOnce(&mut Options)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), choose).await
    }

    async fn start_in(data: TempDir, choose: impl FnOnce(&mut Options)) -> Self {
        let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut options = Options {
            portal: free_port,
            phone: free_port,
            gateway: free_port,
            data: data.path().to_owned(),
            // Secrets of tests are short, and gateways that never answer need no TLS.
            allow_insecure: true,
            // Tests send the same form faster than people do, and mean it.
            double_click: Duration::ZERO,
            ..Options::default()
        };
        choose(&mut options);
        let demo = Demo::start(options).await.unwrap();
        let (portal, phone) = demo.listening();
        let [portal, phone] = [portal, phone].map(|address| format!("http://{address}"));
        let gateway = demo.gateway_url().to_owned();
        let messages = demo.messages_url();
        Self {
            site: Site::new([portal, phone, gateway], messages, data.path()).await,
            demo,
            data,
        }
    }
}

impl Site {
    /// A site at the addresses of portal, phone app and gateway.
    pub(crate) async fn new(faces: [String; 3], messages: Option<&str>, data: &Path) -> Self {
        let [portal, phone, gateway] = faces;
        let path_of = |address: &str| {
            address
                .find("/developer")
                .map(|at| address[at..].to_owned())
        };
        let database = SqliteConnectOptions::new().filename(data.join("hall.sqlite"));
        Self {
            portal,
            phone,
            gateway,
            messages: messages.and_then(path_of).unwrap_or_default(),
            db: SqlitePool::connect_with(database).await.unwrap(),
            http: reqwest::Client::new(),
        }
    }

    /// A computer at the portal, not logged in.
    pub(crate) fn portal(&self) -> TestBrowser {
        TestBrowser::new(&self.portal)
    }

    /// A phone in the app, not logged in.
    pub(crate) fn phone(&self) -> TestBrowser {
        TestBrowser::new(&self.phone)
    }

    /// A computer that an account of the demo is logged in on by password.
    pub(crate) async fn portal_of(&self, user_name: &str) -> TestBrowser {
        self.portal().logged_in("/login/password", user_name).await
    }

    /// A phone that an account of the demo is logged in on by password.
    pub(crate) async fn phone_of(&self, user_name: &str) -> TestBrowser {
        self.phone().logged_in("/login", user_name).await
    }

    /// A computer that an account is logged in on for a unit, as after a scan.
    pub(crate) async fn portal_for(&self, user_name: &str, unit: &str) -> TestBrowser {
        let (account, name, role, unit_name): (String, String, Option<String>, String) = self
            .row(&format!(
                "SELECT accounts.id, accounts.name, role, register_units.name
                 FROM accounts JOIN register_units ON register_units.id = '{unit}'
                 LEFT JOIN register_posts AS post
                     ON unit_id = register_units.id AND post.id_number = accounts.id_number
                 WHERE user_name = '{user_name}'"
            ))
            .await;
        let identity = json!({
            "id": format!("unit:{unit}"), "kind": "unit", "name": unit_name,
            "role": role.as_deref().unwrap_or("authorised_agent"),
        });
        let mut browser = self.portal();
        let (cookie, id) = (Secret::random().unwrap(), Secret::random().unwrap());
        let (digest, id) = (
            Digest::of(cookie.expose().as_bytes()).to_string(),
            id.expose(),
        );
        self.sql(&format!(
            "INSERT INTO portal_sessions
                 (cookie_digest, id, account_id, name, identity, method, address, logged_in_at, expires_at)
             VALUES ('{digest}', '{id}', '{account}', '{name}', '{identity}', 'scan', '192.0.2.7',
                 unixepoch(), unixepoch() + 7200)"
        ))
        .await;
        let cookie = cookie.expose().to_owned();
        browser.cookies.insert("shili_hall".into(), cookie);
        browser
    }

    /// Changes the database, for what would take too long to wait for. Returns the number of rows.
    pub(crate) async fn sql(&self, statement: &str) -> u64 {
        let statement = sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()));
        statement.execute(&self.db).await.unwrap().rows_affected()
    }

    /// The first row of a query.
    pub(crate) async fn row<T>(&self, query: &str) -> T
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let query = sqlx::query_as(sqlx::AssertSqlSafe(query.to_owned()));
        query.fetch_one(&self.db).await.unwrap()
    }

    /// The number of rows of a query.
    pub(crate) async fn count(&self, rows: &str) -> i64 {
        self.row::<(i64,)>(&format!("SELECT count(*) FROM {rows}"))
            .await
            .0
    }

    /// The day so far from today in the province, as `+1 month`.
    pub(crate) async fn day(&self, from_today: &str) -> String {
        let day = format!("SELECT date('now', '+8 hours', '{from_today}')");
        self.row::<(String,)>(&day).await.0
    }

    /// Takes the verification of an account away.
    pub(crate) async fn make_provisional(&self, user_name: &str) {
        sql!(self; "UPDATE accounts SET standing = 'provisional' WHERE user_name = '{user_name}'");
    }

    /// The code in the last short message to this phone, by the developer's page.
    pub(crate) async fn code_sent_to(&self, phone: &str) -> String {
        self.portal().get(&self.messages).await.code_sent_to(phone)
    }

    /// A computer whose user has opened the address of the developer pages that the terminal shows.
    pub(crate) async fn developer(&self) -> TestBrowser {
        let mut browser = self.portal();
        let page = browser.get(&self.messages).await;
        page.check("the printed address", "@/developer/messages");
        browser
    }

    /// Lets seconds pass for the limits on attempts.
    pub(crate) async fn pass_limits(&self, seconds: u32) {
        sql!(self; "UPDATE attempts SET worked_off_at = worked_off_at - {seconds}");
    }

    /// Passes the face check that a phone was sent to, in the verifier's place.
    pub(crate) async fn pass_face_check(&self, phone: &TestBrowser) {
        let ticket = Digest::of(phone.cookies["shili_face"].as_bytes());
        let passed = sql!(self;
            "UPDATE face_checks SET passed_at = unixepoch() WHERE ticket_digest = '{ticket}'");
        assert_eq!(passed, 1);
    }

    /// The title of the last notice to an account.
    pub(crate) async fn last_notice(&self, account: &str) -> String {
        let title = format!(
            "SELECT title ->> 'zh' FROM notices WHERE account_id = '{account}' ORDER BY id DESC"
        );
        self.row::<(String,)>(&title).await.0
    }

    /// The standing of a person's account; empty without one.
    pub(crate) async fn standing(&self, id_number: &str) -> String {
        let accounts = format!("accounts WHERE id_number = '{id_number}'");
        let standing = format!("SELECT ifnull(max(standing), '') FROM {accounts}");
        self.row::<(String,)>(&standing).await.0
    }

    /// The answer to the gateway's introspection of a phone's token, at a hall whose gateway is
    /// elsewhere.
    pub(crate) async fn introspect(&self, phone: &TestBrowser) -> IntrospectionResponse {
        serde_json::from_value(self.introspection(phone).await).unwrap()
    }

    /// The same, with all members.
    pub(crate) async fn introspection(&self, phone: &TestBrowser) -> Value {
        let token = access_token(phone);
        let authorization = basic(GATEWAY);
        let asked = self.ask_introspection("127.0.0.1", Some(&authorization), &token);
        asked.await.json().await.unwrap()
    }

    /// Asks about a token, from an address behind the proxy if there is one.
    pub(crate) async fn ask_introspection(
        &self,
        address: &str,
        authorization: Option<&str>,
        token: &str,
    ) -> reqwest::Response {
        let mut request = self
            .http
            .post(format!("{}/oauth2/introspect", self.phone))
            .header("x-forwarded-for", address)
            .form(&[("token", token)]);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        request.send().await.unwrap()
    }

    /// The answer about a person and an identity without a token, asked from an address behind the proxy.
    pub(crate) async fn ask_standing(
        &self,
        address: &str,
        authorization: &str,
        (sub, identity): (&str, &str),
    ) -> reqwest::Response {
        let request = self
            .http
            .post(format!("{}/oauth2/standing", self.phone))
            .header("x-forwarded-for", address)
            .header(AUTHORIZATION, authorization)
            .form(&[("sub", sub), ("identity", identity)]);
        request.send().await.unwrap()
    }

    /// The ids of the identities that a phone's person may log in as.
    pub(crate) async fn identities(&self, phone: &TestBrowser) -> Vec<String> {
        let offered = self.introspect(phone).await.identities.unwrap();
        offered
            .into_iter()
            .map(|offered| offered.identity.id)
            .collect()
    }
}

/// The app's own access token for a phone's person.
pub(crate) fn access_token(phone: &TestBrowser) -> String {
    let names = ["shili_app", "__Host-shili_app"];
    let mut cookies = names.iter().filter_map(|name| phone.cookies.get(*name));
    let cookie = cookies.next().expect("a login on the phone");
    Digest::of(format!("access token:{cookie}").as_bytes()).to_string()
}

/// The credentials of a gateway elsewhere.
pub(crate) const GATEWAY: &str = "saoma:secret";

/// Returns `Authorization: Basic` of these credentials.
pub(crate) fn basic(credentials: &str) -> String {
    format!("Basic {}", BASE64.encode(credentials.as_bytes()))
}

/// A gateway that never answers.
fn elsewhere() -> Elsewhere {
    Elsewhere {
        url: "http://gateway.example".into(),
        client_secret: Secret::received(SECRET),
        introspection_secret: Secret::received(SECRET),
        events_secret: Secret::received(SECRET),
    }
}

fn gateway_at(origin: &str) -> impl FnOnce(&mut Options) {
    let url = origin.to_owned();
    |options| options.elsewhere = Some(Elsewhere { url, ..elsewhere() })
}

fn put_behind_proxy(options: &mut Options) {
    let origin = |host| Some(format!("https://{host}").parse().unwrap());
    options.portal_url = origin(PORTAL_HOST);
    options.phone_url = origin(PHONE_HOST);
    options.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    // Tests log in by the published password.
    options.expose_demo = true;
}

/// The ID number of a person of `data/population.toml`.
pub(crate) fn person(name: &str) -> String {
    let population = include_str!("../../../data/population.toml");
    let population: Table = population.parse().unwrap();
    let persons = population["persons"].as_array().unwrap();
    let found = persons
        .iter()
        .find(|person| person["name"].as_str() == Some(name));
    let id_number = found.expect("a person of this name")["id_number"].as_str();
    id_number.unwrap().to_owned()
}
