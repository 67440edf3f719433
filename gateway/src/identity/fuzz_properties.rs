//! Properties of the readers of app tokens, of published keys and of a backend's answers.
#![allow(clippy::expect_used, reason = "a property that does not hold panics")]

use std::collections::HashSet;
use std::sync::LazyLock;
use std::time::Duration;

use saoma_protocol::{IdentityKind, IdentityRole, masked_name};
use serde_json::Value;

use super::answer::{BackendAnswer, MAX_IDENTITIES};
use super::{ClaimMap, IdentityBackend, Jwks};
use crate::fuzz_input::{RUNTIME, moves_text};
use crate::settings::JwksSettings;
use crate::shown_text::MAX_CHARS;

/// The public half of a key whose private half was thrown away when [`TOKEN`] was signed.
const KEY: &str = "_HNCMGKKsuxqlOIBNNeW2TkC1lz81rYwihAlhL2VyLc";
pub(super) const KEY_SET: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"app","alg":"EdDSA","x":"_HNCMGKKsuxqlOIBNNeW2TkC1lz81rYwihAlhL2VyLc"}]}"#;

/// A good token, for two centuries. The corpus has others by the same key that are not.
pub(super) const TOKEN: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6ImFwcCIsInR5cCI6ImF0K2p3dCJ9.eyJpc3MiOiJodHRwczovL2FwcC5leGFtcGxlIiwiYXVkIjoic2FvbWEiLCJleHAiOjk5OTk5OTk5OTksImlhdCI6MTcwMDAwMDAwMCwic3ViIjoiYy0xMDAxIiwibmFtZSI6IuekuuS-i-eUsiIsImlkZW50aXRpZXMiOlt7ImlkIjoicGVyc29uYWwiLCJraW5kIjoicGVyc29uYWwiLCJuYW1lIjoi56S65L6L55SyIn1dfQ.4S_AYkWIhCJoD2eSeNG0syFiHYRjj_Kmy-lQr8cHtF2EwjBe_ir4m3KCKINXPJRtRDVrypHj_x6cxPPUeZ0XDA";

/// Threats T17 and T18: texts that people are shown move no other text and are short, no two identities share an id, and
/// a browser learns one character of the name. Ids, kinds and roles are the backend's own, unchanged.
pub(crate) fn introspection(bytes: &[u8]) {
    let Ok(answer) = BackendAnswer::read(bytes) else {
        return;
    };
    let Ok(person) = answer.person(&ClaimMap::default()) else {
        return;
    };
    let answer: Value = serde_json::from_slice(bytes).expect("it was read before");
    assert_eq!(answer["active"], Value::Bool(true));
    assert!(!person.id.as_str().is_empty() && answer["sub"] == person.id.as_str());
    let names = person
        .identities
        .iter()
        .map(|offered| &offered.identity.name)
        .chain([&person.name]);
    let reasons = person
        .identities
        .iter()
        .filter_map(|offered| offered.ineligible_reason.as_ref())
        .chain(&person.ineligible_reason);
    for offered in &person.identities {
        let identity = &offered.identity;
        let (kind, role) = (identity.kind.as_str(), identity.role.as_ref());
        let same = |sent: &Value| {
            let has_kind = sent["kind"] == kind || kind == "other" && is_blank(&sent["kind"]);
            let has_role = role.map_or_else(
                || is_blank(&sent["role"]),
                |role| sent["role"] == role.as_str(),
            );
            sent["id"] == identity.id.as_str() && has_kind && has_role
        };
        match answer.get("identities") {
            Some(sent) => {
                let sent = sent.as_array().expect("it was read before");
                assert!(sent.iter().any(same), "{identity:?}");
            }
            None => assert!(identity.id == "personal" && identity.kind == IdentityKind::PERSONAL),
        }
        assert_eq!(
            answer["refusal"].as_str().is_some(),
            person.ineligible_reason.is_some()
        );
        for label in [Some(kind), role.map(IdentityRole::as_str)]
            .into_iter()
            .flatten()
        {
            assert!(
                (1..=MAX_CHARS).contains(&label.chars().count()),
                "{label:?}"
            );
            assert!(!label.chars().any(moves_text), "{label:?}");
        }
    }
    for shown in names.chain(reasons) {
        assert!(!shown.chars().any(moves_text), "{shown:?}");
        assert!(shown.chars().count() <= MAX_CHARS);
    }
    let ids: HashSet<_> = person
        .identities
        .iter()
        .map(|offered| &offered.identity.id)
        .collect();
    assert_eq!(ids.len(), person.identities.len());
    assert!(ids.len() <= MAX_IDENTITIES);
    let masked = masked_name(&person.name);
    assert!(
        masked.ends_with('*') && masked.chars().count() <= 2,
        "{masked:?}"
    );
}

/// True for a member that is absent or says nothing.
fn is_blank(member: &Value) -> bool {
    member.is_null() || member == ""
}

/// Returns the settings of the backend that has signed [`TOKEN`].
pub(super) fn settings(url: String) -> JwksSettings {
    JwksSettings {
        max_lifetime: Duration::from_secs(9_999_999_999),
        refresh: Duration::from_secs(24 * 3600),
        ..JwksSettings::at(url, "https://app.example".into(), "saoma".into())
    }
}

fn backend(keys: &[u8]) -> Option<Jwks> {
    Jwks::with_keys(settings("file:///nowhere".into()), keys)
}

static BACKEND: LazyLock<Jwks> = LazyLock::new(|| backend(KEY_SET.as_bytes()).expect("a key set"));

/// A token is accepted only if the backend has signed it for this gateway, and only until its end.
pub(crate) fn app_token(bytes: &[u8]) {
    let signed = |token: &str| token.rsplit_once('.').map(|(signed, _)| signed.to_owned());
    let Ok(token) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(person) = RUNTIME.block_on(BACKEND.identify(token)) {
        assert_eq!(signed(token), signed(TOKEN));
        assert_eq!(person.id.as_str(), "c-1001");
    }
}

/// A token is accepted only if its key is published.
pub(crate) fn app_keys(bytes: &[u8]) {
    let Some(backend) = backend(bytes) else {
        return;
    };
    if RUNTIME.block_on(backend.identify(TOKEN)).is_ok() {
        let keys: Value = serde_json::from_slice(bytes).expect("it was read before");
        assert!(keys.to_string().contains(KEY));
    }
}
