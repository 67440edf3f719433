//! All sessions at the provider, in memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use parking_lot::Mutex;
use saoma_protocol::{
    Digest, Login, LoginId, LoginState, PersonId, RequesterContext, StateName, Timestamp,
};

use super::MemoryStore;
use super::granted::Granted;
use super::session::Session;
use crate::store::{
    Attempt, Counted, EndReason, Ended, Grant, KEEP_ENDED, Redeemed, Redemption, Refresh,
    Refreshed, RevokedToken, SessionBeginning, SessionJoin, SessionRecord, SessionStore,
    StoreError,
};

/// Sessions, the codes of single sign-on in them, and the outbox of logouts.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    by_id: DashMap<LoginId, Session>,
    codes: DashMap<(LoginId, Digest), SessionCode>,
    /// Ended sessions, and when their clients are to be told.
    outbox: Mutex<BTreeMap<LoginId, Timestamp>>,
}

/// A code of single sign-on.
#[derive(Debug)]
struct SessionCode {
    /// In state `confirmed`, as a login is once a phone has confirmed.
    login: Login,
    granted: Granted,
    /// End of the code, or of the access token that it was redeemed for, so that a replay is recognised.
    until: Timestamp,
}

impl Sessions {
    pub(super) fn sweep(&self, now: Timestamp) {
        self.by_id.retain(|_, session| !session.is_gone(now));
        self.codes
            .retain(|_, code| now < code.until.plus(KEEP_ENDED));
    }

    /// Puts the client of a code into the session of its login, which begins if the client's terms want one. Returns whether
    /// the client is in a session, and `None` if that has ended.
    pub(super) fn join(
        &self,
        id: LoginId,
        redemption: &Redemption<'_>,
        grant: &Grant,
        requester: &RequesterContext,
        now: Timestamp,
    ) -> Option<bool> {
        let Some(terms) = &redemption.session else {
            return Some(false);
        };
        if let Some(mut session) = self.by_id.get_mut(&id) {
            if !session.is_alive(now) {
                return None;
            }
            session.join(redemption, terms, grant, now);
            return Some(true);
        }
        if !terms.begin_session(&grant.scope) {
            return Some(false);
        }
        let mut session = Session::begun(grant.clone(), requester.clone(), now);
        session.join(redemption, terms, grant, now);
        self.by_id.insert(id, session);
        Some(true)
    }

    /// Keeps a new code of single sign-on, which is good until a time.
    fn put_code(&self, id: LoginId, code: Digest, grant: &Grant, until: Timestamp) {
        let login = Login {
            state: LoginState::Confirmed {
                person: grant.person.clone(),
                identity: grant.identity.id.clone(),
            },
            seq: 0,
            expires_at: until,
        };
        let kept = SessionCode {
            login,
            granted: Granted::new(code, grant.clone()),
            until,
        };
        self.codes.insert((id, code), kept);
    }

    /// Redeems a code of single sign-on.
    pub(super) fn redeem(
        &self,
        id: LoginId,
        code: Digest,
        redemption: &Redemption<'_>,
        now: Timestamp,
    ) -> Redeemed {
        let Some(mut found) = self.codes.get_mut(&(id, code)) else {
            return Redeemed::Invalid;
        };
        let SessionCode {
            login,
            granted,
            until,
        } = &mut *found;
        let redeemed = granted.redeem(login, redemption, now, |grant| {
            let mut session = self.by_id.get_mut(&id)?;
            let terms = redemption.session.as_ref();
            let terms = terms.filter(|_| session.is_alive(now))?;
            session.join(redemption, terms, grant, now);
            Some(true)
        });
        if let Some((_, token_until)) = granted.access_token {
            *until = token_until.max(*until);
        }
        redeemed
    }

    pub(super) fn undo_redemption(&self, id: LoginId, code: Digest, access_token: Digest) -> bool {
        let found = self.codes.get_mut(&(id, code));
        found.is_some_and(|mut found| {
            let SessionCode { login, granted, .. } = &mut *found;
            granted.undo(login, access_token)
        })
    }

    /// Takes back what a redemption that is undone has done in a session.
    pub(super) fn leave(&self, id: LoginId, access_token: Digest) {
        self.by_id
            .remove_if_mut(&id, |_, session| session.leave(access_token));
    }

