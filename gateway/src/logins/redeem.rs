//! Redemption of authorization codes by relying parties, and the access tokens that come of it.

use std::fmt;
use std::time::Duration;

use saoma_protocol::{
    AccessToken, AuthorizationCode, CodeChallenge, EventKind, LoginId, RefreshToken,
};

use super::Logins;
use crate::client_address::ClientAddress;
use crate::error_chain::chain;
use crate::limits::LimitName;
use crate::metrics::CodeMisuse;
use crate::relying_parties::Client;
use crate::request_id;
use crate::store::{
    Attempt, CodeOrigin, Counted, EndReason, Grant, PresentedVerifier, Redeemed, Redemption,
    StoreError,
};

/// A code with all that a token request must repeat of the login (RFC 6749 §4.1.3, RFC 7636 §4.5).
pub(crate) struct PresentedCode<'a> {
    /// The code.
    pub(crate) code: AuthorizationCode,
    /// The redirect URI of the authorization request; `None` where the request lacks it.
    pub(crate) redirect_uri: Option<&'a str>,
    /// The verifier of the code challenge; `None` where the request lacks it.
    pub(crate) verifier: Option<&'a str>,
    /// True if the request has all parts of a redemption.
    pub(crate) is_complete: bool,
}

impl fmt::Debug for PresentedCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PresentedCode")
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// Tokens that a client is to get.
#[derive(Debug)]
pub(super) struct NewTokens {
    /// The access token.
    pub(super) access: AccessToken,
    /// The first token of a new family, for a client with refresh tokens.
    pub(super) refresh: Option<RefreshToken>,
}

/// A redeemed code.
#[derive(Debug)]
pub(crate) struct RedeemedCode {
    /// The claims.
    pub(crate) grant: Box<Grant>,
    /// The access token for them.
    pub(crate) access_token: AccessToken,
    /// Time that the access token lives.
    pub(crate) lifetime: Duration,
    /// The session that the client is in from now on, if the gateway keeps one for it.
    pub(crate) session: Option<LoginId>,
    /// The first refresh token, if the client gets one.
    pub(crate) refresh_token: Option<RefreshToken>,
    origin: CodeOrigin,
}

