//! What a relying party has that needs a session at the provider.

use std::time::Duration;

use saoma_protocol::RefreshToken;

use crate::settings::ClientSettings;
use crate::store::{FamilyId, NewFamily, SessionTerms};

/// Time for which a client without single sign-on is told of the session's end: longer than a day at work.
const TOLD_FOR: Duration = Duration::from_secs(24 * 3600);

/// Single sign-on, refresh tokens and logout of a client.
#[derive(Debug)]
pub(super) struct SessionPolicy {
    sso: Option<Duration>,
    refresh_tokens: Option<RefreshTokenPolicy>,
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
}

/// Refresh tokens of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefreshTokenPolicy {
    /// Time within which each must be used.
    pub idle: Duration,
    /// Time after a login at which they end.
    pub absolute: Duration,
    /// They are given without `offline_access` too.
    always: bool,
}

impl SessionPolicy {
    /// Reads the policy from a client's settings.
    pub(super) fn of(settings: &ClientSettings) -> Self {
        Self {
            sso: settings.sso,
            refresh_tokens: settings.refresh_tokens.map(|idle| RefreshTokenPolicy {
                idle,
                absolute: settings.refresh_tokens_end.0,
                always: settings.refresh_tokens_always,
            }),
            post_logout_redirect_uris: settings.post_logout_redirect_uris.clone(),
            backchannel_logout_uri: settings.backchannel_logout_uri.clone(),
        }
    }
}

impl SessionPolicy {
    /// Returns the time of single sign-on, if the client has it.
    pub(super) const fn sso(&self) -> Option<Duration> {
        self.sso
    }

    /// Returns its refresh tokens' lifetimes, if it has refresh tokens.
    pub(super) const fn refresh_tokens(&self) -> Option<RefreshTokenPolicy> {
        self.refresh_tokens
    }

    /// Returns the terms on which it is in a session, if it has anything that needs one. `refresh_token` is the first token
    /// of a new family.
    pub(super) fn terms(&self, refresh_token: Option<&RefreshToken>) -> Option<SessionTerms> {
        let policy = self;
        let is_told = policy.backchannel_logout_uri.is_some();
        let lifetime = policy.sso.or(is_told.then_some(TOLD_FOR));
        let refresh = policy.refresh_tokens.zip(refresh_token);
        let refresh = refresh.map(|(policy, token)| NewFamily {
            family: FamilyId::of(token),
            token: token.digest(),
            idle: policy.idle,
            absolute: policy.absolute,
            needs_scope: !policy.always,
        });
        let is_needed = lifetime.is_some() || refresh.is_some();
        is_needed.then_some(SessionTerms {
            lifetime,
            refresh,
            is_told,
        })
    }

    /// Returns true if its browsers may be sent to this URI after a logout (RP-Initiated Logout 1.0 §3, threat T26).
    pub(super) fn admits_post_logout_redirect(&self, uri: &str) -> bool {
        let mut registered = self.post_logout_redirect_uris.iter();
        registered.any(|registered| registered == uri)
    }

    /// Returns the address that gets logout tokens.
    pub(super) fn backchannel_logout_uri(&self) -> Option<&str> {
        self.backchannel_logout_uri.as_deref()
    }
}
