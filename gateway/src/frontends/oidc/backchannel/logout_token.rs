//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4).

use saoma_protocol::{Digest, LoginId};
use serde::Serialize;
use serde_json::{Map, Value};

/// Type in the header, by which no other token is taken for one.
pub(super) const TYPE: &str = "logout+jwt";

/// Time that a token is valid, in seconds. Each try has a new one with the same `jti`.
const LIFETIME_SECONDS: u64 = 120;

/// The event that the token tells of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Characters of a `jti`: 128 bits in hexadecimal.
const JTI_CHARS: usize = 32;

/// The claims. A `nonce` is forbidden, so that no client takes one for an ID token.
#[derive(Debug, Serialize)]
pub(super) struct LogoutTokenClaims<'a> {
    iss: &'a str,
    /// The person, as the client was told of them.
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    jti: String,
    sid: String,
    events: Map<String, Value>,
}

impl<'a> LogoutTokenClaims<'a> {
    /// Returns the claims that tell a client of a session's end.
    pub(super) fn new(
        issuer: &'a str,
        subject: &'a str,
        client_id: &'a str,
        session: LoginId,
        now: u64,
    ) -> Self {
        let events = [(EVENT.to_owned(), Value::Object(Map::new()))];
        Self {
            iss: issuer,
            sub: subject,
            aud: client_id,
            iat: now,
            exp: now + LIFETIME_SECONDS,
            jti: jti(session, client_id),
            sid: session.to_string(),
            events: events.into_iter().collect(),
        }
    }
}

/// Returns the token's id: the same at each try, by any node, so that a client recognises what it was told before. A session
/// ends once, and tells a client of nothing else.
fn jti(session: LoginId, client_id: &str) -> String {
    let digest = Digest::of(format!("saoma logout {session} {client_id}").as_bytes());
    let mut jti = digest.to_string();
    jti.truncate(JTI_CHARS);
    jti
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_says_what_the_specification_asks_and_no_more() {
        let session = LoginId::from_random([7; 15]);
        let claims = LogoutTokenClaims::new("https://login.example", "p-1", "hall", session, 100);
        let mut claims = serde_json::to_value(&claims).expect("JSON");
        let jti = claims["jti"].take();
        assert!(jti.as_str().is_some_and(|jti| jti.len() == JTI_CHARS));
        let expected = json!({
            "iss": "https://login.example", "sub": "p-1", "aud": "hall", "iat": 100, "exp": 220,
            "jti": null, "sid": session.to_string(), "events": { EVENT: {} },
        });
        assert_eq!(claims, expected);
    }

    #[test]
    fn a_repeated_try_has_the_id_of_the_first_and_others_have_their_own() {
        let [one, two] = [1, 2].map(|byte| LoginId::from_random([byte; 15]));
        assert_eq!(jti(one, "hall"), jti(one, "hall"));
        assert_ne!(jti(one, "hall"), jti(one, "other"));
        assert_ne!(jti(one, "hall"), jti(two, "hall"));
    }
}
