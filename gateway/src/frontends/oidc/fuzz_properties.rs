//! Properties of the readers of forms that relying parties and their browsers send.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a property that does not hold says so by panicking"
)]

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use saoma_protocol::paths;
use tower::ServiceExt;
use url::Url;
use url::form_urlencoded::{byte_serialize, parse};

use super::client_auth::{Credentials, Form};
use super::{KeyRing, Provider, routes};
use crate::fuzz_input::{RUNTIME, lines};
use crate::http::admission::{Admission, Capacity};
use crate::http::peer::Peer;
use crate::http::trusted_proxies::TrustedProxies;
use crate::limits::Rate;
use crate::logins::Logins;
use crate::relying_parties::{Client, Clients};
use crate::replaceable::Replaceable;
use crate::settings::{ClientSettings, Settings};
use crate::subjects::Subjects;

const REDIRECT_URI: &str = "https://hall.example/callback?from=saoma";
const SECRET: &str = "a:b c%&+";
const ISSUER: &str = "https://login.example";

fn client(id: &str, secret: Option<&str>) -> ClientSettings {
    ClientSettings {
        client_id: id.into(),
        name: id.into(),
        secret: secret.map(Into::into),
        redirect_uris: vec![REDIRECT_URI.into()],
        ..ClientSettings::default()
    }
}

fn proved(clients: &Clients, headers: &HeaderMap, form: &Form) -> Option<Arc<Client>> {
    let credentials = Credentials::read(headers, form).ok()?;
    let named = credentials.named(clients)?;
    let proves = RUNTIME.block_on(credentials.prove(&named, || Ok(()))) == Ok(true);
    proves.then_some(named)
}

fn settings() -> Settings {
    let mut settings = Settings {
        clients: vec![client("hall", Some(SECRET)), client("page", None)],
        ..Settings::default()
    };
    // There are many inputs, and they are not about the limits.
    let unlimited = Rate::new(1_000_000, Duration::from_secs(1));
    settings.limits.token_per_client = unlimited;
    settings.limits.unknown_token_per_address = unlimited;
    settings.limits.failed_client_proof = unlimited;
    settings
}

fn clients() -> Clients {
    Clients::new(settings().clients)
}

/// An accepted form has one value for each parameter, and prints only their names.
pub(crate) fn form(bytes: &[u8]) {
    let pairs: Vec<_> = parse(bytes).collect();
    let names: HashSet<_> = pairs.iter().map(|(name, _)| name).collect();
    let Ok(form) = Form::parse(bytes) else {
        assert!(names.len() < pairs.len());
        return;
    };
    assert_eq!(names.len(), pairs.len());
    for (name, value) in &pairs {
        assert_eq!(
            form.value(name),
            Some(value.as_ref()).filter(|value| !value.is_empty())
        );
    }
    assert_eq!(format!("{form:?}").len(), format!("{names:?}").len());
}

/// A client with a secret is accepted only by this secret, and only by one proof at a time. First line: `Authorization`,
/// or empty; then the form.
pub(crate) fn client_credentials(bytes: &[u8]) {
    let Some([header, body]) = lines(bytes) else {
        return;
    };
    let Ok(form) = Form::parse(body.as_bytes()) else {
        return;
    };
    let Ok(value) = header.parse::<HeaderValue>() else {
        return;
    };
    let headers = (!header.is_empty())
        .then_some((AUTHORIZATION, value))
        .into_iter()
        .collect();
    let clients = clients();
    let Some(client) = proved(&clients, &headers, &form) else {
        return;
    };
    let proof = if header.is_empty() {
        (
            form.value("client_id").map(str::to_owned),
            form.value("client_secret").map(str::to_owned),
        )
    } else {
        assert_eq!(form.value("client_secret"), None);
        let (scheme, encoded) = header.split_once(' ').expect("a scheme");
        assert!(scheme.eq_ignore_ascii_case("basic"));
        let joined = String::from_utf8(BASE64.decode(encoded.trim().as_bytes()).expect("base64"))
            .expect("text");
        let (id, secret) = joined.split_once(':').expect("two parts");
        // Some clients encode their credentials, and some send them as they are.
        let secret = match secret {
            "" => None,
            SECRET => Some(secret.to_owned()),
            encoded => Some(form_decoded(encoded)),
        };
        (Some(form_decoded(id)), secret)
    };
    let right = match client.id.as_str() {
        "hall" => (Some("hall".to_owned()), Some(SECRET.to_owned())),
        _ => (Some("page".to_owned()), None),
    };
    assert_eq!(proof, right);
}

