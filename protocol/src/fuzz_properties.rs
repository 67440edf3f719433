//! Properties of every reader of untrusted bytes: functions that take any bytes and panic if a property does not hold.
//!
//! Unit tests try them briefly, libFuzzer at length: see `protocol/fuzz/README.md`.
#![allow(clippy::expect_used, reason = "a property that does not hold panics")]

use std::fmt;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{
    AccessToken, AuthorizationCode, ClientMessage, CodeChallenge, DecodeError, Digest, LoginId,
    ProtocolVersion, ReceiveKey, ScanCode, ServerMessage, UserCode, typed,
};

macro_rules! properties {
    ($($name:ident),+ $(,)?) => {
        /// Every property, by the name of its corpus.
        pub const ALL: &[(&str, fn(&[u8]))] = &[$((stringify!($name), $name)),+];

        #[cfg(test)]
        mod any_input {
            $(#[test]
            fn $name() {
                let corpora = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus");
                saoma_fuzz::hold(corpora, stringify!($name), super::$name);
            })+
        }
    };
}

properties! { client_message, server_message, subprotocol, shown_code, secret, qr_text, code_verifier }

/// Maximum characters of an error text that a sender gets.
const MAX_TOLD_CHARS: usize = 300;

/// A browser's frame is a message that survives writing and reading and does not print its secret, or the browser gets a
/// short error text.
fn client_message(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match ClientMessage::decode(text) {
        Ok(message) => {
            assert_reads_back(&message);
            assert!(names_a_type(text));
            if let ClientMessage::Resume(resume) = &message {
                assert_hides(&message, &resume.receive_key);
            }
        }
        Err(DecodeError::UnknownType) => assert!(!names_a_type(text)),
        Err(DecodeError::Malformed(told)) => {
            assert!(told.chars().count() <= MAX_TOLD_CHARS, "{told}");
            assert!(!told.chars().any(char::is_control), "{told:?}");
        }
    }
}

/// Returns true for an object of a type that browsers send.
fn names_a_type(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Typed {
        r#type: String,
    }
    let typed: Option<Typed> = serde_json::from_str(text)
        .ok()
        .filter(|_| text.trim_ascii_start().starts_with('{'));
    typed.is_some_and(|typed| {
        ["open", "resume", "refresh", "agree", "cancel"].contains(&typed.r#type.as_str())
    })
}

/// A gateway's frame as the Rust client reads it.
fn server_message(bytes: &[u8]) {
    let Ok(message) = serde_json::from_slice::<ServerMessage>(bytes) else {
        return;
    };
    assert_reads_back(&message);
    assert!(!message.is_settled() || message.seq().is_some());
    match &message {
        ServerMessage::Opened {
            receive_key,
            user_code,
            ..
        } => {
            assert_hides(&message, receive_key);
            assert_hides(&message, user_code);
        }
        ServerMessage::Renewed { user_code, .. } => assert_hides(&message, user_code),
        ServerMessage::Confirmed { redirect_to, .. } if redirect_to.len() > 16 => {
            assert_hides(&message, redirect_to);
        }
        _ => {}
    }
}

/// The gateway agrees on a version exactly when one of the names is offered, on any line.
fn subprotocol(bytes: &[u8]) {
    let Some(text) = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| text.bytes().all(is_header_byte))
    else {
        return;
    };
    let names = |version: ProtocolVersion| {
        text.split([',', '\n'])
            .any(|name| name.trim_matches([' ', '\t']) == version.subprotocol())
    };
    let newest = ProtocolVersion::ALL
        .iter()
        .copied()
        .rev()
        .find(|version| names(*version));
    assert_eq!(ProtocolVersion::negotiate(text.split('\n')), newest);
    assert_eq!(
        ProtocolVersion::negotiate([text.replace('\n', ",").as_str()]),
        newest
    );
}

fn is_header_byte(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b' '..=b'~')
}

