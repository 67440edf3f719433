//! Tokens that are good elsewhere, and log no person in here.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, Header};
use saoma_client::{Phone, PhoneError};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::ErrorCode;
use serde_json::{Value, json};

use crate::support::{CapturedLogs, IntrospectionStub, Node, Persons, World};

fn phone(node: &Node, token: &str) -> Phone {
    Phone::new(node.url.clone(), token).unwrap()
}

/// A token whose answer has these members: they are the token.
fn describing(members: &Value) -> String {
    BASE64URL_NOPAD.encode(members.to_string().as_bytes())
}

async fn backend() -> IntrospectionStub {
    IntrospectionStub::answering(|token| {
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        let mut answer = json!({
            "active": true, "sub": "c-1", "aud": "saoma", "client_id": "app",
            "scope": "openid qr-login", "token_type": "Bearer",
            "identities": [{ "id": "personal", "kind": "personal", "name": "示例甲" }],
        });
        let members: Value = serde_json::from_slice(&token).unwrap();
        for (name, value) in members.as_object().unwrap() {
            answer[name] = value.clone();
        }
        answer.to_string()
    })
    .await
    .under("audience = 'saoma', scope = 'qr-login', client = ['app']")
}

/// Members of an introspection answer about a token that is not meant for the gateway, with the
/// reason that the log names.
fn foreign_answers() -> Vec<(Value, &'static str)> {
    vec![
        (
            json!({ "client_id": "weather-widget", "scope": "weather:read", "exp": 1 }),
            "exp",
        ),
        (json!({ "client_id": "weather-widget" }), "client"),
        (json!({ "azp": "weather-widget" }), "client"),
        (json!({ "client_id": null }), "client"),
        (json!({ "scope": "weather:read" }), "scope"),
        (json!({ "scope": null }), "scope"),
        (json!({ "aud": "weather" }), "aud"),
        (json!({ "aud": ["weather", "other"] }), "aud"),
        (json!({ "aud": null }), "aud"),
        (json!({ "exp": 1 }), "exp"),
        (json!({ "nbf": 9_999_999_999_u64 }), "nbf"),
        (json!({ "token_type": "refresh_token" }), "kind"),
        (json!({ "typ": "Refresh" }), "kind"),
        (json!({ "events": {} }), "kind"),
        (json!({ "nonce": "n" }), "kind"),
        (json!({ "s_hash": "x" }), "kind"),
        (json!({ "at_hash": "x" }), "kind"),
        (
            json!({ "token_type": "DPoP", "cnf": { "jkt": "x" } }),
            "cnf",
        ),
        (json!({ "active": false }), "inactive"),
    ]
}

/// Row A2, threat T35: an active token of another client, scope, audience or kind confirms nothing.
#[tokio::test(flavor = "current_thread")]
async fn a2_an_introspected_token_that_is_not_meant_for_the_gateway_is_refused() {
    let logs = CapturedLogs::start("saoma_gateway=info");
    let backend = backend().await;
    let world = World::in_memory().with_introspection(&backend);
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let good = phone(&node, &describing(&json!({ "aud": ["other", "saoma"] })));
    good.scan(&login.qr).await.unwrap();
    for (members, reason) in foreign_answers() {
        let foreign = phone(&node, &describing(&members));
        for refused in [
            foreign.scan(&login.qr).await.map(drop),
            foreign.confirm(login.login_id, PERSONAL).await.map(drop),
            foreign.reject(login.login_id).await.map(drop),
        ] {
            let code = refused.unwrap_err().code();
            assert_eq!(code, Some(ErrorCode::InvalidToken), "{members}");
        }
        let named = format!("reason=\"{reason}\"");
        assert!(logs.text().contains(&named), "{members}: {}", logs.text());
    }
    good.confirm(login.login_id, PERSONAL).await.unwrap();
}

/// Row A2: an id goes to the store, to logs and to relying parties as it is, so one without bounds is refused, with one line
/// that names the member.
#[tokio::test(flavor = "current_thread")]
async fn a2_a_person_whose_id_has_no_bounds_is_refused() {
    let logs = CapturedLogs::start("saoma_gateway=info");
    let backend = backend().await;
    let world = World::in_memory().with_introspection(&backend);
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let long = "c".repeat(256);
    for sub in [&*long, "c-1\r\nforged=line", "c\u{202e}-1"] {
        let refused = phone(&node, &describing(&json!({ "sub": sub })));
        let refused = refused.scan(&login.qr).await.unwrap_err().code();
        assert_eq!(refused, Some(ErrorCode::TemporarilyUnavailable));
    }
    let text = logs.text();
    assert!(text.contains("sub: more than 255 characters"), "{text}");
    assert!(
        !text.contains("forged=line") && !text.contains(&long),
        "{text}"
    );
    phone(&node, &describing(&json!({})))
        .scan(&login.qr)
        .await
        .unwrap();
}

