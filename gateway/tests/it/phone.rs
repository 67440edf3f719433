//! Phone requests and their errors.

use saoma_client::Browser;
use saoma_load::deployment::{PERSONAL, made_up};
use saoma_protocol::{
    DecisionStatus, ErrorCode, IntrospectionResponse, Place, RejectReason, ServerMessage,
};

use crate::support::{Node, Persons, World, hall, with_unit};

/// Returns the error code of a refusal.
fn refusal<T: std::fmt::Debug>(answer: Result<T, saoma_client::PhoneError>) -> ErrorCode {
    answer.unwrap_err().code().unwrap()
}

async fn world() -> (World, Node) {
    let world = World::in_memory();
    let node = world.start().await;
    (world, node)
}

#[tokio::test]
async fn a_person_scans_confirms_and_the_browser_is_told_at_once() {
    let (world, node) = world().await;
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    let context = phone.scan(&login.qr).await.unwrap();
    assert_eq!(context.client.name, "Service hall");
    assert_eq!(context.client.origin, "https://hall.example");
    assert_eq!(context.requester.address, "127.0.0.1");
    // The gateway's public address is of the internet: a loopback address is a proxy's (row A5).
    assert_eq!(context.requester.place, Place::Unknown);
    assert_eq!(context.person, "示例1");
    let ServerMessage::Scanned { seq: 2, person, .. } = browser.next().await.unwrap() else {
        panic!("not scanned")
    };
    assert_eq!(person, "示*", "the browser sees the masked name only (T18)");
    assert_eq!(
        phone
            .confirm(login.login_id, PERSONAL)
            .await
            .unwrap()
            .status,
        DecisionStatus::Confirmed
    );
    let ServerMessage::Confirmed {
        seq: 3,
        redirect_to,
        ..
    } = browser.next().await.unwrap()
    else {
        panic!("not confirmed")
    };
    let answer = format!(
        "https://hall.example/callback?state={}&iss=https%3A%2F%2Flogin.example&code=",
        login.state
    );
    assert!(redirect_to.starts_with(&answer), "{redirect_to}");
    assert_eq!(browser.closed().await.unwrap(), 1000);
}

#[tokio::test]
async fn a_typed_code_does_the_same_in_any_spelling() {
    let (world, node) = world().await;
    let (mut browser, login) = node.browser().await;
    let spelling = login.user_code.to_lowercase().replace('-', " ");
    world.phone(&node, 1).type_code(&spelling).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { .. }
    ));
}

#[tokio::test]
async fn a_person_declines() {
    let (world, node) = world().await;
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    browser.next().await.unwrap();
    phone.reject(login.login_id).await.unwrap();
    let declined = ServerMessage::Rejected {
        seq: 3,
        reason: RejectReason::Declined,
    };
    assert_eq!(browser.next().await.unwrap(), declined);
    assert_eq!(browser.closed().await.unwrap(), 1000);
    assert_eq!(
        refusal(phone.confirm(login.login_id, PERSONAL).await),
        ErrorCode::AlreadyDecided
    );
}

/// Threat T1: a confirm needs a scan, which shows the login to the person.
#[tokio::test]
async fn a_confirm_without_a_scan_is_refused() {
    let (world, node) = world().await;
    let (_browser, login) = node.browser().await;
    assert_eq!(
        refusal(
            world
                .phone(&node, 1)
                .confirm(login.login_id, PERSONAL)
                .await
        ),
        ErrorCode::UnknownLogin
    );
}

/// Threat T6: a repeat gets the first answer, another choice is a conflict.
#[tokio::test]
async fn a_repeated_confirm_is_the_same_confirm() {
    let (world, node) = world().await;
    let (mut browser, login) = node.browser().await;
    let phone = world
        .phone(&node, 1)
        .with_token(world.persons.token_of(&with_unit(1)));
    phone.scan(&login.qr).await.unwrap();
    phone
        .scan(&login.qr)
        .await
        .expect("a repeated scan by the same person is the same scan");
    let first = phone.confirm(login.login_id, "unit:90001").await.unwrap();
    assert_eq!(
        phone.confirm(login.login_id, "unit:90001").await.unwrap(),
        first
    );
    assert_eq!(
        refusal(phone.confirm(login.login_id, PERSONAL).await),
        ErrorCode::AlreadyDecided
    );
    assert_eq!(
        refusal(phone.reject(login.login_id).await),
        ErrorCode::AlreadyDecided
    );
    browser.next().await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Confirmed { .. }
    ));
    assert_eq!(
        browser.closed().await.unwrap(),
        1000,
        "the browser is told once"
    );
}