/// `application/x-www-form-urlencoded`, letter by letter.
fn form_decoded(text: &str) -> String {
    let (mut decoded, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, others @ ..] = rest {
        let hex = others
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex
            .filter(|hex| !hex.starts_with('+'))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(byte.unwrap_or(if *first == b'+' { b' ' } else { *first }));
        rest = &others[if byte.is_some() { 2 } else { 0 }..];
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A client with any secret proves itself in both ways, and by no other secret.
pub(crate) fn client_secret(bytes: &[u8]) {
    let Some(secret) = std::str::from_utf8(bytes)
        .ok()
        .filter(|secret| !secret.is_empty())
    else {
        return;
    };
    let clients = Clients::new(vec![client("hall", Some(secret))]);
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    for (tried, admitted) in [(secret.to_owned(), true), (format!("{secret}x"), false)] {
        let basic = format!(
            "Basic {}",
            BASE64.encode(format!("hall:{}", encoded(&tried)).as_bytes())
        );
        let headers =
            HeaderMap::from_iter([(AUTHORIZATION, basic.parse().expect("a header value"))]);
        let empty = Form::parse(b"").expect("a form");
        assert_eq!(proved(&clients, &headers, &empty).is_some(), admitted);
        let form =
            Form::parse(format!("client_id=hall&client_secret={}", encoded(&tried)).as_bytes());
        assert_eq!(
            proved(&clients, &HeaderMap::new(), &form.expect("a form")).is_some(),
            admitted
        );
    }
}

static PROVIDER: LazyLock<Router> = LazyLock::new(|| {
    let _entered = RUNTIME.enter();
    routes(Provider {
        issuer: ISSUER.into(),
        logins: Arc::new(Logins::in_memory(&settings())),
        trusted_proxies: Arc::new(TrustedProxies::new(Vec::new())),
        admission: Arc::new(Admission::new(
            Capacity {
                browsers: 10,
                per_address: 10,
                files: 10,
                per_second: std::num::NonZeroU32::MAX,
            },
            Arc::default(),
        )),
        apps: Arc::default(),
        keys: Arc::new(Replaceable::new(KeyRing::generate().expect("a key"))),
        subjects: Subjects::new(None),
    })
});

/// The provider's answer to a form.
fn answer(path: &str, form: &[u8]) -> (Response<()>, String) {
    let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut request = request.body(Body::from(form.to_vec())).expect("a request");
    let peer = Peer::at(([192, 0, 2, 1], 9).into());
    request.extensions_mut().insert(peer);
    RUNTIME.block_on(async {
        let (head, body) = PROVIDER
            .clone()
            .oneshot(request)
            .await
            .expect("an answer")
            .into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("a body");
        (
            Response::from_parts(head, ()),
            String::from_utf8(body.into()).expect("text"),
        )
    })
}

/// The pages for these parameters, in both languages.
fn pages(form: &str) -> [String; 2] {
    ["zh", "en"].map(|tag| {
        answer(
            paths::AUTHORIZE,
            format!("{form}&ui_locales={tag}").as_bytes(),
        )
        .1
    })
}

static ERROR_PAGES: LazyLock<[String; 2]> = LazyLock::new(|| pages(""));
static LOGIN_PAGE: LazyLock<String> = LazyLock::new(|| {
    let challenge = "A".repeat(43);
    page_of(&format!(
        "response_type=code&scope=openid&code_challenge_method=S256&code_challenge={challenge}"
    ))
});
static ANSWER_PAGE: LazyLock<String> = LazyLock::new(|| page_of("response_mode=form_post"));

/// The English page for a registered client with these parameters.
fn page_of(more: &str) -> String {
    let redirect_uri: String = byte_serialize(REDIRECT_URI.as_bytes()).collect();
    let [_, page] = pages(&format!(
        "client_id=hall&redirect_uri={redirect_uri}&{more}"
    ));
    page
}

/// Threats T17 and T26: a browser is sent only to an address that its client has registered, and no page holds markup
/// from a request.
pub(crate) fn authorization_request(bytes: &[u8]) {
    let (head, page) = answer(paths::AUTHORIZE, bytes);
    let given: BTreeMap<_, _> = parse(bytes)
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let is_given = |name: &str| given.contains_key(name);
    // A longer state is not repeated.
    let state = given.get("state").filter(|state| state.len() <= 4096);
    let marks = |page: &str, mark: char| page.matches(mark).count();
    match head.status() {
        StatusCode::BAD_REQUEST => assert!(ERROR_PAGES.contains(&page), "{page}"),
        StatusCode::OK if !page.contains("<qr-login") => {
            assert_eq!(
                given.get("response_mode").map(AsRef::as_ref),
                Some("form_post")
            );
            let inputs = usize::from(state.is_some());
            let expected = marks(&ANSWER_PAGE, '<') + inputs;
            assert_eq!(marks(&page, '<'), expected, "{page}");
            let expected = marks(&ANSWER_PAGE, '"') + 6 * inputs;
            assert_eq!(marks(&page, '"'), expected, "{page}");
        }
        StatusCode::OK => {
            assert_eq!(marks(&page, '<'), marks(&LOGIN_PAGE, '<'), "{page}");
            let attributes = [is_given("state"), is_given("nonce")]
                .into_iter()
                .map(usize::from)
                .sum::<usize>();
            assert_eq!(
                marks(&page, '"'),
                marks(&LOGIN_PAGE, '"') + 2 * attributes,
                "{page}"
            );
        }
        StatusCode::SEE_OTHER => {
            let location = head.headers()[LOCATION].to_str().expect("text");
            assert!(
                location.starts_with(&format!("{REDIRECT_URI}&error=")),
                "{location}"
            );
            let location = Url::parse(location).expect("a URL");
            let told = location.query_pairs().find(|(name, _)| name == "state");
            assert_eq!(told.as_ref().map(|(_, state)| state), state);
            assert_eq!(
                location.query_pairs().count(),
                4 + usize::from(state.is_some())
            );
        }
        status => panic!("{status}"),
    }
}

/// Without a confirmed login no request gets a token.
pub(crate) fn token_request(bytes: &[u8]) {
    let (head, answer) = answer(paths::TOKEN, bytes);
    let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
    let error = answer["error"].as_str().expect("an error");
    match head.status() {
        StatusCode::BAD_REQUEST => {
            assert!(
                ["invalid_request", "invalid_grant", "unsupported_grant_type"].contains(&error),
                "{error}"
            );
        }
        StatusCode::UNAUTHORIZED => assert_eq!(error, "invalid_client"),
        status => panic!("{status}"),
    }
}
