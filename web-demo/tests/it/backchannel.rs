//! Logout tokens: the gateway's are obeyed, and no others.

use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use saoma_gateway::generate_pem;
use serde_json::{Value, json};

use crate::support::{Hall, TestBrowser, until};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A computer that is logged in by scanning, and what it takes to make the gateway's logout token for it.
struct LoggedIn {
    hall: Hall,
    phone: TestBrowser,
    computer: TestBrowser,
    header: Header,
    claims: Value,
    http: reqwest::Client,
}

impl LoggedIn {
    async fn begin() -> Self {
        let hall = Hall::with_gateway().await;
        let mut phone = hall.phone_of("jia").await;
        let computer = hall.portal_by_scan(&mut phone, "personal").await;
        let http = reqwest::Client::new();
        let keys = http.get(format!("{}/oauth2/jwks", hall.gateway)).send();
        let keys: Value = keys.await.unwrap().json().await.unwrap();
        let mut header = Header::new(Algorithm::RS256);
        header.typ = Some("logout+jwt".into());
        header.kid = Some(keys["keys"][0]["kid"].as_str().unwrap().to_owned());
        let (now, sid): (i64, String) = hall
            .row("SELECT unixepoch(), provider_sid FROM portal_sessions")
            .await;
        let claims = json!({
            "iss": hall.gateway, "aud": "service-hall", "sub": "c-1001", "sid": sid,
            "iat": now, "exp": now + 120, "jti": "1", "events": { EVENT: {} },
        });
        Self {
            hall,
            phone,
            computer,
            header,
            claims,
            http,
        }
    }

    /// Signs a token by the gateway's own key.
    fn signed(&self, header: &Header, claims: &Value) -> String {
        let key = self.hall.file("signing-key.pem");
        encode(header, claims, &rsa(&key)).unwrap()
    }

    /// The right token, but for these claims; those that are null are left out.
    fn token_with(&self, changes: Value) -> String {
        let mut claims = self.claims.clone();
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims
                    .as_object_mut()
                    .unwrap()
                    .insert(name.clone(), value.clone()),
            };
        }
        self.signed(&self.header, &claims)
    }

    async fn send(&self, token: &str) -> StatusCode {
        let url = format!("{}/oauth2/logout-tokens", self.hall.phone);
        let request = self.http.post(url).form(&[("logout_token", token)]);
        request.send().await.unwrap().status()
    }
}

fn rsa(pem: &str) -> EncodingKey {
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

/// Threat T30.
#[tokio::test]
async fn a_logout_token_that_is_not_the_gateways_for_the_hall_changes_nothing() {
    let mut logged_in = LoggedIn::begin().await;
    let right = logged_in.token_with(json!({}));
    let (body, signature) = right.rsplit_once('.').unwrap();
    let (claims, header) = (&logged_in.claims, &logged_in.header);
    let typed = |typ: &str| Header {
        typ: Some(typ.into()),
        ..header.clone()
    };
    let other_kid = Header {
        kid: Some("another".into()),
        ..header.clone()
    };
    let symmetric = Header {
        alg: Algorithm::HS256,
        ..header.clone()
    };
    let past = claims["exp"].as_i64().unwrap() - 1000;
    let of_another_key = encode(header, claims, &rsa(&generate_pem().unwrap())).unwrap();
    for (what, token) in [
        ("no token", String::new()),
        ("not a token", "logout".to_owned()),
        ("no signature", format!("{body}.")),
        ("another text's signature", {
            let other = logged_in.token_with(json!({ "jti": "2" }));
            format!("{}.{signature}", other.rsplit_once('.').unwrap().0)
        }),
        ("another key", of_another_key),
        (
            "a made-up secret",
            encode(&symmetric, claims, &EncodingKey::from_secret(b"public")).unwrap(),
        ),
        ("an unknown key", logged_in.signed(&other_kid, claims)),
        (
            "an ID token's type",
            logged_in.signed(&typed("JWT"), claims),
        ),
        (
            "another audience",
            logged_in.token_with(json!({ "aud": "example-portal" })),
        ),
        ("no audience", logged_in.token_with(json!({ "aud": null }))),
        (
            "a foreign issuer",
            logged_in.token_with(json!({ "iss": "https://login.example" })),
        ),
        ("no issuer", logged_in.token_with(json!({ "iss": null }))),
        ("over", logged_in.token_with(json!({ "exp": past }))),
        (
            "without an end",
            logged_in.token_with(json!({ "exp": null })),
        ),
        ("a nonce", logged_in.token_with(json!({ "nonce": "n" }))),
        ("no event", logged_in.token_with(json!({ "events": null }))),
        (
            "another event",
            logged_in.token_with(json!({ "events": { "urn:other": {} } })),
        ),
        ("no session", logged_in.token_with(json!({ "sid": null }))),
    ] {
        assert_eq!(logged_in.send(&token).await, 400, "{what}");
    }
    logged_in.computer.check("/account => @/account").await;
    assert_eq!(logged_in.send(&right).await, 200);
    let told = "/account => @/login | 扫码登录服务已结束此处的登录";
    logged_in.computer.check(told).await;
}

#[tokio::test]
async fn a_logout_token_that_is_sent_again_ends_no_later_login() {
    let mut logged_in = LoggedIn::begin().await;
    let token = logged_in.token_with(json!({}));
    assert_eq!(logged_in.send(&token).await, 200);
    let LoggedIn { hall, phone, .. } = &mut logged_in;
    let mut later = hall.portal_by_scan(phone, "personal").await;
    assert_eq!(logged_in.send(&token).await, 200);
    later.check("/account => @/account").await;
    logged_in.computer.check("/account => @/login").await;
}

/// Another app of the person ends the session at the gateway, and the portal hears of it.
#[tokio::test]
async fn a_session_that_ends_at_the_gateway_ends_at_the_portal() {
    let mut logged_in = LoggedIn::begin().await;
    let LoggedIn {
        hall,
        phone,
        computer,
        ..
    } = &mut logged_in;
    let sid = hall.sessions(phone).await.sessions[0].sid;
    let app = saoma_client::Phone::new(
        hall.gateway.parse().unwrap(),
        crate::support::access_token(phone),
    );
    assert_eq!(app.unwrap().end_session(sid).await.unwrap().ended, 1);
    until("the portal is told", async || {
        hall.count("portal_sessions WHERE ended_at IS NOT NULL")
            .await
            == 1
    })
    .await;
    computer
        .check("/account => @/login | 扫码登录服务已结束此处的登录")
        .await;
    // It is told once.
    computer.check("/login => !已结束此处的登录").await;
}
