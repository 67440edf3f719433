//! SIGHUP: a running node takes over what can change, and says what cannot (row K4).

use std::collections::BTreeMap;

use saoma_client::{Browser, RelyingParty};
use saoma_protocol::{ClientMessage, ServerMessage, paths};
use serde_json::Value;
use url::Url;

use crate::cli::{COMPLETE, Place, Server};
use crate::client_files::private;
use crate::support::{hall, rsa_key};

/// A running node with a settings file that changes.
struct Running {
    place: Place,
    server: Server,
    /// Settings in front of the common ones.
    head: BTreeMap<&'static str, String>,
    /// Ids of the clients.
    clients: Vec<&'static str>,
    http: reqwest::Client,
    public: String,
    operations: String,
}

impl Running {
    fn start(head: &[(&'static str, &str)]) -> Self {
        let place = Place::with("");
        private(&place, "first.pem", &rsa_key("signing"));
        let head = head.iter().map(|(key, value)| (*key, (*value).to_owned()));
        let head: BTreeMap<_, _> = head.collect();
        write(&place, &head, &["hall"]);
        let mut server = place.serve();
        let serving = server.logged("serving");
        let url = |name: &str| format!("http://{}", serving[name].as_str().unwrap());
        Self {
            public: url("listen"),
            operations: url("operations"),
            place,
            server,
            head,
            clients: vec!["hall"],
            http: reqwest::Client::new(),
        }
    }

    fn set(&mut self, key: &'static str, value: &str) {
        self.head.insert(key, value.to_owned());
        write(&self.place, &self.head, &self.clients);
    }

    fn set_clients(&mut self, clients: Vec<&'static str>) {
        self.clients = clients;
        write(&self.place, &self.head, &self.clients);
    }

    /// Hangs up, and returns the log lines until the reload has ended.
    fn reload(&mut self) -> Vec<Value> {
        self.server.hang_up();
        let mut lines = Vec::new();
        loop {
            let line = self.server.next_line();
            let message = line["message"].as_str().unwrap().to_owned();
            lines.push(line);
            if message == "reloaded the settings" || message.starts_with("could not reload") {
                return lines;
            }
        }
    }

    /// Opens a login, and returns the status.
    async fn open(&self) -> u16 {
        let request = self.http.post(format!("{}{}", self.public, paths::LOGINS));
        let body = serde_json::json!({
            "client_id": "hall",
            "redirect_uri": "https://hall.example/callback",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
            "response_type": "code",
            "scope": "openid",
        });
        let request = request.header("Origin", "https://hall.example").json(&body);
        request.send().await.unwrap().status().as_u16()
    }

    /// Returns the ids of the published keys.
    async fn keys(&self) -> Vec<String> {
        let published = self.http.get(format!("{}{}", self.public, paths::JWKS));
        let published: Value = published.send().await.unwrap().json().await.unwrap();
        let keys = published["keys"].as_array().unwrap().iter();
        keys.map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Returns a line of the metrics.
    async fn reloads(&self, result: &str) -> String {
        let metrics = self.http.get(format!("{}/metrics", self.operations));
        let metrics = metrics.send().await.unwrap().text().await.unwrap();
        let name = format!("saoma_reloads_total{{result=\"{result}\"}} ");
        let mut lines = metrics.lines();
        lines
            .find_map(|line| line.strip_prefix(&name))
            .unwrap()
            .to_owned()
    }
}

fn write(place: &Place, head: &BTreeMap<&'static str, String>, clients: &[&str]) {
    let settings = COMPLETE.replace("enabled = false", "listen = \"127.0.0.1:0\"");
    let settings = settings.replace("[log]\n    format = \"json\"\n", "");
    let (settings, hall) = settings.split_once("[[clients]]").unwrap();
    let head = head.iter().map(|(key, value)| format!("{key} = {value}\n"));
    let mut text = format!(
        "log.format = \"json\"\n{}{settings}",
        head.collect::<String>()
    );
    for id in clients {
        let client = hall.replace("client_id = \"hall\"", &format!("client_id = \"{id}\""));
        text.push_str("[[clients]]");
        text.push_str(&client);
        text.push_str("    origins = [\"https://hall.example\"]\n");
    }
    private(place, "saoma.toml", &text);
}

/// Returns the line about a part.
fn of_part<'a>(lines: &'a [Value], part: &str) -> &'a Value {
    let mut lines = lines.iter();
    lines
        .find(|line| line["part"] == part)
        .unwrap_or_else(|| panic!("no line of {part}"))
}

const KEYS: &str = "oidc.signing_keys";
const LIMIT: &str = "limits.open_per_address";

#[tokio::test]
async fn k4_sighup_takes_over_limits_and_keys_and_says_so() {
    let mut node = Running::start(&[
        (KEYS, "['first.pem']"),
        (LIMIT, "{ burst = 1, per = '1h' }"),
    ]);
    assert_eq!((node.open().await, node.open().await), (201, 429));
    let first = node.keys().await;

    private(&node.place, "second.pem", &rsa_key("reloaded"));
    node.set(KEYS, "['first.pem', 'second.pem']");
    node.set(LIMIT, "{ burst = 50, per = '2h' }");
    node.set("sockets.ping_interval", "'20s'");
    let lines = node.reload();
    assert_eq!(node.open().await, 201, "the new limit counts at once");
    let both = node.keys().await;
    assert_eq!((both.len(), &both[0]), (2, &first[0]));
    assert_eq!(
        of_part(&lines, "limits")["changed"],
        "[\"open_per_address\"]"
    );
    let added = format!("[{:?}]", both[1]);
    assert_eq!(of_part(&lines, "signing_keys")["added"], added.as_str());
    let summary = lines.last().unwrap();
    assert_eq!(summary["changed"], "[\"limits\", \"signing_keys\"]");
    assert_eq!(summary["needs_restart"], "[\"sockets.ping_interval\"]");
    assert_eq!(node.reloads("ok").await, "1");

    // The second key signs, then the first one goes.
    node.set(KEYS, "['second.pem', 'first.pem']");
    let lines = node.reload();
    let changed = format!("[{:?}, {:?}]", both[1], both[0]);
    assert_eq!(of_part(&lines, "signing_keys")["changed"], changed.as_str());
    node.set(KEYS, "['second.pem']");
    node.reload();
    assert_eq!(node.keys().await, [both[1].clone()]);
}

#[tokio::test]
async fn k4_a_fault_in_any_part_changes_nothing_and_is_named_with_its_place() {
    let mut node = Running::start(&[
        (KEYS, "['first.pem']"),
        (LIMIT, "{ burst = 1, per = '1h' }"),
    ]);
    assert_eq!(node.open().await, 201);
    let keys = node.keys().await;
    node.set(LIMIT, "{ burst = 50, per = '2h' }");
    node.set("log.filter", "'debug'");

    for (key, value, expected) in [
        (
            KEYS,
            "['first.pem', 'missing.pem']",
            "cannot read missing.pem",
        ),
        (KEYS, "['first.pem'", "invalid TOML at line "),
        (KEYS, "['first.pem', 'first.pem']", "is there twice"),
    ] {
        node.set(key, value);
        let lines = node.reload();
        assert_eq!(lines.len(), 1, "{lines:?}");
        let error = lines[0]["error"].as_str().unwrap();
        assert!(error.contains(expected), "{expected}: {error}");
        assert_eq!(node.open().await, 429, "the old limit counts");
        assert_eq!(node.keys().await, keys);
    }
    assert_eq!(
        (&*node.reloads("failed").await, &*node.reloads("ok").await),
        ("3", "0")
    );

    node.set(KEYS, "['first.pem']");
    node.reload();
    assert_eq!(node.open().await, 201);
}

#[tokio::test]
async fn k4_sighup_takes_over_the_log_filter() {
    let mut node = Running::start(&[(KEYS, "['first.pem']"), ("log.filter", "'info'")]);
    node.set("log.filter", "'error'");
    node.server.hang_up();
    // No line says so: the filter of errors counts already. The metric does.
    while node.reloads("ok").await != "1" {
        tokio::task::yield_now().await;
    }
    node.set("log.filter", "'a=b'");
    let lines = node.reload();
    assert_eq!(
        lines.len(),
        1,
        "lines below errors are filtered out: {lines:?}"
    );
    assert!(lines[0]["error"].as_str().unwrap().contains("log.filter"));
    node.set("log.filter", "'info'");
    let lines = node.reload();
    let changed = of_part(&lines, "log_filter")["changed"].as_str().unwrap();
    assert_eq!(changed, "[\"info in place of error\"]");
}

/// A login whose client is removed cannot end well, so its browser is told at once, and a phone at the scan.
#[tokio::test]
async fn k4_logins_of_a_removed_client_end_and_say_why() {
    let mut node = Running::start(&[(KEYS, "['first.pem']")]);
    node.set_clients(vec!["hall", "shop"]);
    node.reload();
    let url = Url::parse(&node.public).unwrap();
    let party = |id: &str| RelyingParty {
        client_id: id.to_owned(),
        ..hall()
    };
    let (mut of_hall, _) = Browser::open(&url, &party("hall")).await.unwrap();
    let (mut of_shop, _) = Browser::open(&url, &party("shop")).await.unwrap();
    node.set_clients(vec!["hall"]);
    let lines = node.reload();
    assert_eq!(of_part(&lines, "clients")["removed"], "[\"shop\"]");
    assert_eq!(
        of_shop.closed().await.unwrap(),
        4004,
        "its client is not registered"
    );
    // It may have been logged before the end of the reload.
    let message = "ended the logins of removed clients";
    let mut before = lines.into_iter();
    let told = before.find(|line| line["message"] == message);
    let told = told.unwrap_or_else(|| node.server.logged(message));
    assert_eq!(told["ended"], 1);
    // The other client's login goes on.
    of_hall.send(&ClientMessage::Refresh).await.unwrap();
    let told = of_hall.next().await.unwrap();
    assert!(matches!(told, ServerMessage::Renewed { .. }), "{told:?}");
}
