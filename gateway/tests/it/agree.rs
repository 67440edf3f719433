//! A person who is new to a browser is named there before the browser is logged in (row A16, threat T34).

use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;
use saoma_client::{
    BrowserError, Connection, HttpLogin, HttpMode, NewLogin, OpenedLogin, PhoneError, Transport,
};
use saoma_gateway::Gateway;
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{CancelReason, ClientMessage, ErrorCode, SealedPerson, ServerMessage, paths};

use crate::support::{Node, RedisServer, World, hall};

/// Every transport of a browser.
fn transports() -> [Transport; 3] {
    let http = |mode| Transport::Http(reqwest::Client::new(), mode);
    [
        Transport::WebSocket,
        http(HttpMode::EventStream),
        http(HttpMode::LongPoll { wait: 5 }),
    ]
}

/// A browser of the hall that knows these persons.
async fn browser(
    node: &Node,
    transport: &Transport,
    known: &[SealedPerson],
) -> (Connection, OpenedLogin) {
    let login = NewLogin::of(&hall()).knowing(known.iter().cloned());
    transport.open_new(&node.url, login).await.unwrap()
}

async fn told(browser: &mut Connection) -> ServerMessage {
    let message = async {
        loop {
            if let Some(message) = browser.next_frame().await.unwrap() {
                return message;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), message)
        .await
        .expect("a message")
}

/// Takes the message `scanned`, and returns true if the browser is asked.
async fn asked(browser: &mut Connection) -> bool {
    match told(browser).await {
        ServerMessage::Scanned { person, agree, .. } => {
            assert_eq!(person, "示*", "the person is named");
            agree
        }
        other => panic!("{other:?}"),
    }
}

async fn confirmed(browser: &mut Connection) -> Option<SealedPerson> {
    match told(browser).await {
        ServerMessage::Confirmed { known, .. } => known,
        other => panic!("{other:?}"),
    }
}

/// A refusal of a phone: its code, reason and seconds to wait.
fn refusal<T: std::fmt::Debug>(
    answer: Result<T, PhoneError>,
) -> (ErrorCode, Option<String>, Option<u64>) {
    match answer.unwrap_err() {
        PhoneError::Refused {
            problem,
            retry_after,
            ..
        } => (problem.error, problem.reason, retry_after),
        other => panic!("{other}"),
    }
}

const NOT_AGREED: (ErrorCode, Option<String>, Option<u64>) = (ErrorCode::NotAgreed, None, Some(2));

/// Logs person 1 in at a browser, which agrees if it is asked. Returns the person whom the browser knows from then on.
async fn log_in(
    world: &World,
    (browsers, phones): (&Node, &Node),
    transport: &Transport,
    known: &[SealedPerson],
    asks: bool,
) -> Option<SealedPerson> {
    let (mut browser, login) = browser(browsers, transport, known).await;
    let phone = world.phone(phones, 1);
    assert_eq!(phone.scan(&login.qr).await.unwrap().agree, asks);
    assert_eq!(asked(&mut browser).await, asks);
    if asks {
        let early = phone.confirm(login.login_id, PERSONAL).await;
        assert_eq!(refusal(early), NOT_AGREED);
        browser.send(&ClientMessage::Agree).await.unwrap();
        let agreed = told(&mut browser).await;
        assert!(
            matches!(agreed, ServerMessage::Agreed { seq: 3, expires_in } if expires_in <= 90),
            "{agreed:?}"
        );
        // Sent again, as after a lost answer, it changes nothing.
        browser.send(&ClientMessage::Agree).await.unwrap();
    }
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    confirmed(&mut browser).await
}

/// The whole of it over each transport: a new person is asked about, and is known from then on.
async fn is_asked_about_once(world: &World, nodes: (&Node, &Node)) {
    for transport in transports() {
        let known = log_in(world, nodes, &transport, &[], true).await;
        let known = [known.expect("a person to keep")];
        let again = log_in(world, nodes, &transport, &known, false).await;
        let again = again.expect("a person to keep");
        assert_ne!(again, known[0], "two values of one person are unlike");
    }
}

#[tokio::test]
async fn a_new_person_is_asked_about_once_over_every_transport() {
    let world = World::in_memory().asking();
    let node = world.start().await;
    is_asked_about_once(&world, (&node, &node)).await;
}

#[tokio::test]
async fn across_nodes_a_new_person_is_asked_about_once_over_every_transport() {
    let redis = RedisServer::start();
    let world = World::on(&redis).asking();
    let (browsers, phones) = (world.start().await, world.start().await);
    is_asked_about_once(&world, (&browsers, &phones)).await;
}

/// A secret is changed node by node: first it is accepted everywhere, then it seals, then the old one is dropped. No
/// browser forgets its person meanwhile.
#[tokio::test]
async fn a_browser_knows_its_person_while_the_clusters_secret_is_changed() {
    let redis = RedisServer::start();
    let world = World::on(&redis).asking();
    let (old, new) = (world.path("cluster.secret"), world.path("new.secret"));
    std::fs::write(&new, saoma_gateway::generate_secret()).unwrap();
    let start = async |files: &[&PathBuf]| {
        let mut settings = world.settings();
        settings.cluster.secret_files = files.iter().copied().cloned().collect();
        let gateway = Gateway::start(settings).await.unwrap();
        let url = format!("http://{}", gateway.address()).parse().unwrap();
        Node { gateway, url }
    };
    let steps = [
        start(&[&old]).await,
        start(&[&old, &new]).await,
        start(&[&new, &old]).await,
        start(&[&new]).await,
    ];
    let socket = Transport::WebSocket;
    let known = log_in(&world, (&steps[0], &steps[0]), &socket, &[], true).await;
    let mut known = [known.expect("a person to keep")];
    for nodes in steps.windows(2) {
        for (browsers, phones) in [(0, 1), (1, 0), (1, 1)] {
            let nodes = (&nodes[browsers], &nodes[phones]);
            let again = log_in(&world, nodes, &socket, &known, false).await;
            assert!(again.is_some());
        }
        // A login at each step brings the browser a value of its current secret.
        let nodes = (&nodes[1], &nodes[1]);
        let again = log_in(&world, nodes, &socket, &known, false).await;
        known = [again.expect("a person to keep")];
    }
    log_in(&world, (&steps[0], &steps[0]), &socket, &known, true).await;
}

/// A sealed person of one relying party says nothing at another one, and nothing of another person.
#[tokio::test]
async fn a_person_is_known_at_one_relying_party_and_to_one_browser() {
    let world = World::in_memory().asking();
    let node = world.start().await;
    let socket = Transport::WebSocket;
    let known = log_in(&world, (&node, &node), &socket, &[], true).await;
    let known = [known.expect("a person to keep")];

    let (mut browser_of_2, login) = browser(&node, &socket, &known).await;
    let phone = world.phone(&node, 2);
    assert!(phone.scan(&login.qr).await.unwrap().agree);
    assert!(asked(&mut browser_of_2).await);

    let mut other = hall();
    other.client_id = "other".into();
    other.redirect_uri = "https://other.example/callback".into();
    other.origin = "https://other.example".into();
    let login = NewLogin::of(&other).knowing(known.clone());
    let (mut elsewhere, login) = socket.open_new(&node.url, login).await.unwrap();
    let phone = world.phone(&node, 1);
    assert!(phone.scan(&login.qr).await.unwrap().agree);
    assert!(asked(&mut elsewhere).await);

    // Made up, cut off, and too many: the browser is asked, and the login opens all the same.
    let cut = SealedPerson::new(&known[0].as_str()[1..]);
    let made_up = std::iter::repeat_n(SealedPerson::new("x"), 20);
    let made_up: Vec<_> = made_up.chain([cut, known[0].clone()]).collect();
    log_in(&world, (&node, &node), &socket, &made_up, true).await;
}

/// In the address of the socket, where pages put their `open`, known persons are one text.
#[tokio::test]
async fn a_known_person_in_the_sockets_address_is_not_asked_about() {
    let world = World::in_memory().asking();
    let node = world.start().await;
    let known = log_in(&world, (&node, &node), &Transport::WebSocket, &[], true).await;
    let known = [SealedPerson::new("x"), known.expect("a person to keep")];
    let in_address = Transport::WebSocketFrom([127, 0, 0, 1].into());
    log_in(&world, (&node, &node), &in_address, &known, false).await;
}

/// "Not me" ends the login, and the phone is told the reason.
#[tokio::test]
async fn not_me_ends_the_login_and_the_phone_learns_why() {
    let world = World::in_memory().asking();
    let node = world.start().await;
    for transport in transports() {
        let (mut browser, login) = browser(&node, &transport, &[]).await;
        let phone = world.phone(&node, 1);
        phone.scan(&login.qr).await.unwrap();
        assert!(asked(&mut browser).await);
        let reason = Some(CancelReason::NotMe);
        browser
            .send(&ClientMessage::Cancel { reason })
            .await
            .unwrap();
        assert_eq!(
            told(&mut browser).await,
            ServerMessage::Cancelled { seq: 3, reason }
        );
        let over = (ErrorCode::AlreadyDecided, Some("not_me".to_owned()), None);
        let confirm = phone.confirm(login.login_id, PERSONAL).await;
        assert_eq!(refusal(confirm), over);
        assert_eq!(refusal(phone.reject(login.login_id).await), over);
        let unknown = phone.confirm(login.login_id, "unit:none").await;
        assert_eq!(refusal(unknown), over);
    }
    // Without a reason there is none to tell.
    let (mut browser, login) = browser(&node, &Transport::WebSocket, &[]).await;
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    browser.send(&ClientMessage::CANCEL).await.unwrap();
    asked(&mut browser).await;
    told(&mut browser).await;
    let confirm = phone.confirm(login.login_id, PERSONAL).await;
    assert_eq!(refusal(confirm), (ErrorCode::AlreadyDecided, None, None));
}

/// A phone that asks again every two seconds, as it is told, never reaches a limit: not in the 90 s that it has, nor in
/// ten times as many.
#[tokio::test]
async fn a_phone_that_waits_for_the_browser_is_not_locked_out() {
    let world = World::in_memory().asking();
    let limit = world.settings().limits.confirm_per_person;
    assert!(limit.interval() <= Duration::from_secs(2), "{limit:?}");
    let node = world.start().await;
    let (mut browser, login) = browser(&node, &Transport::WebSocket, &[]).await;
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    asked(&mut browser).await;
    for _ in 1..limit.burst.get() {
        let early = phone.confirm(login.login_id, PERSONAL).await;
        assert_eq!(refusal(early), NOT_AGREED);
    }
    browser.send(&ClientMessage::Agree).await.unwrap();
    told(&mut browser).await;
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    confirmed(&mut browser).await;
}

/// With `agree = "off"` everything is as if there were no question.
#[tokio::test]
async fn a_client_that_does_not_want_the_question_gets_none() {
    let world = World::in_memory();
    let node = world.start().await;
    let (mut browser, login) = browser(&node, &Transport::WebSocket, &[]).await;
    let phone = world.phone(&node, 1);
    assert!(!phone.scan(&login.qr).await.unwrap().agree);
    assert!(!asked(&mut browser).await);
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    assert_eq!(confirmed(&mut browser).await, None);
}

/// Agreement before a scan, after the end, and with bodies that are not as asked.
#[tokio::test]
async fn agreement_out_of_turn_is_refused() {
    let world = World::in_memory().asking();
    let node = world.start().await;
    let http = reqwest::Client::new();
    let (requests, login) = HttpLogin::open(&http, &node.url, &hall()).await.unwrap();
    let code = |answer: Result<(), BrowserError>| match answer {
        Err(BrowserError::Refused {
            problem: Some(problem),
            ..
        }) => problem.error,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(requests.agree().await), ErrorCode::NotScanned);
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
    assert_eq!(code(requests.refresh().await), ErrorCode::AlreadyScanned);
    let cancel = || requests.command_request(paths::CANCEL).unwrap();
    for body in ["{", "[]", r#"{"reason":"bored"}"#] {
        let refused = cancel().body(body).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{body}");
    }
    let large = cancel().body("x".repeat(5000)).send().await.unwrap();
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    requests.agree().await.expect("still scanned");
    requests.agree().await.expect("a repeat");
    requests.cancel(None).await.unwrap();
    assert_eq!(code(requests.agree().await), ErrorCode::AlreadyDecided);
}
