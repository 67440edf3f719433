//! Redis commands per login. A figure rises only on purpose, in a commit that gives the reason.

use std::time::Duration;

use saoma_client::{Browser, NewLogin, OpenedLogin};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{SealedPerson, ServerMessage, paths};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::provider_sessions;
use crate::support::{Node, RedisServer, TokenRequest, World, hall};

/// Commands that a node sends for a login. Each is a round trip: no step sends two at once.
const SENT: &[&str] = &[
    "EVALSHA", "EVAL", "SET", "GET", "HMGET", "HGET", "HSET", "ZRANGE", "ZREM", "PUBLISH",
];

/// Cost of a step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Commands that nodes sent.
    pub(crate) sent: usize,
    /// Commands that their scripts ran.
    run: usize,
}

/// Output of Redis's MONITOR.
pub(crate) struct Monitor<'a> {
    redis: &'a RedisServer,
    lines: BufReader<TcpStream>,
}

impl<'a> Monitor<'a> {
    pub(crate) async fn start(redis: &'a RedisServer) -> Self {
        let mut stream = TcpStream::connect(redis.address()).await.unwrap();
        stream.write_all(b"MONITOR\r\n").await.unwrap();
        let mut lines = BufReader::new(stream);
        // Commands that run before the answer are not seen.
        lines.read_line(&mut String::new()).await.unwrap();
        Self { redis, lines }
    }

    /// Returns the cost since the last call. Inbox probes are left out because they run on a timer.
    pub(crate) async fn cost(&mut self) -> Cost {
        self.redis.command(&["ECHO", "counted"]);
        let mut cost = Cost { sent: 0, run: 0 };
        loop {
            let mut line = String::new();
            self.lines.read_line(&mut line).await.unwrap();
            // +1790000000.123456 [0 127.0.0.1:50000] "COMMAND" "argument" …
            let Some((from, said)) = line.split_once("] ") else {
                continue;
            };
            let command = said.split('"').nth(1).unwrap().to_uppercase();
            if command == "ECHO" {
                return cost;
            }
            if from.ends_with(" lua") {
                cost.run += 1;
            } else if SENT.contains(&&*command) && !said.contains("probe") {
                cost.sent += 1;
            }
        }
    }
}

async fn told(browser: &mut Browser) -> ServerMessage {
    browser.next().await.unwrap()
}

async fn confirmed(
    world: &World,
    phones: &Node,
    browser: &mut Browser,
    login: &OpenedLogin,
) -> TokenRequest {
    world
        .phone(phones, 1)
        .confirm(login.login_id, PERSONAL)
        .await
        .unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = told(browser).await else {
        panic!("not confirmed")
    };
    TokenRequest::of(login, &redirect_to)
}

/// Opens a login in a browser that knows these persons.
async fn open(node: &Node, known: &[SealedPerson]) -> (Browser, OpenedLogin) {
    let login = NewLogin::of(&hall()).knowing(known.iter().cloned());
    Browser::open_new(&node.url, login).await.unwrap()
}

/// Row A16: the question to the browser takes a fifth command, and only for a person who is new to it.
#[tokio::test]
async fn a_known_browser_costs_four_commands_and_a_new_person_five() {
    let redis = RedisServer::start();
    let world = World::on(&redis).asking();
    let (browsers, phones) = (world.start().await, world.start().await);
    let mut known = Vec::new();
    // The first login brings the scripts to Redis, and the third knows its person.
    for (counted, asks) in [(false, true), (true, true), (true, false)] {
        let mut redis = Monitor::start(&redis).await;
        let mut cost = async |step: &str, sent| {
            let cost = redis.cost().await;
            assert!(!counted || cost.sent == sent, "{step}: {cost:?}");
        };
        if asks {
            known.clear();
        }
        let (mut browser, login) = open(&browsers, &known).await;
        cost("open", 1).await;
        world.phone(&phones, 1).scan(&login.qr).await.unwrap();
        let scanned = told(&mut browser).await;
        assert!(matches!(scanned, ServerMessage::Scanned { agree, .. } if agree == asks));
        cost("scan", 1).await;
        if asks {
            browser.agree().await.unwrap();
            let agreed = told(&mut browser).await;
            assert!(matches!(agreed, ServerMessage::Agreed { .. }));
            cost("agree", 1).await;
        }
        let phone = world.phone(&phones, 1);
        phone.confirm(login.login_id, PERSONAL).await.unwrap();
        let ServerMessage::Confirmed {
            redirect_to,
            known: Some(person),
            ..
        } = told(&mut browser).await
        else {
            panic!("not confirmed")
        };
        cost("confirm", 1).await;
        let request = TokenRequest::of(&login, &redirect_to);
        assert_eq!(request.send(&browsers).await.status, 200);
        cost("redeem", 1).await;
        known.push(person);
    }
}

