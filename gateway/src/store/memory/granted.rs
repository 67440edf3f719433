//! An authorization code in memory, and its redemption.

use saoma_protocol::{Digest, Event, Login, LoginState, Outcome, Timestamp};

use crate::store::{Grant, REDEEM_TRIES, Redeemed, Redemption};

/// An authorization code with its grant.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) code: Digest,
    tries: u32,
    pub(super) grant: Grant,
    pub(super) access_token: Option<(Digest, Timestamp)>,
    /// The client is in the session of the code's login, which has the access token.
    pub(super) in_session: bool,
}

impl Granted {
    /// A code that was not presented yet.
    pub(super) const fn new(code: Digest, grant: Grant) -> Self {
        Self {
            code,
            tries: 0,
            grant,
            access_token: None,
            in_session: false,
        }
    }

    /// Redeems the code of a login. `joins` puts the client into its session, and returns `None` if that has ended.
    pub(super) fn redeem(
        &mut self,
        login: &mut Login,
        redemption: &Redemption<'_>,
        now: Timestamp,
        joins: impl FnOnce(&Grant) -> Option<bool>,
    ) -> Redeemed {
        if self.code != redemption.code {
            return Redeemed::Invalid;
        }
        let token = redemption.access_token;
        if matches!(login.state, LoginState::Redeemed { .. }) {
            // Only the first redeemer knows the token: its answer was lost, and it asks again.
            let first = self.access_token.map(|(first, _)| first);
            if first == Some(token) {
                return Redeemed::Granted(Box::new(self.grant.clone()));
            }
            if !redemption.ends_token(&self.grant) {
                return Redeemed::Mismatched;
            }
            self.access_token = None;
            return Redeemed::Replayed {
                ends_session: self.in_session,
            };
        }
        if self.tries >= REDEEM_TRIES || !redemption.is_complete {
            return Redeemed::Invalid;
        }
        if !redemption.matches(&self.grant) {
            self.tries += u32::from(redemption.is_of_own_client(&self.grant));
            return Redeemed::Mismatched;
        }
        let Ok(Outcome::Changed { state, .. }) = login.apply(&Event::Redeem, now) else {
            return Redeemed::Invalid;
        };
        let Some(in_session) = joins(&self.grant) else {
            return Redeemed::Invalid;
        };
        self.in_session = in_session;
        login.state = state;
        self.access_token = Some((token, now.plus(redemption.lifetime)));
        Redeemed::Granted(Box::new(self.grant.clone()))
    }

    /// Undoes the redemption for this access token. Returns true if there was one.
    pub(super) fn undo(&mut self, login: &mut Login, access_token: Digest) -> bool {
        let is_its = self
            .access_token
            .is_some_and(|(token, _)| token == access_token);
        let LoginState::Redeemed { person, identity } = &login.state else {
            return false;
        };
        if !is_its {
            return false;
        }
        login.state = LoginState::Confirmed {
            person: person.clone(),
            identity: identity.clone(),
        };
        self.access_token = None;
        self.in_session = false;
        true
    }

    /// Ends the access token of a client. Returns false if it is not the client's.
    pub(super) fn revoke(&mut self, client_id: &str, access_token: Digest) -> bool {
        let token = self.access_token.map(|(token, _)| token);
        let is_own = token == Some(access_token) && self.grant.client_id == client_id;
        if is_own {
            self.access_token = None;
        }
        is_own
    }

    /// Returns the grant behind an access token while the token is good. Tokens of a session are asked of the session.
    pub(super) fn access(&self, access_token: Digest, now: Timestamp) -> Option<Grant> {
        let (token, until) = self.access_token?;
        let is_good = token == access_token && now < until && !self.in_session;
        is_good.then(|| self.grant.clone())
    }
}