#[tokio::test]
async fn a_second_person_comes_too_late_and_learns_nothing_of_the_login() {
    let (world, node) = world().await;
    let (_browser, login) = node.browser().await;
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
    let second = world.phone(&node, 2);
    assert_eq!(
        refusal(second.scan(&login.qr).await),
        ErrorCode::AlreadyScanned
    );
    assert_eq!(
        refusal(second.confirm(login.login_id, PERSONAL).await),
        ErrorCode::UnknownLogin
    );
    assert_eq!(
        refusal(second.reject(login.login_id).await),
        ErrorCode::UnknownLogin
    );
}

/// Threat T24: the standing is checked at confirm, and only the phone learns the reason.
#[tokio::test]
async fn a_person_whose_card_is_lost_after_the_scan_is_refused_with_the_reason() {
    let (world, node) = world().await;
    let (mut browser, login) = node.browser().await;
    let mut person = made_up(1);
    let phone = world
        .phone(&node, 1)
        .with_token(world.persons.token_of(&person));
    phone
        .scan(&login.qr)
        .await
        .expect("the card is not lost yet");
    browser.next().await.unwrap();
    person.ineligible_reason = Some("card_reported_lost".into());
    let phone = world
        .phone(&node, 1)
        .with_token(world.persons.token_of(&person));
    let Err(saoma_client::PhoneError::Refused {
        status, problem, ..
    }) = phone.confirm(login.login_id, PERSONAL).await
    else {
        panic!("confirmed")
    };
    assert_eq!(
        (status.as_u16(), problem.error),
        (403, ErrorCode::IdentityRefused)
    );
    assert_eq!(problem.reason.as_deref(), Some("card_reported_lost"));
    let told = ServerMessage::Rejected {
        seq: 3,
        reason: RejectReason::IdentityRefused,
    };
    assert_eq!(browser.next().await.unwrap(), told);
}

/// Threat T25: an identity can lose its standing by itself.
#[tokio::test]
async fn an_ended_delegation_is_refused_and_a_foreign_identity_too() {
    let (world, node) = world().await;
    let (_browser, login) = node.browser().await;
    let mut person = with_unit(1);
    person.identities.as_mut().unwrap()[1].ineligible_reason = Some("delegation_ended".into());
    let phone = world
        .phone(&node, 1)
        .with_token(world.persons.token_of(&person));
    phone.scan(&login.qr).await.unwrap();
    assert_eq!(
        refusal(phone.confirm(login.login_id, "unit:90002").await),
        ErrorCode::IdentityNotAllowed
    );
    let Err(saoma_client::PhoneError::Refused { problem, .. }) =
        phone.confirm(login.login_id, "unit:90001").await
    else {
        panic!("confirmed")
    };
    assert_eq!(problem.error, ErrorCode::IdentityRefused);
    assert_eq!(problem.reason.as_deref(), Some("delegation_ended"));
    // Row U6: the login waits for another choice.
    assert!(problem.may_choose_again);
    phone
        .confirm(login.login_id, PERSONAL)
        .await
        .expect("as themselves");
    assert_eq!(
        refusal(phone.confirm(login.login_id, "unit:90001").await),
        ErrorCode::AlreadyDecided
    );
}

