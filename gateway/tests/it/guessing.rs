//! Guessed secrets, codes and tokens (row A8): they are bounded, and never keep a real one out.

use std::collections::HashMap;

use saoma_load::deployment::PERSONAL;
use saoma_protocol::{AccessToken, AuthorizationCode, LoginId, ServerMessage, paths};

use crate::support::{Node, RedisServer, TokenRequest, World};

/// A confirmed login: the request by which its portal may redeem the code.
async fn confirmed(world: &World, node: &Node) -> TokenRequest {
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(node, 1);
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    loop {
        if let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() {
            return TokenRequest::of(&login, &redirect_to);
        }
    }
}

/// Sends the same kind of request many times, and counts the answers by status.
async fn statuses(times: u8, request: impl AsyncFn(u8) -> u16) -> HashMap<u16, usize> {
    let mut statuses = HashMap::new();
    for number in 0..times {
        *statuses.entry(request(number).await).or_default() += 1;
    }
    statuses
}

/// The default allowance, in a period that no test outlasts.
const UNKNOWN: &str = "limits.unknown_token_per_address = { burst = 30, per = '1h' }";

fn made_up(number: u8) -> LoginId {
    LoginId::from_random([number; LoginId::BYTES])
}

#[tokio::test]
async fn made_up_codes_cost_the_store_nothing_and_keep_no_real_code_out() {
    let redis = RedisServer::start();
    let world = World::on(&redis).with(UNKNOWN);
    let node = world.start().await;
    let public = TokenRequest {
        client_id: "other".into(),
        client_secret: None,
        ..confirmed(&world, &node).await
    };
    let http = reqwest::Client::new();
    let before = redis.script_calls();
    let answered = statuses(200, async |number| {
        let code = AuthorizationCode::from_random(made_up(number), [number; 32]);
        let guess = TokenRequest {
            code: code.to_string(),
            ..public.clone()
        };
        let sent = guess.send_by(&http, node.at(paths::TOKEN)).await;
        sent.unwrap().status
    })
    .await;
    assert_eq!(answered[&400], 30, "the allowance of unknown codes");
    assert_eq!(answered[&429], 170);
    assert_eq!(redis.script_calls(), before);

    let right = TokenRequest {
        client_id: "hall".into(),
        client_secret: Some("hall-secret".into()),
        ..public.clone()
    };
    let mismatched = public.send(&node).await;
    assert_eq!(
        mismatched.error.as_deref(),
        Some("invalid_grant"),
        "a code that exists is looked at, also from this address"
    );
    assert_eq!(right.send(&node).await.status, 200);
}

#[tokio::test]
async fn after_ten_wrong_secrets_none_is_compared_for_a_while() {
    let world = World::in_memory();
    let node = world.start().await;
    let right = confirmed(&world, &node).await;
    let answered = statuses(10, async |number| {
        let wrong = TokenRequest {
            client_secret: Some(format!("guess {number}")),
            ..right.clone()
        };
        wrong.send(&node).await.status
    })
    .await;
    assert_eq!(answered, HashMap::from([(401, 10)]));
    assert_eq!(right.send(&node).await.status, 429);
    let other = TokenRequest {
        client_id: "other".into(),
        client_secret: None,
        ..right
    };
    assert_eq!(other.send(&node).await.status, 400, "another client's turn");
}

/// Row I6: an empty secret in Basic is none, as clients without one send it. For a client that has a secret it counts as a
/// wrong one, and a public client passes by it, however often.
#[tokio::test]
async fn i6_an_empty_secret_in_basic_is_none_and_counts_as_wrong_for_others() {
    let world = World::in_memory();
    let node = world.start().await;
    let http = reqwest::Client::new();
    let asked = async |client: &str| {
        let request = http
            .post(node.at(paths::TOKEN))
            .basic_auth(client, Some(""));
        let sent = request.form(&[("grant_type", "authorization_code")]).send();
        sent.await.unwrap().status().as_u16()
    };
    let answered = statuses(12, async |_| asked("hall").await).await;
    assert_eq!(answered, HashMap::from([(401, 10), (429, 2)]));
    let answered = statuses(12, async |_| asked("other").await).await;
    assert_eq!(
        answered,
        HashMap::from([(400, 12)]),
        "authenticated, and without a code"
    );
    let answered = statuses(12, async |_| asked("made-up").await).await;
    assert_eq!(answered, HashMap::from([(401, 10), (429, 2)]));
}