/// Reasons for a code not to be redeemed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RedeemError {
    /// The code is unknown, out of time, used, of another client, or its verifier does not match.
    #[error("the code cannot be redeemed")]
    InvalidCode,
    /// The client redeems too many codes, or its address shows too many that were never made.
    #[error("too many token requests")]
    TooManyRequests {
        /// Time after which the client may try again.
        retry_after: Duration,
    },
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Logins {
    /// Redeems a code of an authenticated client for an access token. A request that lacks a part redeems nothing. A request
    /// that shows the code after its redemption ends the access token, if it comes from the code's own client by its secret
    /// or holds the login's verifier.
    ///
    /// # Errors
    /// Returns an error if the code is not good for this client, if the client is over its limit, or if the store does
    /// not answer.
    pub(crate) async fn redeem(
        &self,
        client: &Client,
        presented: &PresentedCode<'_>,
        address: &ClientAddress,
    ) -> Result<RedeemedCode, RedeemError> {
        let code = &presented.code;
        let Some(origin) = self.origin_of(code) else {
            self.count_unknown(address)?;
            return Err(RedeemError::InvalidCode);
        };
        let login_id = code.login_id();
        request_id::concerns(login_id);
        let verifier = PresentedVerifier::read(presented.verifier);
        // The challenge of such a code is not learnt, so that its refused tries count by their address.
        let is_unlearnt = client.is_public() && origin != CodeOrigin::Login;
        if is_unlearnt {
            self.check_failures_here(LimitName::UnknownTokenPerAddress, address)
                .map_err(|retry_after| RedeemError::TooManyRequests { retry_after })?;
        }
        if client.is_public() {
            self.count_by_verifier(login_id, origin, verifier.challenge())?;
        }
        let tokens = self.new_tokens(client, login_id);
        let redemption = Redemption {
            code: code.digest(),
            origin,
            client_id: &client.id,
            redirect_uri: presented.redirect_uri.unwrap_or_default(),
            verifier,
            is_proved: !client.is_public(),
            is_complete: presented.is_complete,
            access_token: tokens.access.digest(),
            lifetime: self.lifetimes.access_token,
            session: client.session_terms(tokens.refresh.as_ref()),
        };
        let by_client = [self.attempt(LimitName::TokenPerClient, &client.id)];
        let attempts = if client.is_public() {
            // Any stranger may name a public client, so its requests are not counted together.
            &[][..]
        } else {
            &by_client
        };
        let redeemed = self
            .run_redemption(client, login_id, tokens, (attempts, &redemption))
            .await;
        if is_unlearnt && matches!(redeemed, Err(RedeemError::InvalidCode)) {
            self.failed_here(LimitName::UnknownTokenPerAddress, address);
        }
        redeemed
    }

    /// Redeems a code by its digest.
    pub(super) async fn run_redemption(
        &self,
        client: &Client,
        login_id: LoginId,
        tokens: NewTokens,
        (attempts, redemption): (&[Attempt<'_>], &Redemption<'_>),
    ) -> Result<RedeemedCode, RedeemError> {
        match self.store.redeem(attempts, login_id, redemption).await? {
            Counted::Limited { limit, retry_after } => {
                self.metrics.limited(limit);
                Err(RedeemError::TooManyRequests { retry_after })
            }
            Counted::Done(Redeemed::Granted(grant)) => {
                self.metrics.login_changed(EventKind::Redeem);
                let terms = redemption.session.as_ref();
                let begins = terms.is_some_and(|terms| terms.begin_session(&grant.scope));
                let is_joined = redemption.origin != CodeOrigin::Login;
                let family = terms.and_then(|terms| terms.begin_family(&grant.scope));
                Ok(RedeemedCode {
                    origin: redemption.origin,
                    session: (begins || is_joined).then_some(login_id),
                    refresh_token: tokens.refresh.filter(|_| family.is_some()),
                    grant,
                    access_token: tokens.access,
                    lifetime: self.lifetimes.access_token,
                })
            }
            Counted::Done(Redeemed::Replayed { ends_session }) => {
                self.metrics.code_misused(CodeMisuse::Replayed);
                tracing::warn!(%login_id, client_id = %client.id, "a code was presented after its redemption: its access token is ended");
                if ends_session {
                    self.session_has_ended(login_id, EndReason::CodeReplayed);
                }
                Err(RedeemError::InvalidCode)
            }
            Counted::Done(Redeemed::Mismatched) => {
                self.metrics.code_misused(CodeMisuse::Mismatched);
                if let Some(left_out) = self.log_throttle.admit(("token", "mismatched")) {
                    tracing::warn!(%login_id, client_id = %client.id, left_out, "a code was presented with another client, redirect URI or verifier than its login's");
                }
                self.learn_challenge(client, login_id, redemption.origin)
                    .await;
                Err(RedeemError::InvalidCode)
            }
            Counted::Done(Redeemed::Invalid) => {
                self.learn_challenge(client, login_id, redemption.origin)
                    .await;
                Err(RedeemError::InvalidCode)
            }
        }
    }

    /// Makes the tokens that a client gets for a code, if it is good.
    pub(super) fn new_tokens(&self, client: &Client, id: LoginId) -> NewTokens {
        let has_refresh_tokens = client.refresh_tokens().is_some();
        NewTokens {
            access: self.secrets.access_token(id),
            refresh: has_refresh_tokens.then(|| self.secrets.refresh_token(id)),
        }
    }

    /// Returns the place where a code is kept. `None` if the gateway has not made it.
    fn origin_of(&self, code: &AuthorizationCode) -> Option<CodeOrigin> {
        if self.secrets.knows_authorization_code(code) {
            return Some(CodeOrigin::Login);
        }
        let is_of_session = self.secrets.knows_session_code(code);
        is_of_session.then(|| CodeOrigin::Session(code.digest()))
    }

    /// Gives a code back whose redemption cannot be answered, so that the client can redeem it again while its time
    /// lasts. Without an answer of the store the code stays used.
    pub(crate) async fn undo_redemption(&self, redeemed: &RedeemedCode) {
        let token = &redeemed.access_token;
        let login_id = token.login_id();
        if let Err(error) = self
            .store
            .undo_redemption(login_id, redeemed.origin, token.digest())
            .await
        {
            tracing::warn!(error = %chain(&error), %login_id, "could not give a code back");
        }
    }

    /// Returns the claims behind an access token, or `None` if the token is unknown or ended.
    ///
    /// # Errors
    /// Returns an error if a limit is reached, or if the store does not answer.
    pub(crate) async fn access(
        &self,
        token: &AccessToken,
        address: &ClientAddress,
    ) -> Result<Option<Grant>, RedeemError> {
        if !self.secrets.knows_access_token(token) {
            self.count_unknown(address)?;
            return Ok(None);
        }
        // By the token: the sites of a session share its login's id.
        let counted = self.take_here(LimitName::TokenPerLogin, &token.digest().to_string());
        counted.map_err(|retry_after| RedeemError::TooManyRequests { retry_after })?;
        Ok(self.store.access(token.login_id(), token.digest()).await?)
    }

    /// Counts a malformed code or token, or one that the gateway has not made.
    ///
    /// # Errors
    /// Returns an error if too many came from this address.
    pub(crate) fn count_unknown(&self, address: &ClientAddress) -> Result<(), RedeemError> {
        let counted = self.count_networks_here(&[LimitName::UnknownTokenPerAddress; 3], address);
        counted.map_err(|error| RedeemError::TooManyRequests {
            retry_after: error.retry_after.unwrap_or_default(),
        })
    }

    /// Counts a public client's request by its login and its verifier. A verifier has 256 bits and is never guessed. Counted
    /// by the login alone, wrong ones would keep the right one out.
    ///
    /// # Errors
    /// Returns an error if the verifier is known to be wrong, or if it is shown too often.
    fn count_by_verifier(
        &self,
        id: LoginId,
        origin: CodeOrigin,
        challenge: Option<CodeChallenge>,
    ) -> Result<(), RedeemError> {
        // A code of single sign-on has another challenge than the login that began the session.
        let is_wrong = |challenge: CodeChallenge| {
            origin == CodeOrigin::Login && self.code_challenges.exclude(id, challenge)
        };
        // Without its verifier a public client proves nothing, so the store has nothing to redeem or to end.
        let Some(challenge) = challenge.filter(|challenge| !is_wrong(*challenge)) else {
            self.metrics.code_misused(CodeMisuse::Mismatched);
            return Err(RedeemError::InvalidCode);
        };
        let counted = self.take_here(LimitName::TokenPerLogin, &format!("{id} {challenge}"));
        counted.map_err(|retry_after| RedeemError::TooManyRequests { retry_after })
    }

    /// Asks the store for the challenge of a login of a refused code, once: later wrong verifiers are refused in this
    /// process. The requests of clients with a secret are counted by their client instead.
    async fn learn_challenge(&self, client: &Client, id: LoginId, origin: CodeOrigin) {
        let is_learnt = origin != CodeOrigin::Login || self.code_challenges.knows(id);
        if !client.is_public() || is_learnt {
            return;
        }
        // A store that fails is asked again after the next refusal.
        if let Ok(record) = self.store.read(id).await {
            let challenge = record.and_then(|record| record.request.code_challenge);
            self.code_challenges.learn(id, challenge);
        }
    }

    pub(super) fn take_by_login(&self, id: LoginId) -> Result<(), RedeemError> {
        let counted = self.take_here(LimitName::TokenPerLogin, &id.to_string());
        counted.map_err(|retry_after| RedeemError::TooManyRequests { retry_after })
    }
}
