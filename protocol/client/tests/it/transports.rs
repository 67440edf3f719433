//! The three transports deliver the same events.

use std::time::Duration;

use saoma_client::{
    BrowserError, BrowserEvent, HttpBrowser, HttpLogin, HttpMode, Phone, PhoneError,
    ReconnectPolicy, ReconnectingBrowser, Transport, error_chain,
};
use saoma_protocol::{ClientMessage, ErrorCode, ResumeRequest, ServerMessage};

use tokio::time::timeout;

use crate::support;

async fn open(world: &support::World, transport: Transport) -> ReconnectingBrowser {
    let nodes = vec![world.url.clone()];
    let policy = ReconnectPolicy::default();
    ReconnectingBrowser::open(nodes, &world.party, transport, policy)
        .await
        .unwrap()
}

async fn message(browser: &mut ReconnectingBrowser) -> ServerMessage {
    loop {
        match browser.next_event().await {
            BrowserEvent::Message(message) => return message,
            BrowserEvent::Reconnected { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

fn transports() -> [Transport; 4] {
    let http = reqwest::Client::new();
    [
        Transport::WebSocket,
        Transport::WebSocketFrom([127, 0, 0, 2].into()),
        Transport::Http(http.clone(), HttpMode::EventStream),
        Transport::Http(http, HttpMode::LongPoll { wait: 5 }),
    ]
}

#[tokio::test]
async fn a_login_goes_from_code_to_redirect_over_each_transport() {
    let world = support::start().await;
    let phone = Phone::new(world.url.clone(), &*world.token).unwrap();
    for transport in transports() {
        let mut browser = open(&world, transport).await;
        let login = browser.login().clone();
        phone.scan(&login.qr).await.unwrap();
        let scanned = message(&mut browser).await;
        assert!(
            matches!(scanned, ServerMessage::Scanned { seq: 2, .. }),
            "{scanned:?}"
        );
        phone.confirm(login.login_id, "personal").await.unwrap();
        let ServerMessage::Confirmed { redirect_to, .. } = message(&mut browser).await else {
            panic!("not confirmed")
        };
        assert!(redirect_to.contains(&login.state));
        let end = browser.next_event().await;
        assert!(
            matches!(end, BrowserEvent::Closed { code: 1000 }),
            "{end:?}"
        );
    }
}

#[tokio::test]
async fn a_reload_resumes_the_login_and_repeats_the_command() {
    let world = support::start().await;
    for transport in transports() {
        let mut browser = open(&world, transport).await;
        browser.send(ClientMessage::CANCEL).await;
        browser.reload();
        let cancelled = message(&mut browser).await;
        assert!(
            matches!(cancelled, ServerMessage::Cancelled { .. }),
            "{cancelled:?}"
        );
    }
}

#[tokio::test]
async fn a_request_held_up_since_the_open_does_not_push_out_the_page_that_came_back() {
    let world = support::start().await;
    let http = reqwest::Client::new();
    let (opener, login) = HttpLogin::open(&http, &world.url, &world.party)
        .await
        .unwrap();
    let resume = ResumeRequest {
        attempt: Some(2),
        ..login.resume_request(1)
    };
    let mode = HttpMode::LongPoll { wait: 25 };
    let mut page = HttpBrowser::resume(&http, mode, &world.url, &world.party.origin, &resume)
        .await
        .unwrap();
    let refused = opener.poll(1, 0).await.unwrap_err();
    assert!(
        matches!(&refused, BrowserError::Refused { problem: Some(problem), .. }
            if problem.error == ErrorCode::Superseded),
        "{refused:?}"
    );
    let phone = Phone::new(world.url.clone(), &*world.token).unwrap();
    phone.scan(&login.qr).await.unwrap();
    while !matches!(
        page.next_frame().await.unwrap(),
        Some(ServerMessage::Scanned { .. })
    ) {}
}

#[tokio::test]
async fn a_wait_that_the_caller_gives_up_is_gone_on_with_by_the_next_one() {
    let world = support::start().await;
    let http = reqwest::Client::new();
    let phone = Phone::new(world.url.clone(), &*world.token).unwrap();
    for mode in [HttpMode::EventStream, HttpMode::LongPoll { wait: 25 }] {
        let (mut page, login) = HttpBrowser::open(&http, mode, &world.url, &world.party)
            .await
            .unwrap();
        for _ in 0..50 {
            // The gateway would refuse the polls of one login if each of these waits sent one.
            let given_up = timeout(Duration::from_millis(10), page.next_frame()).await;
            assert!(matches!(given_up, Err(_) | Ok(Ok(None))), "{given_up:?}");
        }
        phone.scan(&login.qr).await.unwrap();
        while !matches!(
            page.next_frame().await.unwrap(),
            Some(ServerMessage::Scanned { .. })
        ) {}
    }
}

#[tokio::test]
async fn a_rejection_and_a_refusal_reach_their_callers() {
    let world = support::start().await;
    let mut browser = open(&world, Transport::WebSocket).await;
    let login = browser.login().clone();
    let phone = Phone::new(world.url.clone(), &*world.token).unwrap();
    let refused = phone.confirm(login.login_id, "personal").await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::UnknownLogin), "{refused}");
    phone.type_code(&login.user_code).await.unwrap();
    phone.reject(login.login_id).await.unwrap();
    assert!(matches!(
        message(&mut browser).await,
        ServerMessage::Scanned { .. }
    ));
    assert!(matches!(
        message(&mut browser).await,
        ServerMessage::Rejected { .. }
    ));
}

#[tokio::test]
async fn an_unreachable_gateway_is_an_error_with_its_source() {
    // Port 1 is reserved and closed.
    let gateway: url::Url = "http://127.0.0.1:1".parse().unwrap();
    let phone = Phone::new(gateway.clone(), "secret-token").unwrap();
    assert!(!format!("{phone:?}").contains("secret-token"));
    let error = phone.scan("code").await.unwrap_err();
    assert!(matches!(error, PhoneError::NoAnswer(_)), "{error:?}");
    let chain = error_chain(&error);
    assert!(
        chain.starts_with("no answer: ") && chain.to_lowercase().contains("refused"),
        "{chain}"
    );

    let connecting = saoma_client::Browser::connect(&gateway, "https://hall.example").await;
    let error = connecting.unwrap_err();
    assert!(matches!(error, BrowserError::Connection(_)), "{error:?}");
    assert!(!error.is_permanent());
}

#[tokio::test]
async fn a_foreign_origin_is_refused_for_good() {
    let world = support::start().await;
    let mut party = world.party.clone();
    party.origin = "https://evil.example".into();
    let nodes = vec![world.url.clone()];
    let policy = ReconnectPolicy::default();
    let opened = ReconnectingBrowser::open(nodes, &party, Transport::WebSocket, policy).await;
    assert!(opened.unwrap_err().is_permanent());
}
