//! Tickets of the hosted login page: proof that the authorization endpoint has checked the request that the page opens.
//!
//! The page opens its login at the socket, as any page does, and brings what it likes. Only the endpoint can say that the
//! client has pushed the request (RFC 9126), which person it expects (`id_token_hint`), and that the browser may begin a
//! session. It seals these facts in a ticket, which is good for this very request and for a while. The page carries it in the
//! `claims` of its `open`, beside the members of OpenID Connect Core §5.5, which tells receivers to ignore those that they do
//! not know. A page that leaves the ticket out opens a plain login.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use data_encoding::BASE64URL_NOPAD;
use saoma_protocol::{Digest, OpenRequest};
use serde_json::{Map, Value};

use super::Logins;
use crate::cluster_secrets::ClusterSecrets;
use crate::wall_clock;

/// Member of `claims` that holds the ticket.
const MEMBER: &str = "urn:saoma:ticket";

/// Time for which a page may open logins: the page goes back to the client by itself long before.
const LIFETIME: Duration = Duration::from_secs(3600);

/// Bits of a ticket's first sealed byte.
const IS_PUSHED: u8 = 1;
const MAY_BEGIN_SESSION: u8 = 2;

/// First byte of a sealed ticket: its form.
const FORM: u8 = 1;

/// Use of the cluster's secrets.
const USAGE: &str = "saoma ticket of the login page";

/// Facts about a request that only the authorization endpoint knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The client has pushed the request.
    pub(crate) is_pushed: bool,
    /// The hosted page opens it, for a client with single sign-on.
    pub(crate) may_begin_session: bool,
    /// Digest of the subject of the only person who may log in.
    pub(crate) expected_subject: Option<Digest>,
}

/// The parts of a request that its page cannot change without losing the ticket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TicketedRequest<'a> {
    /// The client.
    pub(crate) client_id: &'a str,
    /// Its registered redirect URI.
    pub(crate) redirect_uri: &'a str,
    /// The requested scope.
    pub(crate) scope: &'a str,
    /// Nonce for the ID token.
    pub(crate) nonce: Option<&'a str>,
    /// The PKCE challenge.
    pub(crate) code_challenge: Option<&'a str>,
}

/// A ticket that was not made for the request that shows it, or not lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InvalidTicket;

/// Seals and opens tickets.
pub(super) struct Tickets {
    current: RandomizedNonceKey,
    others: Vec<RandomizedNonceKey>,
}

impl Tickets {
    /// Creates the keys from the cluster's secrets. The current one seals, all open.
    pub(super) fn new(secrets: &ClusterSecrets) -> Self {
        Self {
            current: key(&secrets.current_key(USAGE)),
            others: secrets
                .other_keys(USAGE)
                .map(|secret| key(&secret))
                .collect(),
        }
    }

    /// Returns the `claims` of a page for this request with a ticket, or `None` if the cryptographic library fails.
    fn seal(
        &self,
        ticket: Ticket,
        request: TicketedRequest<'_>,
        claims: Option<&str>,
        now: Duration,
    ) -> Option<String> {
        let mut claims = members(claims)?;
        let bound = bound(request, &claims);
        let subject = ticket.expected_subject.map(|digest| digest.to_string());
        let until = now.saturating_add(LIFETIME).as_secs();
        let flag = |is_set, bit| if is_set { bit } else { 0 };
        let flags =
            flag(ticket.is_pushed, IS_PUSHED) | flag(ticket.may_begin_session, MAY_BEGIN_SESSION);
        let mut sealed = vec![flags];
        sealed.extend_from_slice(&until.to_be_bytes());
        sealed.extend_from_slice(subject.unwrap_or_default().as_bytes());
        let bound = Aad::from(&*bound);
        let nonce = self.current.seal_in_place_append_tag(bound, &mut sealed);
        let text = [&[FORM], &nonce.ok()?.as_ref()[..], &sealed].concat();
        claims.insert(MEMBER.into(), BASE64URL_NOPAD.encode(&text).into());
        Some(Value::Object(claims).to_string())
    }

    /// Takes the ticket out of the `claims` of a page. Returns the ticket with the rest.
    fn open(
        &self,
        request: TicketedRequest<'_>,
        claims: &str,
        now: Duration,
    ) -> Result<(Ticket, String), InvalidTicket> {
        let mut claims = members(Some(claims)).ok_or(InvalidTicket)?;
        let ticket = claims.remove(MEMBER).ok_or(InvalidTicket)?;
        let bound = bound(request, &claims);
        let ticket = ticket
            .as_str()
            .and_then(|text| self.open_text(text, &bound, now));
        let ticket = ticket.ok_or(InvalidTicket)?;
        Ok((ticket, Value::Object(claims).to_string()))
    }

    fn open_text(&self, text: &str, bound: &[u8], now: Duration) -> Option<Ticket> {
        let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (&FORM, sealed) = sealed.split_first()? else {
            return None;
        };
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let mut keys = std::iter::once(&self.current).chain(&self.others);
        let opened = keys.find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = sealed.to_vec();
            let opened = key.open_in_place(nonce, Aad::from(bound), &mut text).ok()?;
            Some(opened.to_vec())
        })?;
        let (&flags, rest) = opened.split_first()?;
        let (until, subject) = rest.split_first_chunk()?;
        if now.as_secs() > u64::from_be_bytes(*until) {
            return None;
        }
        let subject = std::str::from_utf8(subject).ok()?;
        let expected_subject = match subject {
            "" => None,
            subject => Some(subject.parse().ok()?),
        };
        Some(Ticket {
            is_pushed: flags & IS_PUSHED != 0,
            may_begin_session: flags & MAY_BEGIN_SESSION != 0,
            expected_subject,
        })
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tickets({} keys)", 1 + self.others.len())
    }
}

