//! Guesses at the introspection endpoint: of the gateway's secret, and of tokens (row A8).

use reqwest::Response;
use saoma_protocol::IntrospectionResponse;

use crate::support::{GATEWAY, Hall, PHONE_HOST, basic};

/// All that a stranger sees of an answer, but the time to wait.
async fn seen(answer: Response) -> (u16, Vec<(String, String)>, String) {
    let status = answer.status().as_u16();
    let headers = answer.headers().iter();
    let headers = headers.filter(|(name, _)| !["date", "retry-after"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}")));
    let headers = headers.collect();
    (status, headers, answer.text().await.unwrap())
}

#[tokio::test]
async fn after_ten_wrong_secrets_from_an_address_none_is_compared() {
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let right = basic(GATEWAY);
    let ask = async |address: &str, authorization: &str| {
        let asked = hall.ask_introspection(address, Some(authorization), "made-up");
        asked.await
    };
    for number in 0..10 {
        let guess = basic(&format!("saoma:guess-{number}"));
        assert_eq!(ask("192.0.2.66", &guess).await.status(), 401, "{number}");
    }
    let limited = ask("192.0.2.66", &basic("saoma:guess")).await;
    let wait: u32 = limited.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    let right_guess = ask("192.0.2.66", &right).await;
    assert_eq!(seen(limited).await, seen(right_guess).await);
    let gateway = ask("192.0.2.10", &right).await;
    assert_eq!(gateway.status(), 200);
}

/// Without the proof nothing is told: neither what was wrong with it, nor what would have become of the request.
#[tokio::test]
async fn all_refused_callers_get_one_answer() {
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let mut answers = Vec::new();
    let without_proof = [
        None,
        Some(basic("saoma:wrong")),
        Some(basic("another:secret")),
        Some(basic("saoma")),
        Some("Basic %".to_owned()),
        Some("Bearer secret".to_owned()),
    ];
    for (host, authorization) in without_proof.iter().enumerate() {
        let address = format!("192.0.2.{}", 20 + host);
        let asked = hall.ask_introspection(&address, authorization.as_deref(), "token");
        answers.push(seen(asked.await).await);
    }
    for body in ["", "nothing=here", &"x".repeat(5000)] {
        let request = reqwest::Client::new()
            .post(format!("{}/oauth2/introspect", hall.phone))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", basic("saoma:wrong"))
            .header("x-forwarded-for", "192.0.2.30")
            .body(body.to_owned());
        answers.push(seen(request.send().await.unwrap()).await);
    }
    for answer in &answers {
        assert_eq!(answer.0, 401, "{answers:?}");
        assert_eq!(answer, &answers[0], "{answers:?}");
    }
}

#[tokio::test]
async fn a_network_of_many_addresses_guesses_no_more_than_four_times_as_often() {
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let mut compared = 0;
    for number in 0..50 {
        let address = format!("2001:db8:0:{number:x}::1");
        let asked = hall.ask_introspection(&address, None, "token").await;
        compared += u32::from(asked.status() == 401);
    }
    assert_eq!(compared, 40);
}

/// A gateway may be asked by many phones with made-up tokens: real ones are answered all the same.
#[tokio::test]
async fn made_up_tokens_are_bounded_and_real_ones_are_answered() {
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let phone = hall.phone().through_proxy(PHONE_HOST, "192.0.2.8");
    let phone = phone.logged_in("/login", "jia").await;
    let right = basic(GATEWAY);
    let mut statuses = Vec::new();
    for number in 0..650 {
        let token = format!("made-up-{number}");
        let asked = hall.ask_introspection("127.0.0.1", Some(&right), &token);
        statuses.push(asked.await.status().as_u16());
    }
    let answered = statuses.iter().filter(|status| **status == 200).count();
    assert!((600..650).contains(&answered), "{answered}");
    assert_eq!(statuses.last(), Some(&429));
    assert_eq!(hall.introspection(&phone).await["active"], true);
}

/// Row A8: wrong secrets of strangers do not keep a gateway out that has proved itself from its address.
#[tokio::test]
async fn a8_a_gateway_that_has_proved_itself_is_not_locked_out_by_wrong_secrets() {
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let (right, guess) = (basic(GATEWAY), basic("saoma:guess"));
    let ask = async |address: &str, authorization: &str| {
        let asked = hall.ask_introspection(address, Some(authorization), "made-up");
        asked.await.status().as_u16()
    };
    assert_eq!(ask("192.0.2.10", &right).await, 200);
    for _ in 0..30 {
        assert_eq!(ask("192.0.2.10", &guess).await, 401);
    }
    assert_eq!(ask("192.0.2.10", &right).await, 200);

    assert_eq!(ask("2001:db8:9:1::1", &right).await, 200);
    let mut strangers = (1..0xff).map(|number| format!("2001:db8:9:{number:x}00::1"));
    while ask(&strangers.next().unwrap(), &guess).await != 429 {}
    assert_eq!(ask("2001:db8:9:1::1", &right).await, 200);
}

/// The gateway asks without a token whether a person may still log in: a card reported lost a second ago refuses.
#[tokio::test]
async fn the_standing_of_a_person_is_told_without_a_token() {
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let right = basic(GATEWAY);
    let ask = async |sub: &str| -> IntrospectionResponse {
        let asked = hall.ask_standing("192.0.2.10", &right, (sub, "personal"));
        asked.await.json().await.unwrap()
    };
    let phone = hall.phone().through_proxy(PHONE_HOST, "192.0.2.8");
    let phone = phone.logged_in("/login", "jia").await;
    let by_token = hall.introspect(&phone).await;
    let jia = ask("c-1001").await;
    assert!(jia.active && jia.ineligible_reason.is_none());
    assert_eq!(jia.sub.as_deref(), Some("c-1001"));
    assert_eq!(
        (&jia.name, &jia.identities),
        (&by_token.name, &by_token.identities)
    );
    // No token is in question.
    assert_eq!(
        (jia.audience, jia.scope, jia.phone_address),
        (None, None, None)
    );
    assert_eq!(ask("c-0000").await, IntrospectionResponse::default());
    let guess = basic("saoma:guess");
    let stranger = hall.ask_standing("192.0.2.66", &guess, ("c-1001", "personal"));
    let stranger = seen(stranger.await).await;
    assert_eq!(stranger.0, 401);
    let asked = hall.ask_introspection("192.0.2.67", Some(&guess), "token");
    assert_eq!(stranger, seen(asked.await).await);
}
