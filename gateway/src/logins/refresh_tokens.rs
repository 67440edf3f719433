//! Refresh tokens of relying parties: each use gives a successor and asks whether the person may still act as the identity.

use std::fmt;
use std::time::Duration;

use saoma_protocol::{AccessToken, LoginId, RefreshToken};

use super::{Logins, RedeemError};
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::identity::Standing;
use crate::limits::{LimitName, Verdict};
use crate::relying_parties::Client;
use crate::store::{
    Counted, EndReason, FamilyId, Grant, Refresh, Refreshed, RevokedToken, SessionRecord,
    StoreError,
};

/// Time for which a used token is answered again to a client that has proved itself by its secret: longer than a failover
/// and the client's next try.
const GRACE: Duration = Duration::from_secs(30);

/// The same for a client without a secret. A thief of its token needs nothing else, so that the time is as short as one
/// repeat of a request takes.
const PUBLIC_GRACE: Duration = Duration::from_secs(10);

/// A request for new tokens.
pub(crate) struct RefreshRequest<'a> {
    /// The refresh token.
    pub(crate) token: RefreshToken,
    /// The scope that is asked for; `None` for all that was granted.
    pub(crate) scope: Option<&'a str>,
}

impl fmt::Debug for RefreshRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshRequest")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// New tokens in a session.
#[derive(Debug)]
pub(crate) struct RefreshedTokens {
    /// The claims, without the nonce of the login (OIDC Core §12.2), and with the access token's scope.
    pub(crate) grant: Grant,
    /// The session.
    pub(crate) session: LoginId,
    /// The access token.
    pub(crate) access_token: AccessToken,
    /// Time that the access token lives.
    pub(crate) lifetime: Duration,
    /// The successor of the refresh token.
    pub(crate) refresh_token: RefreshToken,
}

/// Reasons for a client not to get new tokens.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    /// The token is unknown, out of time, used, of another client, or its session has ended.
    #[error("the refresh token is not good")]
    InvalidToken,
    /// The scope goes beyond what was granted.
    #[error("the scope goes beyond what was granted")]
    ScopeExceeded,
    /// A limit is reached.
    #[error("too many token requests")]
    TooManyRequests {
        /// Time after which the client may try again.
        retry_after: Duration,
    },
    /// The app's backend cannot be asked about the person.
    #[error(transparent)]
    Backend(ApiError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RedeemError> for RefreshError {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::InvalidCode => Self::InvalidToken,
            RedeemError::TooManyRequests { retry_after } => Self::TooManyRequests { retry_after },
            RedeemError::Store(error) => Self::Store(error),
        }
    }
}

