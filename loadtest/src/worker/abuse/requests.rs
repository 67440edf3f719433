//! The requests of a flood, one kind for each door of the gateway.

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use http::{Request, request};
use saoma_client::{NewLogin, RelyingParty};
use saoma_protocol::{RECEIVE_KEY_HEADER, paths};
use url::form_urlencoded::Serializer;

use super::super::state::Gateway;
use crate::scenario::Abuse;

/// Letters of a user code.
const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Characters of a login id and of a scan code.
const CHARACTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of base64url.
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Last characters of 32 bytes in base64url, whose last two bits are zero (RFC 4648 §3.5).
const BASE64_LAST: &[u8] = b"AEIMQUYcgkosw048";

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A door of the gateway for single requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// Opens logins by `POST` and abandons them.
    Post,
    /// Polls unknown logins.
    Poll,
    /// Scans with made-up tokens of an app.
    Token,
    /// Scans made-up codes as one person.
    Scan,
    /// Types made-up user codes as one person.
    Guess,
    /// Confirms unknown logins as one person.
    Confirm,
    /// Redeems made-up authorization codes.
    Redeem,
    /// Asks for userinfo with made-up access tokens.
    Userinfo,
}

/// An outsider with the gateway's documents and one app token.
#[derive(Debug)]
pub(super) struct Intruder {
    party: RelyingParty,
    token: String,
    qr_prefix: String,
}

impl Door {
    /// Returns the doors with their rates in a scenario.
    pub(super) const fn rates(abuse: &Abuse) -> [(Self, f64); 8] {
        [
            (Self::Post, abuse.posts),
            (Self::Poll, abuse.polls),
            (Self::Token, abuse.tokens),
            (Self::Scan, abuse.scans),
            (Self::Guess, abuse.guesses),
            (Self::Confirm, abuse.confirms),
            (Self::Redeem, abuse.redeems),
            (Self::Userinfo, abuse.userinfos),
        ]
    }

    /// Returns the name in the counts of a report.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Poll => "poll",
            Self::Token => "token",
            Self::Scan => "scan",
            Self::Guess => "guess",
            Self::Confirm => "confirm",
            Self::Redeem => "redeem",
            Self::Userinfo => "userinfo",
        }
    }
}

impl Intruder {
    /// Creates an intruder with the last person's token, which no honest arrival uses.
    pub(super) fn new(gateway: &Gateway, qr_prefix: Option<&String>) -> Self {
        Self {
            party: gateway.party.clone(),
            token: gateway.tokens.last().cloned().unwrap_or_default(),
            qr_prefix: qr_prefix.map_or_else(|| "https://login.example/q".into(), String::clone),
        }
    }

    /// Returns a request to a door. Its number makes it differ from the others.
    pub(super) fn request(&self, door: Door, number: u64) -> http::Result<Request<Bytes>> {
        let scan_code = || {
            let code = random(CHARACTERS, 32);
            format!(r#"{{"qr":"{}/{code}"}}"#, self.qr_prefix)
        };
        match door {
            Door::Post => {
                let login = NewLogin::of(&self.party);
                let body = serde_json::to_string(&login.request).unwrap_or_default();
                let request =
                    Request::post(paths::LOGINS).header(ORIGIN, self.party.origin.as_str());
                json(request, body)
            }
            Door::Poll => {
                let id = random(CHARACTERS, 24);
                Request::get(format!("{}/{id}/events?after=0&wait=0", paths::LOGINS))
                    .header(ORIGIN, self.party.origin.as_str())
                    .header(RECEIVE_KEY_HEADER, secret())
                    .body(Bytes::new())
            }
            Door::Token => {
                let token = format!("made-up-{number}-{}", random(BASE64, 24));
                json(with_token(Request::post(paths::SCANS), &token), scan_code())
            }
            Door::Scan => json(
                with_token(Request::post(paths::SCANS), &self.token),
                scan_code(),
            ),
            Door::Guess => {
                let body = format!(r#"{{"user_code":"{}"}}"#, random(LETTERS, 8));
                json(with_token(Request::post(paths::SCANS), &self.token), body)
            }
            Door::Confirm => {
                let path = format!("{}/{}/confirm", paths::LOGINS, random(CHARACTERS, 24));
                let body = r#"{"identity":"personal"}"#.to_owned();
                json(with_token(Request::post(path), &self.token), body)
            }
            Door::Redeem => {
                let mut form = Serializer::new(String::new());
                form.append_pair("grant_type", "authorization_code")
                    .append_pair("client_id", &self.party.client_id)
                    .append_pair("redirect_uri", &self.party.redirect_uri)
                    .append_pair("code_verifier", &random(BASE64, 43))
                    .append_pair("code", &code());
                Request::post(paths::TOKEN)
                    .header(CONTENT_TYPE, FORM)
                    .body(Bytes::from(form.finish()))
            }
            Door::Userinfo => with_token(Request::get(paths::USERINFO), &code()).body(Bytes::new()),
        }
    }
}

/// Returns a made-up receive key.
fn secret() -> String {
    random(BASE64, 42) + &random(BASE64_LAST, 1)
}

/// Returns a made-up authorization code or access token.
fn code() -> String {
    format!("{}.{}", random(CHARACTERS, 24), secret())
}

fn with_token(request: request::Builder, token: &str) -> request::Builder {
    request.header(AUTHORIZATION, format!("Bearer {token}"))
}

fn json(request: request::Builder, body: String) -> http::Result<Request<Bytes>> {
    request.header(CONTENT_TYPE, JSON).body(Bytes::from(body))
}

fn random(letters: &[u8], length: usize) -> String {
    (0..length)
        .map(|_| char::from(letters[fastrand::usize(..letters.len())]))
        .collect()
}