/// A person who may not log in: they themselves, or as none of their identities.
fn refused_persons() -> [(IntrospectionResponse, &'static str); 2] {
    let mut lost = made_up(1);
    lost.ineligible_reason = Some("card_reported_lost".into());
    let mut nobody = with_unit(1);
    for identity in nobody.identities.iter_mut().flatten() {
        identity.ineligible_reason = Some("card_sealed".into());
    }
    [(lost, "card_reported_lost"), (nobody, "card_sealed")]
}

/// Row U6: the person learns the reason at once, and the computer's code stays as it is, for whoever may log in.
#[tokio::test]
async fn u6_a_person_who_may_not_log_in_is_told_at_the_scan_and_the_code_still_works() {
    for (person, reason) in refused_persons() {
        let (world, node) = world().await;
        let (mut browser, login) = node.browser().await;
        let phone = world
            .phone(&node, 1)
            .with_token(world.persons.token_of(&person));
        for attempt in [
            phone.scan(&login.qr).await,
            phone.type_code(&login.user_code).await,
        ] {
            let Err(saoma_client::PhoneError::Refused {
                status, problem, ..
            }) = attempt
            else {
                panic!("scanned")
            };
            assert_eq!(
                (status.as_u16(), problem.error),
                (403, ErrorCode::IdentityRefused)
            );
            assert_eq!(problem.reason.as_deref(), Some(reason));
        }
        // What is no code of this gateway is told as such.
        let foreign = phone.scan("https://evil.example/q/ABC").await;
        assert_eq!(refusal(foreign), ErrorCode::NotALoginCode);
        // The reason is told for every code, so that none is shown to exist.
        let made_up = "https://login.example/q/0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let refused = refusal(phone.scan(made_up).await);
        assert_eq!(refused, ErrorCode::IdentityRefused);
        let other = world.phone(&node, 2);
        other.scan(&login.qr).await.expect("the code still works");
        other.confirm(login.login_id, PERSONAL).await.unwrap();
        let scanned = browser.next().await.unwrap();
        assert!(
            matches!(scanned, ServerMessage::Scanned { seq: 2, .. }),
            "{scanned:?}"
        );
        let confirmed = browser.next().await.unwrap();
        assert!(
            matches!(confirmed, ServerMessage::Confirmed { seq: 3, .. }),
            "{confirmed:?}"
        );
    }
}

/// Row B2: gateways before this version wrote the address in upper case, and some scanners change its case.
#[tokio::test]
async fn b2_a_code_is_read_in_whatever_case_a_scanner_gives_it() {
    let (world, node) = world().await;
    let phone = world.phone(&node, 1);
    for (case, change) in [
        ("as it is", str::to_owned as fn(&str) -> String),
        ("upper", str::to_uppercase),
        ("lower", str::to_lowercase),
        ("mixed", |qr| qr.replace("https://login", "HTTPS://Login")),
    ] {
        let (_browser, login) = node.browser().await;
        assert!(login.qr.starts_with("https://login.example/q/"));
        let scanned = phone.scan(&change(&login.qr)).await;
        assert_eq!(scanned.expect(case).login_id, login.login_id, "{case}");
    }
}

#[tokio::test]
async fn a_foreign_code_and_an_ended_login_get_different_errors() {
    let (world, node) = world().await;
    let phone = world.phone(&node, 1);
    for foreign in [
        "https://evil.example/Q/ABC",
        "hello",
        "HTTPS://LOGIN.EXAMPLE/Q/",
        "https://login.example/q/",
        "",
    ] {
        assert_eq!(
            refusal(phone.scan(foreign).await),
            ErrorCode::NotALoginCode,
            "{foreign}"
        );
    }
    let (mut browser, login) = node.browser().await;
    browser
        .send(&saoma_protocol::ClientMessage::Refresh)
        .await
        .unwrap();
    let ServerMessage::Renewed { qr, user_code, .. } = browser.next().await.unwrap() else {
        panic!("not renewed")
    };
    assert_eq!(
        refusal(phone.scan(&login.qr).await),
        ErrorCode::UnknownCode,
        "the old code is dead"
    );
    assert_eq!(
        refusal(phone.type_code(&login.user_code).await),
        ErrorCode::UnknownCode
    );
    assert_ne!(user_code.to_string(), login.user_code);
    phone.scan(&qr).await.expect("the new one lives");
}

#[tokio::test]
async fn an_invalid_token_is_refused() {
    let (world, node) = world().await;
    let (_browser, login) = node.browser().await;
    let directory = tempfile::tempdir().unwrap();
    let strangers = Persons::of_another_backend(directory.path());
    for token in ["made-up", "", &strangers.token(1)] {
        let phone = world.phone(&node, 1).with_token(token);
        assert_eq!(
            refusal(phone.scan(&login.qr).await),
            ErrorCode::InvalidToken,
            "{token}"
        );
    }
}

#[tokio::test]
async fn a_login_that_its_browser_gave_up_cannot_be_confirmed() {
    let (world, node) = world().await;
    let (mut browser, login) = Browser::open(&node.url, &hall()).await.unwrap();
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    browser.next().await.unwrap();
    browser
        .send(&saoma_protocol::ClientMessage::CANCEL)
        .await
        .unwrap();
    assert_eq!(
        browser.next().await.unwrap(),
        ServerMessage::Cancelled {
            seq: 3,
            reason: None
        }
    );
    assert_eq!(
        refusal(phone.confirm(login.login_id, PERSONAL).await),
        ErrorCode::AlreadyDecided
    );
}