    pub(super) fn access(
        &self,
        id: LoginId,
        access_token: Digest,
        now: Timestamp,
    ) -> Option<Grant> {
        self.by_id.get(&id)?.access(access_token, now)
    }

    pub(super) fn end(&self, id: LoginId, reason: EndReason, now: Timestamp) -> Ended {
        let Some(mut session) = self.by_id.get_mut(&id) else {
            return Ended::Unknown;
        };
        let ended = session.end(reason, now);
        if ended == Ended::Now && session.has_untold_clients() {
            self.outbox.lock().insert(id, now);
        }
        ended
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn begin_session(
        &self,
        id: LoginId,
        beginning: &SessionBeginning,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let now = self.0.now();
        let Some(entry) = self.0.logins.get(&id) else {
            return Ok(None);
        };
        let is_good = match entry.login.state.name() {
            StateName::Confirmed => now < entry.login.expires_at,
            StateName::Redeemed => true,
            _ => false,
        };
        let granted = entry.granted();
        let granted = granted.filter(|_| is_good && entry.receive_key == beginning.receive_key);
        let Some(granted) = granted else {
            return Ok(None);
        };
        let requester = entry.record(now)?.request.requester;
        let begin = || Session::begun(granted.grant.clone(), requester, now);
        // Compared and set under one lock: of two browsers at once one has the session.
        let mut session = match self.0.sessions.by_id.entry(id) {
            Entry::Vacant(vacant) => vacant.insert(begin()),
            Entry::Occupied(found) => {
                let session = found.get();
                let cookie = session.cookie.unwrap_or(beginning.cookie);
                if cookie != beginning.cookie || !session.is_alive(now) {
                    return Ok(None);
                }
                found.into_ref()
            }
        };
        session.cookie = Some(beginning.cookie);
        session.prolong(now, now.plus(beginning.lifetime));
        Ok(Some(session.record(id, now)))
    }

    async fn session(&self, id: LoginId) -> Result<Option<SessionRecord>, StoreError> {
        let now = self.0.now();
        let session = self.0.sessions.by_id.get(&id);
        Ok(session.map(|session| session.record(id, now)))
    }

    async fn join_session(&self, id: LoginId, join: &SessionJoin) -> Result<bool, StoreError> {
        let now = self.0.now();
        let sessions = &self.0.sessions;
        {
            // Released before the code is put in: a redemption takes the code first and the session second.
            let Some(mut session) = sessions.by_id.get_mut(&id) else {
                return Ok(false);
            };
            if session.cookie != Some(join.cookie) || !session.is_alive(now) {
                return Ok(false);
            }
            session.prolong(now, now);
        }
        let until = now.plus(join.code_lifetime);
        sessions.put_code(id, join.code, &join.grant, until);
        Ok(true)
    }

    async fn sessions_of(&self, person: &PersonId) -> Result<Vec<SessionRecord>, StoreError> {
        let now = self.0.now();
        let all = self.0.sessions.by_id.iter();
        let own = all.filter(|found| found.grant.person == *person && found.is_alive(now));
        let mut own: Vec<_> = own.map(|found| found.record(*found.key(), now)).collect();
        own.sort_by_key(|session| Reverse(session.began_at));
        Ok(own)
    }

    async fn end_session(&self, id: LoginId, reason: EndReason) -> Result<Ended, StoreError> {
        Ok(self.0.sessions.end(id, reason, self.0.now()))
    }

    async fn refresh(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        refresh: &Refresh<'_>,
    ) -> Result<Counted<Refreshed>, StoreError> {
        if let Counted::Limited { limit, retry_after } = self.0.take(attempts) {
            return Ok(Counted::Limited { limit, retry_after });
        }
        let now = self.0.now();
        let sessions = &self.0.sessions;
        let session = sessions.by_id.get_mut(&id);
        let refreshed = session.map_or(Refreshed::Invalid, |mut session| {
            session.refresh(refresh, now)
        });
        if refreshed == Refreshed::Reused {
            sessions.end(id, EndReason::RefreshReused, now);
        }
        Ok(Counted::Done(refreshed))
    }

    async fn revoke(
        &self,
        id: LoginId,
        client_id: &str,
        token: RevokedToken,
    ) -> Result<bool, StoreError> {
        let session = self.0.sessions.by_id.get_mut(&id);
        if session.is_some_and(|mut session| session.revoke(client_id, token)) {
            return Ok(true);
        }
        let RevokedToken::Access(digest) = token else {
            return Ok(false);
        };
        let entry = self.0.logins.get_mut(&id);
        Ok(entry.is_some_and(|mut entry| entry.revoke(client_id, digest)))
    }

    async fn due_logouts(
        &self,
        lease: Duration,
        at_most: usize,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let now = self.0.now();
        let mut taken = Vec::new();
        {
            let mut outbox = self.0.sessions.outbox.lock();
            let due = outbox.iter_mut().filter(|(_, due)| **due <= now);
            for (id, due) in due.take(at_most) {
                *due = now.plus(lease);
                taken.push(*id);
            }
        }
        let mut found = Vec::new();
        for id in taken {
            let session = self.session(id).await?;
            match session.filter(SessionRecord::has_untold_clients) {
                Some(session) => found.push(session),
                None => drop(self.0.sessions.outbox.lock().remove(&id)),
            }
        }
        Ok(found)
    }

    async fn settle_logouts(
        &self,
        id: LoginId,
        settled: &[&str],
        again_in: Duration,
    ) -> Result<(), StoreError> {
        let again = self.0.now().plus(again_in);
        let session = self.0.sessions.by_id.get_mut(&id);
        let is_over = session.is_none_or(|mut session| {
            session.settle(settled);
            !session.has_untold_clients()
        });
        let mut outbox = self.0.sessions.outbox.lock();
        if is_over {
            outbox.remove(&id);
        } else {
            outbox.insert(id, again);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use saoma_protocol::{CodeChallenge, Identity, IdentityKind, Place};

    use super::*;
    use crate::store::{CodeOrigin, PresentedVerifier, SessionTerms};

    fn grant() -> Grant {
        Grant {
            client_id: "portal".into(),
            redirect_uri: "https://portal.example/callback".into(),
            code_challenge: Some(CodeChallenge::of("verifier")),
            nonce: None,
            scope: "openid".into(),
            person: PersonId::new("p"),
            name: "示例".into(),
            identity: Identity {
                id: "personal".into(),
                kind: IdentityKind::PERSONAL,
                name: "示例".into(),
                role: None,
            },
            auth_time: 1,
            claims: None,
            claims_request: None,
        }
    }

    /// Row A18: a replay is recognised for as long as the token of the first redemption lives.
    #[test]
    fn a_redeemed_code_is_kept_as_long_as_its_access_token() {
        let (id, code) = (LoginId::from_random([1; 15]), Digest::of(b"code"));
        let minutes = |count: u64| Duration::from_secs(60 * count);
        let now = Timestamp::from_millis(1_000);
        let requester = RequesterContext {
            address: "192.0.2.1".into(),
            place: Place::Internet,
            place_name: None,
            browser: None,
            system: None,
        };
        let sessions = Sessions::default();
        let mut session = Session::begun(grant(), requester, now);
        session.prolong(now, now.plus(minutes(60)));
        sessions.by_id.insert(id, session);
        sessions.put_code(id, code, &grant(), now.plus(minutes(1)));
        let redeem = |token: &[u8], now| {
            let redemption = Redemption {
                code,
                origin: CodeOrigin::Session(code),
                client_id: "portal",
                redirect_uri: "https://portal.example/callback",
                verifier: PresentedVerifier::Of(CodeChallenge::of("verifier")),
                is_proved: true,
                is_complete: true,
                access_token: Digest::of(token),
                lifetime: minutes(30),
                session: Some(SessionTerms {
                    lifetime: Some(minutes(60)),
                    refresh: None,
                    is_told: false,
                }),
            };
            sessions.redeem(id, code, &redemption, now)
        };
        assert!(matches!(redeem(b"first", now), Redeemed::Granted(_)));
        let later = now.plus(minutes(29));
        sessions.sweep(later);
        let replay = redeem(b"second", later);
        assert_eq!(replay, Redeemed::Replayed { ends_session: true });
        let gone = now.plus(minutes(30) + KEEP_ENDED);
        sessions.sweep(gone);
        assert!(sessions.codes.is_empty());
    }
}