impl Logins {
    /// Exchanges a refresh token of an authenticated client for its successor and an access token. A token that was used
    /// before ends its session.
    ///
    /// # Errors
    /// The token is not good for this client, the person may no longer act as the identity, a limit is reached, or something
    /// does not answer.
    pub(crate) async fn refresh_tokens(
        &self,
        client: &Client,
        request: &RefreshRequest<'_>,
        address: &ClientAddress,
    ) -> Result<RefreshedTokens, RefreshError> {
        let token = &request.token;
        if !self.secrets.knows_refresh_token(token) {
            self.count_unknown(address)?;
            return Err(RefreshError::InvalidToken);
        }
        let policy = client.refresh_tokens().ok_or(RefreshError::InvalidToken)?;
        let (id, family) = (token.login_id(), FamilyId::of(token));
        let by_client = [self.attempt(LimitName::TokenPerClient, &client.id)];
        let attempts = if client.is_public() {
            // Any stranger may name a public client, so its requests are not counted together.
            self.take_by_login(id)?;
            &[][..]
        } else {
            self.must_not_be_limited(LimitName::TokenPerClient, &client.id)
                .map_err(|error| RefreshError::TooManyRequests {
                    retry_after: error.retry_after.unwrap_or_default(),
                })?;
            &by_client
        };
        let session = self.store.sessions().session(id).await?;
        let session = session.filter(|session| {
            has_family(session, client, family) && client.admits_person(&session.grant.person)
        });
        let session = session.ok_or(RefreshError::InvalidToken)?;
        // Asked before the token is used: an answer that does not come must not cost the client its token.
        self.must_stand(&session).await?;
        let access_token = self.secrets.access_token(id);
        let successor = self.secrets.successor(token);
        let refresh = Refresh {
            family,
            token: token.digest(),
            successor: successor.digest(),
            client_id: &client.id,
            scope: request.scope,
            access_token: access_token.digest(),
            lifetime: self.lifetimes.access_token,
            idle: policy.idle,
            grace: if client.is_public() {
                PUBLIC_GRACE
            } else {
                GRACE
            },
        };
        let refreshed = self.store.sessions().refresh(attempts, id, &refresh);
        match refreshed.await? {
            Counted::Limited { limit, retry_after } => {
                let verdict = Verdict::Limited { retry_after };
                self.remembered_refusals
                    .remember(limit, &client.id, verdict);
                self.metrics.limited(limit);
                Err(RefreshError::TooManyRequests { retry_after })
            }
            Counted::Done(Refreshed::Granted(grant)) => Ok(RefreshedTokens {
                grant: Grant {
                    nonce: None,
                    ..*grant
                },
                session: id,
                access_token,
                lifetime: self.lifetimes.access_token,
                refresh_token: successor,
            }),
            Counted::Done(Refreshed::Reused) => {
                tracing::warn!(session_id = %id, client_id = %client.id, "a refresh token was presented after its use: its session is ended");
                self.session_has_ended(id, EndReason::RefreshReused);
                Err(RefreshError::InvalidToken)
            }
            Counted::Done(Refreshed::ScopeExceeded) => Err(RefreshError::ScopeExceeded),
            Counted::Done(Refreshed::Invalid) => Err(RefreshError::InvalidToken),
        }
    }

    /// Asks the app's backend whether the person may still act as the identity. A refusal ends the session.
    ///
    /// # Errors
    /// The backend refuses, or it or the store does not answer.
    async fn must_stand(&self, session: &SessionRecord) -> Result<(), RefreshError> {
        let grant = &session.grant;
        let standing = self.identity.standing(&grant.person, &grant.identity.id);
        match standing.await {
            Ok(Standing::Good(_)) => Ok(()),
            Ok(Standing::Refused(refusal)) => {
                tracing::info!(session_id = %session.id, %refusal, "the person may no longer act as the identity");
                self.end_session(session.id, EndReason::Standing).await?;
                Err(RefreshError::InvalidToken)
            }
            Err(error) => Err(RefreshError::Backend(error.into())),
        }
    }

    /// Ends a token that an authenticated client gives up (RFC 7009): an access token, or a refresh token with its family and
    /// their access tokens. A token that is unknown or another client's ends nothing, and the client is told nothing of it.
    ///
    /// # Errors
    /// A limit is reached, or the store does not answer.
    pub(crate) async fn revoke_token(
        &self,
        client: &Client,
        token: &str,
        address: &ClientAddress,
    ) -> Result<(), RedeemError> {
        let refresh = token.parse::<RefreshToken>().ok();
        let refresh = refresh.filter(|token| self.secrets.knows_refresh_token(token));
        let access = token.parse::<AccessToken>().ok();
        let access = access.filter(|token| self.secrets.knows_access_token(token));
        let (id, revoked) = match (refresh, access) {
            (Some(token), _) => (token.login_id(), RevokedToken::Family(FamilyId::of(&token))),
            (None, Some(token)) => (token.login_id(), RevokedToken::Access(token.digest())),
            (None, None) => return self.count_unknown(address),
        };
        self.take_by_login(id)?;
        let revoked = self.store.sessions().revoke(id, &client.id, revoked);
        if revoked.await? {
            tracing::info!(login_id = %id, client_id = %client.id, "a token was revoked by its client");
        }
        Ok(())
    }
}

/// Returns true if the session is alive and the family is the client's.
fn has_family(session: &SessionRecord, client: &Client, family: FamilyId) -> bool {
    let mut families = session.families.iter();
    session.is_alive() && families.any(|own| own.id == family && own.client_id == client.id)
}