impl Logins {
    /// Returns the `claims` with which the hosted page opens the login of this request, with a ticket.
    pub(crate) fn with_ticket(
        &self,
        ticket: Ticket,
        request: TicketedRequest<'_>,
        claims: Option<&str>,
    ) -> Option<String> {
        let now = wall_clock::since_epoch();
        self.tickets.seal(ticket, request, claims, now)
    }

    /// Takes the ticket out of a browser's request, if there is one.
    pub(super) fn take_ticket(&self, request: &mut OpenRequest) -> Result<Ticket, InvalidTicket> {
        // Most requests have none, and their claims are read once.
        let Some(claims) = request
            .claims
            .as_deref()
            .filter(|text| text.contains(MEMBER))
        else {
            return Ok(Ticket::default());
        };
        let challenge = request.code_challenge.as_ref().map(ToString::to_string);
        let bound_to = TicketedRequest {
            client_id: &request.client_id,
            redirect_uri: &request.redirect_uri,
            scope: &request.scope,
            nonce: request.nonce.as_deref(),
            code_challenge: challenge.as_deref(),
        };
        let opened = self
            .tickets
            .open(bound_to, claims, wall_clock::since_epoch());
        let (ticket, claims) = opened?;
        request.claims = (claims != "{}").then_some(claims);
        Ok(ticket)
    }
}

fn key(secret: &[u8; 32]) -> RandomizedNonceKey {
    #[expect(clippy::expect_used, reason = "only a wrong length is refused")]
    RandomizedNonceKey::new(&AES_256_GCM_SIV, secret).expect("a key of 32 bytes")
}

fn members(claims: Option<&str>) -> Option<Map<String, Value>> {
    claims.map_or_else(|| Some(Map::new()), |text| serde_json::from_str(text).ok())
}

/// Returns the text that a ticket is bound to: the request's members, each with its length.
fn bound(request: TicketedRequest<'_>, claims: &Map<String, Value>) -> Vec<u8> {
    let claims = serde_json::to_string(claims).unwrap_or_default();
    let optional =
        |member: Option<&str>| member.map_or_else(String::new, |text| format!("={text}"));
    let mut bound = Vec::new();
    for member in [
        request.client_id,
        request.redirect_uri,
        request.scope,
        &optional(request.nonce),
        &optional(request.code_challenge),
        &claims,
    ] {
        bound.extend_from_slice(&(member.len() as u64).to_be_bytes());
        bound.extend_from_slice(member.as_bytes());
    }
    bound
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_790_000_000);

    const REQUEST: TicketedRequest<'static> = TicketedRequest {
        client_id: "hall",
        redirect_uri: "https://hall.example/callback",
        scope: "openid",
        nonce: Some("n"),
        code_challenge: None,
    };

    #[test]
    fn a_ticket_is_good_for_its_own_request_for_an_hour() {
        let tickets = Tickets::new(&ClusterSecrets::random());
        let ticket = Ticket {
            is_pushed: true,
            may_begin_session: false,
            expected_subject: Some(Digest::of(b"c-1")),
        };
        let asked = r#"{"userinfo":{"email":null},"number":1.50}"#;
        for claims in [None, Some(asked)] {
            let carried = tickets
                .seal(ticket, REQUEST, claims, NOW)
                .expect("a ticket");
            let rest = claims.map_or_else(
                || "{}".to_owned(),
                |claims| Value::Object(members(Some(claims)).expect("members")).to_string(),
            );
            let later = NOW + Duration::from_secs(3600);
            let opened = tickets.open(REQUEST, &carried, later);
            assert_eq!(opened, Ok((ticket, rest)));
            let too_late = later + Duration::from_secs(1);
            assert_eq!(
                tickets.open(REQUEST, &carried, too_late),
                Err(InvalidTicket)
            );
            for other in [
                TicketedRequest {
                    client_id: "other",
                    ..REQUEST
                },
                TicketedRequest {
                    redirect_uri: "https://hall.example/",
                    ..REQUEST
                },
                TicketedRequest {
                    scope: "openid profile",
                    ..REQUEST
                },
                TicketedRequest {
                    nonce: None,
                    ..REQUEST
                },
                TicketedRequest {
                    nonce: Some("m"),
                    ..REQUEST
                },
                TicketedRequest {
                    code_challenge: Some("c"),
                    ..REQUEST
                },
            ] {
                assert_eq!(
                    tickets.open(other, &carried, NOW),
                    Err(InvalidTicket),
                    "{other:?}"
                );
            }
            let more = carried.replacen('{', r#"{"id_token":{"email":null},"#, 1);
            assert_eq!(tickets.open(REQUEST, &more, NOW), Err(InvalidTicket));
            let foreign = Tickets::new(&ClusterSecrets::random());
            assert_eq!(foreign.open(REQUEST, &carried, NOW), Err(InvalidTicket));
        }
        for made_up in [
            "{}",
            r#"{"urn:saoma:ticket":"AQ"}"#,
            r#"{"urn:saoma:ticket":7}"#,
            "x",
        ] {
            assert_eq!(
                tickets.open(REQUEST, made_up, NOW),
                Err(InvalidTicket),
                "{made_up}"
            );
        }
    }
}
