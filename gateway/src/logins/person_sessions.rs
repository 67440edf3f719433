//! The sessions of a person at the provider: listed and ended by the person, and ended by the app's backend.

use saoma_protocol::{
    BackendLogoutRequest, EndedSessions, ErrorCode, LoginId, PersonId, SessionList, SessionSite,
    SessionSummary, is_plain_id,
};

use super::Logins;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::limits::LimitName;
use crate::store::{EndReason, SessionRecord};

/// The app's backend among the clients whose wrong secrets are counted. No client id has a space.
const BACKEND: &str = "identity events";

/// Sessions that are listed at most. All of them can be ended at once.
const MAX_LISTED: usize = 100;

/// Characters of a reason at most.
const MAX_REASON_CHARS: usize = 64;

impl Logins {
    /// Returns the sessions of the person behind a token, newest first.
    ///
    /// # Errors
    /// The token is not good, a limit is reached, or something does not answer.
    pub(crate) async fn sessions_of(
        &self,
        token: &str,
        address: &ClientAddress,
    ) -> Result<SessionList, ApiError> {
        let person = self.person_of_sessions(token, address).await?;
        let sessions = self.store.sessions().sessions_of(&person).await?;
        let listed = sessions.iter().take(MAX_LISTED);
        Ok(SessionList {
            sessions: listed.map(|session| self.summary(session)).collect(),
        })
    }

    /// Ends a session of the person behind a token. The repeat gets the first answer, as long as the session is kept.
    ///
    /// # Errors
    /// The token is not good, the session is not the person's, a limit is reached, or something does not answer.
    pub(crate) async fn end_own_session(
        &self,
        token: &str,
        id: LoginId,
        address: &ClientAddress,
    ) -> Result<EndedSessions, ApiError> {
        let person = self.person_of_sessions(token, address).await?;
        let session = self.store.sessions().session(id).await?;
        // One answer for all that is not the person's, so that ids cannot be probed (row A11).
        let session = session.filter(|session| *session.person() == person);
        session.ok_or_else(Self::unknown_session)?;
        let ended = self.end_session(id, EndReason::Person).await?;
        Ok(EndedSessions {
            ended: u32::from(ended == crate::store::Ended::Now),
        })
    }

    /// Ends all sessions of the person behind a token.
    ///
    /// # Errors
    /// The token is not good, a limit is reached, or something does not answer.
    pub(crate) async fn end_own_sessions(
        &self,
        token: &str,
        address: &ClientAddress,
    ) -> Result<EndedSessions, ApiError> {
        let person = self.person_of_sessions(token, address).await?;
        self.end_sessions(&person, None, EndReason::Person).await
    }

    /// Ends the sessions of a person, or of one identity of theirs, for the app's backend, which has proved itself by
    /// [`Logins::prove_backend`].
    ///
    /// # Errors
    /// The request is malformed, or the store does not answer.
    pub(crate) async fn end_sessions_for_backend(
        &self,
        person: &PersonId,
        request: &BackendLogoutRequest,
    ) -> Result<EndedSessions, ApiError> {
        if !is_plain_id(&request.sub) {
            return Err(invalid("sub must be a person's id"));
        }
        let reason = request.reason.as_deref();
        if !reason.is_none_or(is_reason) {
            return Err(invalid(
                "reason must be 1 to 64 letters, digits and _ - . :",
            ));
        }
        tracing::info!(
            reason = reason.unwrap_or_default(),
            one_identity = request.identity.is_some(),
            "the app's backend ends sessions"
        );
        let identity = request.identity.as_deref();
        self.end_sessions(person, identity, EndReason::Backend)
            .await
    }

    /// Has an app's backend prove itself: `compare` returns its source. After some wrong secrets from an address, none is
    /// compared for a while.
    ///
    /// # Errors
    /// The secret is wrong, or was too often.
    pub(crate) fn prove_backend<T>(
        &self,
        address: &ClientAddress,
        compare: impl FnOnce() -> Option<T>,
    ) -> Result<T, ApiError> {
        self.check_proof_here(address, BACKEND)
            .map_err(ApiError::too_many_requests)?;
        let Some(source) = compare() else {
            self.failed_proof_here(address, BACKEND);
            return Err(ApiError::new(
                ErrorCode::InvalidToken,
                "send client_id and client_secret of [identity.events] as Authorization: Basic",
            ));
        };
        self.proved_here(address, BACKEND);
        Ok(source)
    }

    async fn end_sessions(
        &self,
        person: &PersonId,
        identity: Option<&str>,
        reason: EndReason,
    ) -> Result<EndedSessions, ApiError> {
        let sessions = self.store.sessions();
        let ended = sessions.end_sessions_of(person, identity, reason).await?;
        for session in &ended {
            self.session_has_ended(session.id, reason);
        }
        Ok(EndedSessions {
            ended: u32::try_from(ended.len()).unwrap_or(u32::MAX),
        })
    }

    async fn person_of_sessions(
        &self,
        token: &str,
        address: &ClientAddress,
    ) -> Result<PersonId, ApiError> {
        let limit = LimitName::SessionRequestPerPerson;
        let person = self.person_behind(token, address, &[limit]).await?;
        self.count(limit, person.id.as_str()).await?;
        Ok(person.id)
    }

    fn summary(&self, session: &SessionRecord) -> SessionSummary {
        let site = |client_id: &str| SessionSite {
            client_id: client_id.to_owned(),
            name: self
                .clients
                .get(client_id)
                .map_or_else(|| client_id.to_owned(), |client| client.name.clone()),
        };
        let clients = session.clients.iter();
        SessionSummary {
            sid: session.id,
            clients: clients
                .map(|client| site(&client.grant.client_id))
                .collect(),
            requester: session.requester.clone(),
            identity: session.grant.identity.clone(),
            began_at: session.began_at.seconds(),
            used_at: session.used_at.seconds(),
            expires_at: session.expires_at.seconds(),
        }
    }

    /// Returns the answer to a request that names a session of another person, or no session at all.
    pub(crate) fn unknown_session() -> ApiError {
        ApiError::new(
            ErrorCode::UnknownLogin,
            "there is no such session, or it is not yours: list your sessions anew",
        )
    }
}

fn invalid(detail: &'static str) -> ApiError {
    ApiError::new(ErrorCode::InvalidRequest, detail)
}

/// Returns true for a reason that can stand in a log.
fn is_reason(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    (1..=MAX_REASON_CHARS).contains(&text.len()) && text.chars().all(is_part)
}