/// Row A2: an endpoint that says nothing of the token is used only with the operator's word for it.
#[tokio::test]
async fn a2_an_endpoint_that_is_trusted_blindly_is_warned_about_at_the_start() {
    let bare = r#"{"active":true,"sub":"c-1"}"#;
    let trusted = IntrospectionStub::start(bare).await;
    let world = World::in_memory().with_introspection(&trusted);
    let node = world.start().await;
    let warnings = world.settings().safety_warnings();
    let named = "identity.introspection.trust_introspection";
    assert!(warnings.iter().any(|warning| warning.setting == named));
    let (_browser, login) = node.browser().await;
    phone(&node, "token").scan(&login.qr).await.unwrap();
    let strict = IntrospectionStub::start(bare)
        .await
        .under("audience = 'saoma'");
    let world = World::in_memory().with_introspection(&strict);
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let refused = phone(&node, "token").scan(&login.qr).await;
    assert_eq!(refused.unwrap_err().code(), Some(ErrorCode::InvalidToken));
}

fn header_with(change: impl FnOnce(&mut Header)) -> Header {
    let mut header = Persons::header();
    change(&mut header);
    header
}

fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = Persons::claims();
    claims[name] = value;
    claims
}

/// Signed tokens that are not access tokens for the gateway, with the reason that the log names.
fn foreign_tokens(persons: &Persons) -> Vec<(String, &'static str)> {
    let now = jsonwebtoken::get_current_timestamp();
    let typed = |typ: Option<&str>| header_with(|header| header.typ = typ.map(str::to_owned));
    let mut tokens: Vec<(String, &str)> = [
        (typed(Some("JWT")), "typ"),
        (typed(Some("logout+jwt")), "typ"),
        (typed(Some("dpop+jwt")), "typ"),
        (typed(None), "typ"),
        (
            header_with(|header| header.crit = Some(vec!["exp".into()])),
            "crit",
        ),
        (
            header_with(|header| header.extras.insert("b64", false)),
            "crit",
        ),
        (header_with(|header| header.alg = Algorithm::RS512), "alg"),
        (header_with(|header| header.alg = Algorithm::PS256), "alg"),
        (header_with(|header| header.kid = None), "kid"),
    ]
    .map(|(header, reason)| (persons.sign(&header, &Persons::claims()), reason))
    .into();
    for (name, value, reason) in [
        ("aud", json!("weather"), "aud"),
        ("aud", json!(null), "aud"),
        ("azp", json!("weather-widget"), "client"),
        ("client_id", json!("weather-widget"), "client"),
        ("scope", json!("weather:read"), "scope"),
        ("iss", json!("https://evil.example"), "iss"),
        ("sub", json!(null), "sub"),
        ("nonce", json!("n"), "kind"),
        ("at_hash", json!("x"), "kind"),
        ("events", json!({}), "kind"),
        ("typ", json!("ID"), "kind"),
        ("cnf", json!({ "x5t#S256": "x" }), "cnf"),
        ("exp", json!(1), "exp"),
        ("exp", json!(null), "exp"),
        ("iat", json!(null), "iat"),
        ("iat", json!(now + 120), "iat"),
        ("nbf", json!(now + 120), "nbf"),
        ("exp", json!(now + 2 * 24 * 3600), "max_lifetime"),
        ("iat", json!(now - 2 * 24 * 3600), "max_lifetime"),
    ] {
        let mut claims = claims_with("client_id", "app".into());
        claims["scope"] = "qr-login".into();
        claims[name] = value;
        tokens.push((persons.sign(&Persons::header(), &claims), reason));
    }
    tokens
}

/// Rows A2, A12 and I4, threat T35: each token that is not meant for the gateway is refused at each
/// door, and the log says why. A token never stands in the log.
#[tokio::test(flavor = "current_thread")]
async fn a2_a_signed_token_that_is_not_meant_for_the_gateway_is_refused() {
    let logs = CapturedLogs::start("saoma_gateway=info");
    let world = World::in_memory()
        .with_jwks(", scope = 'qr-login', client = ['app']")
        .with("limits.refused_token_per_address = { burst = 1000, per = '1m' }");
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let mut claims = claims_with("azp", "app".into());
    claims["scp"] = json!(["openid", "qr-login"]);
    let typ = Some("application/AT+JWT".to_owned());
    let header = header_with(|header| header.typ = typ);
    let good = phone(&node, &world.persons.sign(&header, &claims));
    good.scan(&login.qr).await.unwrap();
    for (token, reason) in foreign_tokens(&world.persons) {
        let foreign = phone(&node, &token);
        for refused in [
            foreign.scan(&login.qr).await.map(drop),
            foreign.confirm(login.login_id, PERSONAL).await.map(drop),
            foreign.reject(login.login_id).await.map(drop),
        ] {
            let code = refused.expect_err(reason).code();
            assert_eq!(code, Some(ErrorCode::InvalidToken), "{reason}: {token}");
        }
        let text = logs.text();
        assert!(
            text.contains(&format!("reason=\"{reason}\"")),
            "{reason}: {text}"
        );
        assert!(!text.contains(&token));
    }
    good.confirm(login.login_id, PERSONAL).await.unwrap();
}

