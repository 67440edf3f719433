//! Wishes of an authentication request about who logs in, and how fresh the login is (OIDC Core §3.1.2.1), and the decision
//! between the browser's session, the login page and an error.

use std::time::Duration;

use saoma_protocol::Digest;

use super::refused_request::Refused;
use crate::frontends::oidc::client_auth::Form;
use crate::frontends::oidc::id_token_hint::IdTokenHint;

/// Wishes of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    /// No page may be shown: `prompt=none`.
    pub(super) is_silent: bool,
    /// A phone must log the person in: any other `prompt`.
    pub(super) is_interactive: bool,
    /// Longest time since the login, in seconds.
    pub(super) max_age: Option<u64>,
    /// The person who is expected.
    pub(super) hint: Option<IdTokenHint>,
}

/// The browser's session as one client sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionFacts<'a> {
    /// The session's id, as ID tokens name it.
    pub(super) sid: &'a str,
    /// The person, as this client is told of them.
    pub(super) subject: &'a str,
    /// Time since a phone confirmed.
    pub(super) age: Duration,
    /// The browser was asked about the person, or knew them.
    pub(super) is_agreed: bool,
}

/// The settings of the client that count.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignOnPolicy {
    /// The time of single sign-on.
    pub(super) sso: Option<Duration>,
    /// Browsers are asked about persons who are new to them.
    pub(super) asks: bool,
}

/// The way to answer a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// A code, within the browser's session.
    SignOn,
    /// The login page, where a phone logs the person in.
    Page,
    /// An error, back to the client.
    Refuse(Refused),
}

impl Wishes {
    /// Reads them from a request whose `prompt` and `max_age` were checked. `verify` returns the claims of an ID token of
    /// this gateway.
    ///
    /// # Errors
    /// Returns an error if the hint is no ID token of this gateway for this client.
    pub(super) fn read(
        form: &Form,
        client_id: &str,
        verify: impl FnOnce(&str) -> Option<IdTokenHint>,
    ) -> Result<Self, Refused> {
        let hint = form.value("id_token_hint").map(|token| {
            let hint = verify(token).filter(|hint| hint.aud == client_id);
            hint.ok_or(Refused::invalid(
                "id_token_hint must be an ID token of this gateway for this client",
            ))
        });
        let mut prompts = form.value("prompt").unwrap_or_default().split(' ');
        let is_silent = prompts.clone().any(|prompt| prompt == "none");
        Ok(Self {
            is_silent,
            is_interactive: !is_silent && prompts.any(|prompt| !prompt.is_empty()),
            max_age: form.value("max_age").and_then(|age| age.parse().ok()),
            hint: hint.transpose()?,
        })
    }

    /// Returns the digest of the subject of the person whom the request expects.
    pub(super) fn expected_subject(&self) -> Option<Digest> {
        let hint = self.hint.as_ref()?;
        Some(Digest::of(hint.sub.as_bytes()))
    }

    /// Decides on a request of a browser that has a session, or none.
    pub(super) fn decide(
        &self,
        policy: SignOnPolicy,
        session: Option<SessionFacts<'_>>,
    ) -> Decision {
        match session {
            Some(session) if self.admit(policy, &session) => Decision::SignOn,
            _ => self.without_session(),
        }
    }

    /// Decides on a request of a browser whose session is of no use.
    pub(super) const fn without_session(&self) -> Decision {
        if self.is_silent {
            return Decision::Refuse(Refused::new(
                "login_required",
                "the person must log in with the phone",
            ));
        }
        Decision::Page
    }

    fn admit(&self, policy: SignOnPolicy, session: &SessionFacts<'_>) -> bool {
        let is_fresh = |most: Duration| session.age <= most;
        policy.sso.is_some_and(is_fresh)
            // `max_age=0` asks for a login of its own, as `prompt=login` does.
            && self.max_age.is_none_or(|age| age > 0 && is_fresh(Duration::from_secs(age)))
            && !self.is_interactive
            && (session.is_agreed || !policy.asks)
            && self.hint.as_ref().is_none_or(|hint| expects(hint, session))
    }
}

/// Returns true if the hint names the person of this session. The session's id is enough: a person who acts for another
/// identity has another subject, and another session.
fn expects(hint: &IdTokenHint, session: &SessionFacts<'_>) -> bool {
    hint.sub == session.subject || hint.sid.as_deref() == Some(session.sid)
}

#[cfg(test)]
mod tests;
