//! The verbs of sessions at the provider.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use saoma_protocol::{Digest, LoginId, PersonId};

use super::{
    Attempt, Counted, EndReason, Ended, Refresh, Refreshed, RevokedToken, SessionBeginning,
    SessionJoin, SessionRecord, StoreError,
};

/// Sessions at the provider. They begin with [`Store::redeem`](super::Store::redeem) where the redemption has terms for
/// one, or with [`SessionStore::begin_session`].
///
/// A session is in the slot of its login, and each verb on one is one atomic step. In a cluster the index of a person's
/// sessions and the outbox of logouts are elsewhere, and written before the session: a node that dies between the two
/// leaves an entry without a session, and never a session that is not listed or whose clients are not told.
///
/// # Errors
/// Every method returns a [`StoreError`] if there was no answer. The caller may repeat it.
#[async_trait]
pub trait SessionStore: fmt::Debug + Send + Sync {
    /// Begins the session of a confirmed login for the browser that holds its receive key, or gives the session that the
    /// login's redemption has begun this cookie. Returns `None` if the login is not confirmed, the key is another one, or
    /// the session has ended or has another cookie.
    async fn begin_session(
        &self,
        id: LoginId,
        beginning: &SessionBeginning,
    ) -> Result<Option<SessionRecord>, StoreError>;

    /// Reads a session, also one that has ended, while it is kept.
    async fn session(&self, id: LoginId) -> Result<Option<SessionRecord>, StoreError>;

    /// Makes a code for a client by single sign-on. Returns false if the session is not alive or has another cookie.
    async fn join_session(&self, id: LoginId, join: &SessionJoin) -> Result<bool, StoreError>;

    /// Returns the sessions of a person that are alive, newest first.
    async fn sessions_of(&self, person: &PersonId) -> Result<Vec<SessionRecord>, StoreError>;

    /// Ends a session and its tokens. Clients that are to be told are due in [`SessionStore::due_logouts`] from now on.
    async fn end_session(&self, id: LoginId, reason: EndReason) -> Result<Ended, StoreError>;

    /// Counts attempts, then exchanges a refresh token for its successor and an access token. A token that was used before
    /// ends the session, unless it is repeated within its grace and the successor was not used since.
    async fn refresh(
        &self,
        attempts: &[Attempt<'_>],
        id: LoginId,
        refresh: &Refresh<'_>,
    ) -> Result<Counted<Refreshed>, StoreError>;

    /// Ends a token of a client. Returns false if the client has no such token.
    async fn revoke(
        &self,
        id: LoginId,
        client_id: &str,
        token: RevokedToken,
    ) -> Result<bool, StoreError>;

    /// Takes the ended sessions whose clients are to be told now, up to a maximum. Each is due again after `lease`, unless
    /// it is settled before: a node may die with it.
    async fn due_logouts(
        &self,
        lease: Duration,
        at_most: usize,
    ) -> Result<Vec<SessionRecord>, StoreError>;

    /// Notes that these clients of an ended session were told, or are given up. The others have failed once more, and are
    /// due after `again_in`.
    async fn settle_logouts(
        &self,
        id: LoginId,
        settled: &[&str],
        again_in: Duration,
    ) -> Result<(), StoreError>;

    /// Returns the session of a browser by its cookie, if it is alive.
    async fn session_of_browser(
        &self,
        id: LoginId,
        cookie: Digest,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let session = self.session(id).await?;
        Ok(session.filter(|session| session.is_of_browser(cookie)))
    }

    /// Ends the sessions of a person, or those as one identity. Returns those that it has ended.
    async fn end_sessions_of(
        &self,
        person: &PersonId,
        identity: Option<&str>,
        reason: EndReason,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let mut ended = Vec::new();
        for session in self.sessions_of(person).await? {
            let is_meant = identity.is_none_or(|identity| session.grant.identity.id == identity);
            if is_meant && self.end_session(session.id, reason).await? == Ended::Now {
                ended.push(session);
            }
        }
        Ok(ended)
    }
}
