//! All sessions at the provider, in memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use dashmap::DashMap;
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
}

impl Sessions {
    pub(super) fn sweep(&self, now: Timestamp) {
        self.by_id.retain(|_, session| !session.is_gone(now));
        self.codes.retain(|(session, _), code| {
            now < code.login.expires_at.plus(KEEP_ENDED) && self.by_id.contains_key(session)
        });
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
        let SessionCode { login, granted } = &mut *found;
        granted.redeem(login, redemption, now, |grant| {
            let mut session = self.by_id.get_mut(&id)?;
            let terms = redemption.session.as_ref();
            let terms = terms.filter(|_| session.is_alive(now))?;
            session.join(redemption, terms, grant, now);
            Some(true)
        })
    }

    pub(super) fn undo_redemption(&self, id: LoginId, code: Digest, access_token: Digest) -> bool {
        let found = self.codes.get_mut(&(id, code));
        found.is_some_and(|mut found| {
            let SessionCode { login, granted } = &mut *found;
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
        if ended != Ended::Unknown && session.has_untold_clients() {
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
        let sessions = &self.0.sessions.by_id;
        if let Some(session) = sessions.get(&id) {
            let has_another = session
                .cookie
                .is_some_and(|cookie| cookie != beginning.cookie);
            if has_another || !session.is_alive(now) {
                return Ok(None);
            }
        }
        let mut session = sessions.entry(id).or_insert_with(begin);
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
        let code = SessionCode {
            login: Login {
                state: LoginState::Confirmed {
                    person: join.grant.person.clone(),
                    identity: join.grant.identity.id.clone(),
                },
                seq: 0,
                expires_at: now.plus(join.code_lifetime),
            },
            granted: Granted::new(join.code, join.grant.clone()),
        };
        sessions.codes.insert((id, join.code), code);
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
