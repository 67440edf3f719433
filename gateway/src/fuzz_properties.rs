//! Properties of untrusted input: functions that take any bytes and panic if a rule is broken.
//!
//! A property stands beside its code, in each folder's `fuzz_properties.rs`; those of this folder are here. Unit tests try
//! them briefly, libFuzzer at length; see `protocol/fuzz/README.md`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a property that does not hold says so by panicking"
)]

use std::fmt::Debug;
use std::net::IpAddr;

use axum::body::Body;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use rust_embed::RustEmbed;
use saoma_protocol::{
    ConfirmRequest, ErrorCode, MAX_INBOUND_MESSAGE_BYTES, OpenRequest, ScanRequest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::frontends::{browser, oidc};
use crate::fuzz_input::{RUNTIME, lines};
use crate::http::peer::Peer;
use crate::http::trusted_proxies::TrustedProxies;
use crate::http::{assets, body};
use crate::{identity, known_persons, logins, settings, store};

macro_rules! properties {
    ($($name:ident: $check:path),+ $(,)?) => {
        /// Every property, by the name of its corpus.
        pub const ALL: &[(&str, fn(&[u8]))] = &[$((stringify!($name), $check)),+];

        #[cfg(test)]
        mod any_input {
            $(#[test]
            fn $name() {
                use super::*;
                let corpora = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus");
                saoma_fuzz::hold(corpora, stringify!($name), $check);
            })+
        }
    };
}

properties! {
    forwarded_address: forwarded_address,
    scan_request: scan_request,
    confirm_request: confirm_request,
    open_request: open_request,
    sealed_person: known_persons::fuzz_properties::sealed_person,
    asset_headers: asset_headers,
    form: oidc::fuzz_properties::form,
    client_credentials: oidc::fuzz_properties::client_credentials,
    client_secret: oidc::fuzz_properties::client_secret,
    authorization_request: oidc::fuzz_properties::authorization_request,
    token_request: oidc::fuzz_properties::token_request,
    introspection: identity::fuzz_properties::introspection,
    app_token: identity::fuzz_properties::app_token,
    app_keys: identity::fuzz_properties::app_keys,
    inbox_push: store::inbox_push,
    last_event_id: browser::fuzz_properties::last_event_id,
    user_agent: browser::fuzz_properties::user_agent,
    redirect: logins::fuzz_properties::redirect,
    settings_file: settings::fuzz_properties::settings_file,
}

/// Characters that a sender is told at most about what it sent.
const MAX_TOLD_CHARS: usize = 300;

/// Threat T16: what a stranger writes into `X-Forwarded-For` changes nothing, and neither does what stands before a
/// proxy's own word, on the same line or on one of its own. First a kind of address, 16 bytes of it, then the forged
/// header.
fn forwarded_address(bytes: &[u8]) {
    let Some((&[kind, ref ip @ ..], forged)) = bytes.split_first_chunk::<17>() else {
        return;
    };
    let client = if kind % 2 == 0 {
        IpAddr::from([ip[0], ip[1], ip[2], ip[3]])
    } else {
        IpAddr::from(*ip)
    };
    let Ok(forged) = HeaderValue::from_bytes(forged) else {
        return;
    };
    if client.to_canonical().is_loopback() {
        return;
    }
    let proxies = TrustedProxies::new(
        ["127.0.0.0/8", "::1/128"]
            .map(|net| net.parse().expect("a network"))
            .into(),
    );
    let seen = |peer: IpAddr, forwarded: &[HeaderValue]| {
        let mut request = Request::new(());
        request
            .extensions_mut()
            .insert(Peer::at((peer, 443).into()));
        for value in forwarded {
            request
                .headers_mut()
                .append("x-forwarded-for", value.clone());
        }
        let address = proxies.address_of(&request);
        address.expect("an address of a proxy's making")
    };
    let right = ClientAddress::from_ip(client);
    assert_eq!(seen(client, std::slice::from_ref(&forged)), right);
    let word = HeaderValue::from_str(&client.to_string()).expect("a header value");
    let line = HeaderValue::from_bytes(&[forged.as_bytes(), b", ", word.as_bytes()].concat())
        .expect("a header value");
    let proxy = IpAddr::from([127, 0, 0, 1]);
    assert_eq!(seen(proxy, &[line]), right);
    assert_eq!(seen(proxy, &[forged, word]), right);
}

/// A phone's scan request never prints its code.
fn scan_request(bytes: &[u8]) {
    if let Ok(request) = read_body::<ScanRequest>(bytes) {
        assert!(["Qr(…)", "UserCode(…)"].contains(&format!("{request:?}").as_str()));
    }
}

fn confirm_request(bytes: &[u8]) {
    let _ = read_body::<ConfirmRequest>(bytes);
}

fn open_request(bytes: &[u8]) {
    let _ = read_body::<OpenRequest>(bytes);
}

/// A body is an object that is read back as it is written, or its sender is told briefly what is wrong with it.
fn read_body<T: DeserializeOwned + Serialize + PartialEq + Debug>(
    bytes: &[u8],
) -> Result<T, ApiError> {
    let read = RUNTIME.block_on(body::read_json::<T>(Request::new(Body::from(
        bytes.to_vec(),
    ))));
    match &read {
        Ok(value) => {
            assert!(bytes.len() <= MAX_INBOUND_MESSAGE_BYTES);
            assert!(bytes.trim_ascii().starts_with(b"{") && bytes.trim_ascii().ends_with(b"}"));
            let written = serde_json::to_vec(value).expect("what was read can be written");
            assert_eq!(
                serde_json::from_slice::<T>(&written).ok().as_ref(),
                Some(value)
            );
        }
        Err(denial) => {
            let too_large = bytes.len() > MAX_INBOUND_MESSAGE_BYTES;
            let error = if too_large {
                ErrorCode::RequestTooLarge
            } else {
                ErrorCode::InvalidRequest
            };
            assert_eq!(denial.error, error);
            assert!(
                denial.detail.chars().count() <= MAX_TOLD_CHARS,
                "{}",
                denial.detail
            );
            assert!(
                !denial.detail.chars().any(char::is_control),
                "{:?}",
                denial.detail
            );
        }
    }
    read
}

#[derive(RustEmbed)]
#[folder = "tests/files"]
struct Files;

/// A file is encoded only as the browser accepts, and withheld only when the browser names it. First line:
/// `Accept-Encoding`, then `If-None-Match`.
fn asset_headers(bytes: &[u8]) {
    let Some([accepted, known]) = lines(bytes) else {
        return;
    };
    let (Ok(accepted), Ok(known)) = (
        accepted.parse::<HeaderValue>(),
        known.parse::<HeaderValue>(),
    ) else {
        return;
    };
    let headers = HeaderMap::from_iter([
        (ACCEPT_ENCODING, accepted.clone()),
        (IF_NONE_MATCH, known.clone()),
    ]);
    let response = assets::serve::<Files>("page.js", &headers);
    let header = |name| {
        response
            .headers()
            .get(name)
            .map(|value: &HeaderValue| value.to_str().expect("text"))
    };
    if let Some(encoding) = header(CONTENT_ENCODING) {
        assert!(
            is_accepted(accepted.to_str().expect("text"), encoding),
            "{accepted:?}: {encoding}"
        );
    }
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED => {
            let (known, tag) = (known.to_str().expect("text"), header(ETAG).expect("a tag"));
            assert!(known.contains('*') || known.contains(tag), "{known:?}");
        }
        status => panic!("{status}"),
    }
}

/// RFC 9110 §12.5.3, of which letters count in either case.
fn is_accepted(accepted: &str, encoding: &str) -> bool {
    accepted.to_ascii_lowercase().split(',').any(|offer| {
        let mut parts = offer.split(';').map(|part| part.trim_matches([' ', '\t']));
        let refused = |weight: &str| {
            weight
                .strip_prefix("q=0")
                .is_some_and(|rest| rest.trim_matches(['.', '0']).is_empty())
        };
        parts.next() == Some(encoding) && !parts.any(refused)
    })
}
