//! A person's confirm.

use std::time::Duration;

use saoma_protocol::{AuthorizationCode, Event, Identity, PersonId, Timestamp};

use super::{Agreement, Change, Claims, Grant, KnownPerson, LoginRequest, PersonTag};

/// A confirm as the phone's side knows it. The store joins it with the browser's request.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// The person who confirms.
    pub person: PersonId,
    /// The person in place of the id, for the browser to know.
    pub person_tag: PersonTag,
    /// The person's name.
    pub name: String,
    /// The chosen identity.
    pub identity: Identity,
    /// Claims about the person. Those that the browser's request can ask for are kept.
    pub claims: Claims,
    /// The authorization code that the relying party will redeem.
    pub code: AuthorizationCode,
    /// Time that the code lives.
    pub lifetime: Duration,
    /// True if the person has compared the user codes on phone and device.
    pub same_user_code: bool,
    /// True if the person is the one whom the login's request expects, if it expects one.
    pub is_expected: bool,
}

impl Confirmation {
    /// Returns the event for the state machine.
    pub fn event(&self) -> Event {
        Event::Confirm {
            person: self.person.clone(),
            identity: self.identity.id.clone(),
        }
    }

    /// Returns the change that the browser is told, for a login opened with this request and agreement.
    pub fn change(&self, request: &LoginRequest, agreement: &Agreement) -> Change {
        let known = || {
            Box::new(KnownPerson {
                person: self.person_tag,
                client_id: request.client_id.clone(),
            })
        };
        Change::Confirmed {
            redirect_to: request.answer(&self.code),
            known: (*agreement != Agreement::Off).then(known),
        }
    }

    /// Returns the grant behind the code, for a login opened with this request and confirmed at this time of the
    /// store: a node's own clock may be wrong.
    pub fn grant(&self, request: LoginRequest, at: Timestamp) -> Grant {
        let requested = request.claims_request.as_deref();
        Grant {
            claims: self.claims.wanted(&request.scope, requested),
            claims_request: request.claims_request,
            client_id: request.client_id,
            redirect_uri: request.redirect_uri,
            code_challenge: request.code_challenge,
            nonce: request.nonce,
            scope: request.scope,
            person: self.person.clone(),
            name: self.name.clone(),
            identity: self.identity.clone(),
            auth_time: at.seconds(),
        }
    }
}
