//! Single sign-on: the session of a browser, and logins at further clients within it.

use std::time::Duration;

use saoma_protocol::{AuthorizationCode, CodeChallenge, LoginId, ReceiveKey, SessionSecret};

use super::Logins;
use super::open::claims_request;
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::identity::Standing;
use crate::limits::LimitName;
use crate::scopes;
use crate::store::{EndReason, Grant, LoginRequest, SessionBeginning, SessionJoin, SessionRecord};

/// A session that a browser has begun.
#[derive(Debug)]
pub(crate) struct BegunSession {
    /// The secret for the browser's cookie.
    pub(crate) secret: SessionSecret,
    /// The session.
    pub(crate) record: SessionRecord,
}

/// The request of a client for a login within a session.
#[derive(Clone, Copy)]
pub(crate) struct SignOnRequest<'a> {
    /// The client.
    pub(crate) client_id: &'a str,
    /// Its registered redirect URI.
    pub(crate) redirect_uri: &'a str,
    /// Nonce for the ID token.
    pub(crate) nonce: Option<&'a str>,
    /// The requested scope.
    pub(crate) scope: &'a str,
    /// Single claims that it asks for (OIDC Core §5.5).
    pub(crate) claims: Option<&'a str>,
    /// The challenge of its verifier. `None` for clients that may do without.
    pub(crate) code_challenge: Option<CodeChallenge>,
}

impl Logins {
    /// Begins the session of a browser whose login was confirmed, if the hosted page has opened it for a client with single
    /// sign-on. A repeat begins none, because the browser would hold another secret.
    ///
    /// # Errors
    /// The key is wrong, a limit is reached, or the store does not answer.
    pub(crate) async fn begin_session(
        &self,
        id: LoginId,
        key: &ReceiveKey,
        address: &ClientAddress,
    ) -> Result<Option<BegunSession>, ApiError> {
        let presented = self.look_at_key(id, key, address)?;
        let counted = self.count_here(LimitName::CommandPerLogin, &presented.counted_by());
        let begun = match counted {
            Ok(()) => self.begin_session_of(id, key).await,
            Err(error) => Err(error),
        };
        let is_known = begun.as_ref().ok().map(|(is_known, _)| *is_known);
        self.key_answered(presented, is_known);
        begun.map(|(_, begun)| begun)
    }

    /// Returns the session that it has begun, and true if there is such a login.
    async fn begin_session_of(
        &self,
        id: LoginId,
        key: &ReceiveKey,
    ) -> Result<(bool, Option<BegunSession>), ApiError> {
        // A made-up key does not reach the store.
        if !self.has_made(id, key) {
            return Err(Self::unknown_login());
        }
        let Some(login) = self.store.read(id).await? else {
            return Ok((false, None));
        };
        let Some(lifetime) = self.session_lifetime(&login.request) else {
            return Ok((true, None));
        };
        let secret = self.secrets.session_secret(id);
        let beginning = SessionBeginning {
            receive_key: key.digest(),
            cookie: secret.digest(),
            lifetime,
        };
        let record = self.store.sessions().begin_session(id, &beginning).await?;
        Ok((true, record.map(|record| BegunSession { secret, record })))
    }

    /// Returns the lifetime of the session that this login's browser may begin, if it may. A page of a site may not, though it
    /// holds the receive key: the session is good at other sites too.
    pub(super) fn session_lifetime(&self, request: &LoginRequest) -> Option<Duration> {
        let client = self.clients.get(&request.client_id)?;
        client.sso().filter(|_| request.may_begin_session)
    }

    /// Returns the session that a browser proves by its cookie, if it is alive.
    ///
    /// # Errors
    /// A limit is reached, or the store does not answer.
    pub(crate) async fn session_of_browser(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<SessionRecord>, ApiError> {
        // A made-up cookie does not reach the store.
        if !self.secrets.knows_session_secret(secret) {
            return Ok(None);
        }
        let id = secret.login_id();
        self.count_here(LimitName::TokenPerLogin, &format!("{id} browser"))?;
        Ok(self
            .store
            .sessions()
            .session_of_browser(id, secret.digest())
            .await?)
    }

    /// Ends a session for a client that has shown an ID token of it, or for its browser.
    ///
    /// # Errors
    /// A limit is reached, or the store does not answer.
    pub(crate) async fn log_out(&self, id: LoginId) -> Result<(), ApiError> {
        self.count_here(LimitName::TokenPerLogin, &format!("{id} logout"))?;
        self.end_session(id, EndReason::RelyingParty).await?;
        Ok(())
    }

    /// Logs a browser in to a further client within its session. The app's backend is asked whether the person may still act
    /// as the identity: a person who may not is not logged in anywhere any more, so the session ends. Returns `None` then,
    /// and if the session has ended meanwhile.
    ///
    /// # Errors
    /// The app's backend or the store does not answer.
    pub(crate) async fn sign_on(
        &self,
        session: &SessionRecord,
        secret: &SessionSecret,
        request: SignOnRequest<'_>,
    ) -> Result<Option<AuthorizationCode>, ApiError> {
        let begun_by = &session.grant;
        let standing = self
            .identity
            .standing(&begun_by.person, &begun_by.identity.id);
        let standing = match standing.await? {
            Standing::Good(standing) => *standing,
            Standing::Refused(refusal) => {
                tracing::info!(session_id = %session.id, %refusal, "ended a session, because the person is no longer in good standing");
                self.end_session(session.id, EndReason::Standing).await?;
                return Ok(None);
            }
        };
        let code = self.secrets.session_code(session.id);
        let clients = self.clients();
        let client = clients.get(request.client_id);
        let has_refresh_tokens = client.is_some_and(|client| client.refresh_tokens().is_some());
        let scope = scopes::granted(request.scope, has_refresh_tokens);
        let claims_request = claims_request(request.claims)?;
        let claims = standing.claims.wanted(&scope, claims_request.as_deref());
        let join = SessionJoin {
            cookie: secret.digest(),
            code: code.digest(),
            grant: Grant {
                client_id: request.client_id.to_owned(),
                redirect_uri: request.redirect_uri.to_owned(),
                code_challenge: request.code_challenge,
                nonce: request.nonce.map(str::to_owned),
                scope,
                name: standing.name,
                identity: standing.identity,
                claims,
                claims_request,
                ..begun_by.clone()
            },
            code_lifetime: self.lifetimes.authorization_code,
        };
        let joined = self
            .store
            .sessions()
            .join_session(session.id, &join)
            .await?;
        Ok(joined.then_some(code))
    }
}
