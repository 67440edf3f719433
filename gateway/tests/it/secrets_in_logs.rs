//! Threats T27 and T39, row A9: logs at their most talkative hold no secret.
//!
//! A node runs in a process of its own, as operators start it, because the lines of some dependencies come by another
//! facade than ours.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use data_encoding::BASE64;
use saoma_client::{BrowserError, Connection, HttpMode, Phone, Transport};
use saoma_load::deployment::PERSONAL;
use saoma_load::ports;
use saoma_protocol::{ClientMessage, ResumeRequest, ServerMessage, paths};
use serde_json::json;
use url::Url;

use crate::support::{
    INTROSPECTION_SECRET, IntrospectionStub, ORIGIN, RedisServer, TokenRequest, World, hall, until,
};

const REDIS_PASSWORD: &str = "redis-password-5c1f";

/// A secret and its name.
type Secret = (&'static str, String);

/// A node in a process of its own, with the bare filter `trace`.
struct TalkativeNode {
    process: Child,
    url: Url,
}

impl TalkativeNode {
    fn start(world: &World) -> Self {
        let (port, log) = (ports::reserve().unwrap(), world.path("node.log"));
        let process = Command::new(env!("CARGO_BIN_EXE_saoma"))
            .env_clear()
            .env("SAOMA_LOG_FILTER", "trace")
            .args(["serve", "--config"])
            .arg(world.settings_file())
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .stderr(File::create(log).unwrap())
            .stdout(Stdio::null())
            .spawn();
        Self {
            process: process.unwrap(),
            url: Url::parse(&format!("http://127.0.0.1:{port}")).unwrap(),
        }
    }
}

impl Drop for TalkativeNode {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a9_a_node_on_memory_logs_no_secret_with_the_bare_filter_trace() {
    let person = json!({
        "active": true, "sub": "c-1", "name": "示例甲",
        "identities": [{ "id": "personal", "kind": "personal", "name": "示例甲" }],
    });
    let backend = IntrospectionStub::start(person.to_string()).await;
    let world = World::in_memory().with_introspection(&backend);
    let gateways_own = BASE64.encode(format!("gateway:{INTROSPECTION_SECRET}").as_bytes());
    let secrets = vec![
        ("introspection secret", INTROSPECTION_SECRET.to_owned()),
        ("introspection secret in Basic", gateways_own),
    ];
    no_secret_is_logged(&world, "app-token-81d2c9", secrets).await;
}

#[tokio::test]
async fn a9_a_node_on_redis_logs_no_secret_with_the_bare_filter_trace() {
    let redis = RedisServer::start();
    let password = format!(">{REDIS_PASSWORD}");
    redis.command(&[
        "ACL", "SETUSER", "saoma", "on", &password, "~*", "&*", "+@all",
    ]);
    let url = redis
        .url()
        .replace("://", &format!("://saoma:{REDIS_PASSWORD}@"));
    let world = World::on_url(url);
    let token = world.persons.token(1);
    let secrets = vec![("Redis password", REDIS_PASSWORD.to_owned())];
    no_secret_is_logged(&world, &token, secrets).await;
}

/// Lets people log in by every transport and in every way, and looks for secrets in the log.
async fn no_secret_is_logged(world: &World, app_token: &str, mut secrets: Vec<Secret>) {
    let node = TalkativeNode::start(world);
    let log = || std::fs::read_to_string(world.path("node.log")).unwrap();
    until(|| log().contains("serving")).await;
    secrets.push(("app token", app_token.to_owned()));
    let http = reqwest::Client::new();
    let phone = Phone::new(node.url.clone(), app_token).unwrap();
    for transport in [
        Transport::WebSocket,
        Transport::Http(http.clone(), HttpMode::EventStream),
        Transport::Http(http.clone(), HttpMode::LongPoll { wait: 25 }),
    ] {
        secrets.extend(log_in(&node.url, &phone, &transport).await);
        secrets.extend(misuse(&node.url, &phone, &transport).await);
    }

    let log = log();
    assert!(
        log.contains("presented after its redemption"),
        "it was captured: {log}"
    );
    for (name, secret) in &secrets {
        assert!(secret.len() >= 9, "{name} could stand there by chance");
        assert!(!log.contains(secret), "the {name} is in the log: {log}");
    }
    let foreign = log
        .lines()
        .filter(|line| line.contains(" TRACE ") || line.contains(" DEBUG "))
        .find(|line| !line.contains(" saoma"));
    assert_eq!(foreign, None, "a dependency speaks below INFO");
}

/// A login to the end, and its code again.
async fn log_in(gateway: &Url, phone: &Phone, transport: &Transport) -> Vec<Secret> {
    let (mut browser, login) = transport.open(gateway, &hall()).await.unwrap();
    browser.send(&ClientMessage::Refresh).await.unwrap();
    let qr = loop {
        match next(&mut browser).await.unwrap() {
            ServerMessage::Renewed { qr, .. } => break qr,
            other => println!("before the refresh: {other:?}"),
        }
    };
    phone.scan(&qr).await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    let redirect_to = loop {
        if let ServerMessage::Confirmed { redirect_to, .. } = next(&mut browser).await.unwrap() {
            break redirect_to;
        }
    };
    let request = TokenRequest::of(&login, &redirect_to);
    let http = reqwest::Client::new();
    let endpoint = |path| gateway.join(path).unwrap();
    let exchanged = request.send_by(&http, endpoint(paths::TOKEN)).await;
    let exchanged = exchanged.unwrap();
    let (access_token, id_token) = (exchanged.access_token.unwrap(), exchanged.id_token.unwrap());
    let person = http
        .get(endpoint(paths::USERINFO))
        .bearer_auth(&access_token);
    assert_eq!(person.send().await.unwrap().status(), 200);
    request
        .send_by(&http, endpoint(paths::TOKEN))
        .await
        .unwrap();
    let client_secret = request.client_secret.clone().unwrap();
    let basic = http
        .post(endpoint(paths::TOKEN))
        .basic_auth("hall", Some(&client_secret))
        .form(&[
            ("grant_type", "authorization_code"),
            ("code", &request.code),
        ]);
    assert_eq!(basic.send().await.unwrap().status(), 400);
    let in_basic = BASE64.encode(format!("hall:{client_secret}").as_bytes());
    vec![
        ("receive key", login.receive_key.to_string()),
        ("first scan code", tail(&login.qr)),
        ("scan code", tail(&qr)),
        ("user code", login.user_code.clone()),
        ("state", login.state),
        ("code", request.code),
        ("verifier", request.code_verifier),
        ("client secret", client_secret),
        ("client secret in Basic", in_basic),
        ("access token", access_token),
        ("ID token", id_token),
    ]
}

/// A typed code, a rejected login, and requests that cannot be read although a secret is in them.
async fn misuse(gateway: &Url, phone: &Phone, transport: &Transport) -> Vec<Secret> {
    let (mut browser, login) = transport.open(gateway, &hall()).await.unwrap();
    phone.type_code(&login.user_code).await.unwrap();
    let key = login.receive_key.to_string();
    let http = reqwest::Client::new();
    let at = |path: &str| gateway.join(path).unwrap();
    let malformed = format!(r#"{{"qr":["{}"],"identity":7,"state":"{key}"}}"#, login.qr);
    for path in [paths::LOGINS, paths::SCANS] {
        let request = http
            .post(at(path))
            .bearer_auth(&key)
            .header("origin", ORIGIN);
        let answer = request.body(malformed.clone()).send().await.unwrap();
        assert!(answer.status().is_client_error());
    }
    // Row B2: a scanner that is not of the app opens the address.
    let code = tail(&login.qr);
    for path in ["/q/", "/Q/"] {
        for query in ["", "?app=0"] {
            let page = http.get(at(&format!("{path}{code}{query}"))).send().await;
            assert_eq!(page.unwrap().status(), 200);
        }
    }
    let mut url = at(paths::AUTHORIZE);
    url.query_pairs_mut()
        .append_pair("client_id", "hall")
        .append_pair("state", &key);
    assert_eq!(http.get(url).send().await.unwrap().status(), 400);
    if let Connection::WebSocket(browser) = &mut browser {
        let resume = ResumeRequest {
            last_seq: 0,
            ..login.resume_request(0)
        };
        let text = serde_json::to_string(&ClientMessage::Resume(resume)).unwrap();
        let text = text.replace("\"last_seq\":0", "\"last_seq\":{}");
        browser.send_frame(text.into()).await.unwrap();
    }
    phone.reject(login.login_id).await.unwrap();
    while !matches!(
        next(&mut browser).await,
        Ok(ServerMessage::Rejected { .. }) | Err(_)
    ) {}
    vec![
        ("scan code that was opened in a browser", code),
        ("receive key", key),
        ("scan code", tail(&login.qr)),
        ("user code", login.user_code),
    ]
}

async fn next(browser: &mut Connection) -> Result<ServerMessage, BrowserError> {
    loop {
        if let Some(message) = browser.next_frame().await? {
            return Ok(message);
        }
    }
}

/// The code at the end of a QR text.
fn tail(qr: &str) -> String {
    qr.rsplit('/').next().unwrap().to_owned()
}