#[tokio::test]
async fn a_login_asks_redis_four_times_and_its_waiting_never() {
    let redis = RedisServer::start();
    let pinging = "sockets.ping_interval = '400ms'\nsockets.ping_timeout = '1h'\nsockets.resync_interval = '1h'";
    let world = World::on(&redis).with(pinging);
    let (browsers, phones) = (world.start().await, world.start().await);
    // The first login brings the scripts to Redis.
    for counted in [false, true] {
        let mut redis = Monitor::start(&redis).await;
        let mut cost = async |step: &str, sent, run| {
            let cost = redis.cost().await;
            assert!(!counted || cost == Cost { sent, run }, "{step}: {cost:?}");
        };
        cost("nothing", 0, 0).await;
        let (mut browser, login) = browsers.browser().await;
        cost("open", 1, 7).await;
        while browser.next_frame().await.unwrap().is_some() {}
        cost("waiting until a ping", 0, 0).await;
        world.phone(&phones, 1).scan(&login.qr).await.unwrap();
        assert!(matches!(
            told(&mut browser).await,
            ServerMessage::Scanned { .. }
        ));
        cost("scan", 1, 7).await;
        let request = confirmed(&world, &phones, &mut browser, &login).await;
        cost("confirm", 1, 7).await;
        assert_eq!(request.send(&browsers).await.status, 200);
        cost("redeem", 1, 7).await;
    }
}

/// A session costs a login no command more where one server has all keys. Its list costs one, and one for each session; its
/// end costs one.
#[tokio::test]
async fn a_session_costs_its_login_no_command_more() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    // Without logout tokens, whose outbox each node reads every second.
    let node = provider_sessions::start_with(&world, |settings| {
        settings.clients[0].backchannel_logout_uri = None;
        settings.clients[0].sso = Some(Duration::from_secs(3600));
        let standing = json!({
            "url": "http://127.0.0.1:9/standing", "client_id": "saoma", "client_secret": "standing-secret",
        });
        settings.identity.standing = Some(serde_json::from_value(standing).unwrap());
    });
    let node = node.await;
    // The first login brings the scripts to Redis.
    for (person, counted) in [(1, false), (2, true)] {
        let mut redis = Monitor::start(&redis).await;
        let mut cost = async |step: &str, sent| {
            let cost = redis.cost().await;
            assert!(!counted || cost.sent == sent, "{step}: {cost:?}");
        };
        let (mut browser, login) = node.browser().await;
        let phone = world.phone(&node, person);
        phone.scan(&login.qr).await.unwrap();
        told(&mut browser).await;
        phone.confirm(login.login_id, PERSONAL).await.unwrap();
        let ServerMessage::Confirmed { redirect_to, .. } = told(&mut browser).await else {
            panic!("not confirmed")
        };
        let request = TokenRequest::of(&login, &redirect_to);
        cost("open, scan and confirm", 3).await;
        assert_eq!(request.send(&node).await.status, 200);
        cost("redeem", 1).await;
        let listed = provider_sessions::sessions(&world, &node, person).await;
        assert_eq!(listed.sessions.len(), 1);
        cost("list: the person's limit, the index, the session", 3).await;
        let ended = provider_sessions::post(&world, &node, person, paths::SESSIONS_END).await;
        assert_eq!(ended.status(), 200);
        cost("end: the same, and the end", 4).await;
    }
}