/// Where the setting names them, tokens of servers that issue no `at+jwt` are taken.
#[tokio::test]
async fn a_server_that_issues_jwt_is_a_matter_of_settings() {
    let world = World::in_memory().with_jwks(", types = ['JWT', 'at+jwt']");
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    for typ in ["JWT", "jwt", "at+jwt"] {
        let header = header_with(|header| header.typ = Some(typ.into()));
        let token = world
            .persons
            .sign(&header, &claims_with("typ", "Bearer".into()));
        phone(&node, &token).scan(&login.qr).await.expect(typ);
    }
    let header = header_with(|header| header.typ = Some("JWT".into()));
    let id_token = world
        .persons
        .sign(&header, &claims_with("nonce", "n".into()));
    let refused = phone(&node, &id_token).scan(&login.qr).await;
    assert_eq!(refused.unwrap_err().code(), Some(ErrorCode::InvalidToken));
}

/// Row A12: a key that is published for something else verifies nothing.
#[tokio::test(flavor = "current_thread")]
async fn a12_a_key_published_for_another_use_verifies_no_token() {
    for members in [
        json!({ "use": "enc" }),
        json!({ "key_ops": ["encrypt"] }),
        json!({ "alg": "RSA-OAEP" }),
        json!({ "alg": "RS512" }),
    ] {
        let logs = CapturedLogs::start("saoma_gateway=info");
        let world = World::in_memory();
        world.persons.publish(&["saoma-load"], &members);
        let node = world.start().await;
        let (_browser, login) = node.browser().await;
        let refused = world.phone(&node, 1).scan(&login.qr).await;
        let code = refused.unwrap_err().code();
        assert_eq!(code, Some(ErrorCode::InvalidToken), "{members}");
        assert!(logs.text().contains("reason=\"key\""), "{}", logs.text());
    }
}

/// Row I4: one line has what an operator needs, a flood is not more lines, and the metric counts all.
#[tokio::test(flavor = "current_thread")]
async fn i4_a_refused_token_has_one_log_line_and_a_flood_no_more() {
    let logs = CapturedLogs::start("saoma_gateway=info");
    let world = World::in_memory();
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let header = header_with(|header| {
        header.alg = Algorithm::RS512;
        header.kid = Some("key\u{202e}\n2".into());
    });
    for number in 0..20 {
        let claims = claims_with("jti", number.into());
        let token = world.persons.sign(&header, &claims);
        let refused = phone(&node, &token).scan(&login.qr).await;
        assert_eq!(refused.unwrap_err().code(), Some(ErrorCode::InvalidToken));
    }
    let text = logs.text();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("refused a token"))
        .collect();
    assert_eq!(lines.len(), 1, "{text}");
    for named in [
        "WARN",
        "reason=\"alg\"",
        "alg=\"RS512\"",
        "kid=\"key2\"",
        "found=\"RS512\"",
    ] {
        assert!(lines[0].contains(named), "{named}: {lines:?}");
    }
    let metrics = reqwest::get(node.operations("/metrics")).await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let counted = "saoma_app_tokens_refused_total{reason=\"alg\"} 20";
    assert!(metrics.contains(counted), "{metrics}");
}

/// Row I5: after a change of keys a good token is taken, or asked to come back, and no person is
/// logged out. Made-up keys do not keep known ones out.
#[tokio::test]
async fn i5_a_token_of_a_new_key_is_taken_or_gets_503_and_never_401() {
    let world = World::in_memory();
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let by_key = |kid: &str| {
        let header = header_with(|header| header.kid = Some(kid.into()));
        phone(&node, &world.persons.sign(&header, &Persons::claims()))
    };
    by_key("saoma-load").scan(&login.qr).await.unwrap();
    world.persons.publish(&["saoma-load", "second"], &json!({}));
    by_key("second")
        .scan(&login.qr)
        .await
        .expect("the keys were fetched long enough ago");
    world.persons.publish(&["second", "third"], &json!({}));
    for kid in ["third", "made-up"] {
        let Err(PhoneError::Refused {
            status,
            retry_after,
            ..
        }) = by_key(kid).scan(&login.qr).await
        else {
            panic!("{kid} was taken")
        };
        assert_eq!(status, 503, "{kid}");
        assert!((1..=10).contains(&retry_after.unwrap()), "{kid}");
    }
    by_key("saoma-load")
        .scan(&login.qr)
        .await
        .expect("a known key");
    by_key("second").scan(&login.qr).await.expect("a known key");
}