#[tokio::test]
async fn made_up_access_tokens_are_bounded_and_real_ones_still_work() {
    let world = World::in_memory().with(UNKNOWN);
    let node = world.start().await;
    let token = confirmed(&world, &node).await.send(&node).await;
    let http = reqwest::Client::new();
    let userinfo = async |token: &str| {
        let request = http.get(node.at(paths::USERINFO));
        request.bearer_auth(token).send().await.unwrap().status()
    };
    let answered = statuses(40, async |number| {
        let guess = AccessToken::from_random(made_up(number), [number; 32]);
        userinfo(&guess.to_string()).await.as_u16()
    })
    .await;
    assert_eq!((answered[&401], answered[&429]), (30, 10));
    assert_eq!(userinfo(&token.access_token.unwrap()).await, 200);
}

#[tokio::test]
async fn a_network_of_many_addresses_guesses_no_more_than_four_times_as_often() {
    let world = World::in_memory().with("server.trusted_proxies = ['127.0.0.1']");
    let node = world.start().await;
    let http = reqwest::Client::new();
    let answered = statuses(60, async |number| {
        let guess = [
            ("grant_type", "authorization_code"),
            ("client_id", "hall"),
            ("client_secret", "a guess"),
        ];
        let request = http.post(node.at(paths::TOKEN)).form(&guess);
        let address = format!("2001:db8:1:2{number:02x}::1");
        let sent = request.header("X-Forwarded-For", address).send().await;
        sent.unwrap().status().as_u16()
    })
    .await;
    assert_eq!(answered, HashMap::from([(401, 40), (429, 20)]));
}

/// Sends a request from an address behind the proxy.
async fn from(address: &str, node: &Node, request: &TokenRequest) -> u16 {
    let forwarded = address.parse().unwrap();
    let headers = [("X-Forwarded-For".parse().unwrap(), forwarded)];
    let http = reqwest::Client::builder().default_headers(headers.into_iter().collect());
    let http = http.build().unwrap();
    let sent = request.send_by(&http, node.at(paths::TOKEN)).await;
    sent.unwrap().status
}

/// Row A8: wrong secrets of strangers do not lock a portal out that has proved itself from its address: neither those from
/// the same address, within a bound, nor any from the networks around it.
#[tokio::test]
async fn a8_a_portal_that_has_proved_itself_is_not_locked_out_by_wrong_secrets() {
    let world = World::in_memory().with(
        "server.trusted_proxies = ['127.0.0.1']\n\
         limits.failed_client_proof = { burst = 2, per = '1h' }",
    );
    let node = world.start().await;
    let guess = TokenRequest {
        client_secret: Some("a guess".into()),
        ..confirmed(&world, &node).await
    };
    for (portal, stranger, another_portal) in [
        ("192.0.2.1", "192.0.2.1", None),
        (
            "2001:db8:1:1::1",
            "2001:db8:1:2::1",
            Some("2001:db8:1:3::1"),
        ),
    ] {
        let right = confirmed(&world, &node).await;
        assert_eq!(from(portal, &node, &right).await, 200);
        for _ in 0..50 {
            from(stranger, &node, &guess).await;
        }
        if another_portal.is_some() {
            for network in 0x10..0x30 {
                let stranger = format!("2001:db8:1:{network:x}00::1");
                from(&stranger, &node, &guess).await;
            }
        }
        let right = confirmed(&world, &node).await;
        if let Some(another_portal) = another_portal {
            assert_eq!(from(another_portal, &node, &right).await, 429);
        }
        assert_eq!(from(portal, &node, &right).await, 200);
    }
    let answered = statuses(100, async |_| from("192.0.2.1", &node, &guess).await).await;
    assert!((70..80).contains(&answered[&401]), "{answered:?}");
    assert_eq!(answered[&401] + answered[&429], 100);
}
