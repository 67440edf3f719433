//! Single sign-on at the authorization endpoint: a code within the browser's session, without a phone.

use std::time::Duration;

use axum::response::Response;
use http::HeaderMap;
use saoma_protocol::SessionSecret;

use super::answer::ReturnAddress;
use super::refused_request::Refused;
use super::request::AuthenticationRequest;
use super::wishes::{Decision, SessionFacts, SignOnPolicy, Wishes};
use crate::error::ApiError;
use crate::frontends::oidc::Provider;
use crate::frontends::oidc::pages::Locale;
use crate::frontends::oidc::session_cookie::SessionCookie;
use crate::logins::{SessionRecord, SignOnRequest};
use crate::relying_parties::Client;

/// The browser's session, with the secret that proves it.
#[derive(Debug)]
pub(super) struct BrowserSession {
    secret: SessionSecret,
    pub(super) record: SessionRecord,
}

/// The outcome for a browser.
pub(super) enum SignedOn {
    /// The answer goes to the client.
    Answer(Response),
    /// The login page is shown. The session, if there is one, is of no use for this request.
    Page(Option<Box<BrowserSession>>),
}

impl Provider {
    /// Answers a valid request within the browser's session, or as `prompt=none` asks.
    pub(super) async fn sign_on(
        &self,
        request: &AuthenticationRequest<'_>,
        address: &ReturnAddress<'_>,
        wishes: &Wishes,
        headers: &HeaderMap,
        locale: Locale,
    ) -> SignedOn {
        match self
            .try_sign_on(request, address, wishes, headers, locale)
            .await
        {
            Ok(signed_on) => signed_on,
            Err(error) => {
                self.logins.refused("sign_on", &error);
                if wishes.is_silent {
                    let refused = Refused::new(
                        "temporarily_unavailable",
                        "the session cannot be looked at now: try again shortly",
                    );
                    return SignedOn::Answer(address.refuse(&refused, &self.issuer, locale));
                }
                SignedOn::Page(None)
            }
        }
    }

    async fn try_sign_on(
        &self,
        request: &AuthenticationRequest<'_>,
        address: &ReturnAddress<'_>,
        wishes: &Wishes,
        headers: &HeaderMap,
        locale: Locale,
    ) -> Result<SignedOn, ApiError> {
        let session = self.browser_session(address.client, headers).await?;
        let decision = {
            let record = session.as_ref().map(|session| &session.record);
            let names = record.map(|record| {
                let subject = self.subject(address.client, &record.grant);
                (record.id.to_string(), subject)
            });
            let facts = record.zip(names.as_ref());
            let facts = facts.map(|(record, (sid, subject))| self.facts(record, sid, subject));
            wishes.decide(policy(address.client), facts)
        };
        let (decision, session) = match (decision, session) {
            (Decision::SignOn, Some(session)) => {
                let code = self.logins.sign_on(
                    &session.record,
                    &session.secret,
                    SignOnRequest {
                        client_id: &address.client.id,
                        redirect_uri: address.redirect_uri,
                        nonce: request.nonce,
                        scope: request.scope,
                        claims: request.claims,
                        code_challenge: request.code_challenge.and_then(|text| text.parse().ok()),
                    },
                );
                if let Some(code) = code.await? {
                    let code = code.to_string();
                    return Ok(SignedOn::Answer(address.grant(&code, &self.issuer, locale)));
                }
                // The session has ended.
                (wishes.without_session(), None)
            }
            (decision, session) => (decision, session),
        };
        Ok(match decision {
            Decision::Refuse(refused) => {
                SignedOn::Answer(address.refuse(&refused, &self.issuer, locale))
            }
            Decision::SignOn | Decision::Page => SignedOn::Page(session.map(Box::new)),
        })
    }

    /// Returns the session that the browser proves, if the client is for its person. A client without single sign-on does not cost the store a look.
    async fn browser_session(
        &self,
        client: &Client,
        headers: &HeaderMap,
    ) -> Result<Option<BrowserSession>, ApiError> {
        let secret = client
            .sso()
            .and_then(|_| SessionCookie::of(&self.issuer).read(headers));
        let Some(secret) = secret else {
            return Ok(None);
        };
        let record = self.logins.session_of_browser(&secret).await?;
        let record = record.filter(|record| client.admits_person(&record.grant.person));
        Ok(record.map(|record| BrowserSession { secret, record }))
    }

    fn facts<'a>(
        &self,
        session: &SessionRecord,
        sid: &'a str,
        subject: &'a str,
    ) -> SessionFacts<'a> {
        // Both are the store's: a node's own clock may be wrong.
        let age = session
            .now
            .seconds()
            .saturating_sub(session.grant.auth_time);
        let begun_at = self.logins.client_registry().get(&session.grant.client_id);
        SessionFacts {
            sid,
            subject,
            age: Duration::from_secs(age),
            // The login that began the session went by the policy of its own client. Without a question there, a stranger
            // may have scanned the code on this screen (threat T34).
            is_agreed: begun_at.is_some_and(|client| client.asks_browsers()),
        }
    }
}

fn policy(client: &Client) -> SignOnPolicy {
    SignOnPolicy {
        sso: client.sso(),
        asks: client.asks_browsers(),
    }
}