/// Login ids and codes have one written form, however they were typed.
fn shown_code(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let folded = typed::code(text);
    assert_eq!(typed::code(&folded), folded);
    let typed = folded.chars().count();
    assert!(typed <= text.chars().count());
    if let Ok(id) = text.parse::<LoginId>() {
        assert_eq!(typed, LoginId::CHARS);
        assert_one_form(&id, LoginId::CHARS);
    }
    if let Ok(code) = text.parse::<ScanCode>() {
        assert_eq!(typed, ScanCode::CHARS);
        assert_one_form(&code, ScanCode::CHARS);
        let (id, nonce) = (
            code.to_string()[..LoginId::CHARS].to_owned(),
            code.to_string()[LoginId::CHARS..].to_owned(),
        );
        assert_eq!(id.parse(), Ok(code.login_id()));
        assert!(id.contains(&nonce) || !format!("{code:?}").contains(&nonce));
    }
    if let Ok(code) = text.parse::<UserCode>() {
        assert_eq!(typed, UserCode::CHARS);
        assert_one_form(&code, UserCode::CHARS + 1);
        assert_hides(&code, &code);
    }
}

/// A secret is read only from the exact text that it is written as, and its debug output does not contain it.
fn secret(bytes: &[u8]) {
    fn check<T: FromStr<Err: fmt::Debug> + PartialEq + fmt::Display + fmt::Debug>(text: &str) {
        let Ok(secret) = text.parse::<T>() else {
            return;
        };
        assert_eq!(secret.to_string(), text);
        let alone = text.split_once('.').map_or(text, |(_, alone)| alone);
        assert!(!format!("{secret:?}").contains(alone));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    check::<ReceiveKey>(text);
    check::<AuthorizationCode>(text);
    check::<AccessToken>(text);
    check::<CodeChallenge>(text);
    check::<Digest>(text);
}

/// Threat T31: a QR code's text is taken only when it leads to this gateway, with nothing but the code behind.
fn qr_text(bytes: &[u8]) {
    const ORIGINS: [&str; 4] = [
        "https://login.example",
        "https://login.example:8443",
        "http://login.example",
        "http://127.0.0.1:8080",
    ];
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let taken = ORIGINS
        .into_iter()
        .filter_map(|origin| Some((origin, ScanCode::from_qr_text(text, origin).ok()?)));
    let taken: Vec<_> = taken.collect();
    assert!(taken.len() <= 1, "{taken:?}");
    for (origin, code) in taken {
        let start = format!("{origin}/q/");
        let shown = crate::typed::link(text);
        assert!(
            shown.is_char_boundary(start.len())
                && shown[..start.len()].eq_ignore_ascii_case(&start)
        );
        let code_only = |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || c == '-';
        assert!(shown[start.len()..].chars().all(code_only));
        assert_eq!(
            ScanCode::from_qr_text(&code.to_qr_text(origin), origin),
            Ok(code)
        );
    }
}

/// A verifier has a challenge only as RFC 7636 §4.1 and §4.6 say. First line: the challenge.
fn code_verifier(bytes: &[u8]) {
    let Some((challenge, verifier)) = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.split_once('\n'))
    else {
        return;
    };
    let well_formed = (43..=128).contains(&verifier.len())
        && verifier
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c));
    let expected = well_formed.then(|| CodeChallenge::of(verifier));
    assert_eq!(CodeChallenge::of_valid(verifier), expected);
    if let Ok(challenge) = challenge.parse::<CodeChallenge>() {
        let text = challenge.to_string();
        assert_eq!(
            expected == Some(challenge),
            expected.is_some_and(|expected| expected.to_string() == text)
        );
    }
}

fn assert_reads_back<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(value: &T) {
    let written = serde_json::to_string(value).expect("what was read can be written");
    assert_eq!(
        serde_json::from_str::<T>(&written).ok().as_ref(),
        Some(value)
    );
}

/// Written in `chars` characters from which the same is read, in either case.
fn assert_one_form<T: FromStr<Err: fmt::Debug> + PartialEq + fmt::Display + fmt::Debug>(
    code: &T,
    chars: usize,
) {
    let written = code.to_string();
    assert_eq!(written.len(), chars);
    assert!(
        written
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_digit() || byte.is_ascii_uppercase())
    );
    assert_eq!(written.parse::<T>().as_ref().ok(), Some(code));
    assert_eq!(
        written.to_ascii_lowercase().parse::<T>().as_ref().ok(),
        Some(code)
    );
}

fn assert_hides(printed: &impl fmt::Debug, secret: &impl fmt::Display) {
    assert!(!format!("{printed:?}").contains(&secret.to_string()));
}
