//! A person's confirm.

use std::time::Duration;

use saoma_protocol::{AuthorizationCode, Event, Identity, PersonId, Timestamp};

use super::{Change, Grant, LoginRequest, Proof, Transition};

/// A confirm as the phone's side knows it. What the browser asked for is in the store, which joins the two.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// Who confirms.
    pub person: PersonId,
    /// The person's name.
    pub name: String,
    /// As what.
    pub identity: Identity,
    /// What the relying party will redeem.
    pub code: AuthorizationCode,
    /// How long for.
    pub lifetime: Duration,
}

impl Confirmation {
    /// What happens.
    pub fn event(&self) -> Event {
        Event::Confirm {
            person: self.person.clone(),
            identity: self.identity.id.clone(),
        }
    }

    /// The event with all that comes of it, for a login of which this was asked, and which is confirmed at this time of the
    /// store's: a node's own clock may never have heard of it.
    pub fn transition(&self, request: LoginRequest, at: Timestamp) -> Transition {
        let change = Change::Confirmed {
            redirect_to: request.answer(&self.code),
        };
        let grant = Grant {
            client_id: request.client_id,
            redirect_uri: request.redirect_uri,
            code_challenge: request.code_challenge,
            nonce: request.nonce,
            scope: request.scope,
            person: self.person.clone(),
            name: self.name.clone(),
            identity: self.identity.clone(),
            auth_time: at.seconds(),
        };
        let grant = Some((self.code.digest(), grant));
        Transition {
            event: self.event(),
            proof: Proof::Held,
            change,
            lifetime: self.lifetime,
            grant,
        }
    }
}
