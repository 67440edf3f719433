//! The authorization endpoint: a hosted login page, for portals that show no code themselves.

mod answer;
mod pushed;
mod refused_request;
mod request;
mod sign_on;
mod wishes;

use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use http::HeaderMap;
use http::header::{RETRY_AFTER, USER_AGENT};

use self::answer::{ResponseMode, ReturnAddress};
pub(super) use self::pushed::REFERENCE_URN;
use self::pushed::is_reference;
pub(super) use self::refused_request::Refused;
use self::request::AuthenticationRequest;
use self::sign_on::SignedOn;
use self::wishes::Wishes;
use super::Provider;
use super::client_auth::Form;
use super::oauth_error::OauthError;
use super::pages::{self, ErrorCause, Locale, LoginPage, OfferedApp};
use crate::client_address::ClientAddress;
use crate::error::{ApiError, RETRY_AFTER_OUTAGE};
use crate::http::body;
use crate::logins::{RedeemError, Ticket, TicketedRequest};
use crate::relying_parties::landing_origin;

/// The largest posted request: a `state` of 4 KiB fits, however it is escaped.
const MAX_FORM_BYTES: usize = 32 * 1024;

/// Answers `GET /oauth2/authorize`.
pub(super) async fn by_get(State(provider): State<Provider>, request: Request) -> Response {
    let address = provider.trusted_proxies.address_of(&request);
    let (parts, _) = request.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    provider
        .authorize(query.as_bytes(), &parts.headers, address)
        .await
}

/// Answers `POST /oauth2/authorize` (OIDC Core §3.1.2.1 asks for both).
pub(super) async fn by_post(State(provider): State<Provider>, request: Request) -> Response {
    let address = provider.trusted_proxies.address_of(&request);
    let headers = request.headers().clone();
    let Ok((_, body)) = body::read(request, MAX_FORM_BYTES).await else {
        return pages::not_a_request(Locale::of(None, &headers));
    };
    if let Ok(form) = Form::parse(&body) {
        let again = provider.come_again_by_get(&form, &headers, &address);
        // Boxed: a request without single sign-on holds no room for it.
        if let Some(response) = Box::pin(again).await {
            return response;
        }
    }
    provider.authorize(&body, &headers, address).await
}

impl Provider {
    async fn authorize(
        &self,
        parameters: &[u8],
        headers: &HeaderMap,
        sender: Result<ClientAddress, ApiError>,
    ) -> Response {
        let Ok(form) = Form::parse(parameters) else {
            return pages::not_a_request(Locale::of(None, headers));
        };
        if !is_reference(&form) {
            return self.show_login(&form, false, headers).await;
        }
        // The one parameter that may stand beside a reference: it changes no request, only the language of an error.
        let locale = Locale::of(form.value("ui_locales"), headers);
        let Ok(sender) = sender else {
            return pages::not_a_request(locale);
        };
        let other_language = || Some(in_other_language(&form, locale));
        match self.pushed_request(&form, &sender).await {
            Ok(Some(pushed)) => self.show_login(&pushed, true, headers).await,
            // Of a reference that leads nowhere no redirect URI is known.
            Ok(None) | Err(RedeemError::InvalidCode) => {
                pages::error(locale, ErrorCause::OutOfDate, other_language())
            }
            Err(RedeemError::TooManyRequests { retry_after }) => {
                let mut page = pages::error(locale, ErrorCause::Limit, other_language());
                let seconds = retry_after.as_secs().max(1);
                page.headers_mut().insert(RETRY_AFTER, seconds.into());
                page
            }
            Err(error @ RedeemError::Store(_)) => {
                OauthError::from(error).log("authorize", self.logins.log_throttle());
                let mut page = pages::error(locale, ErrorCause::Unavailable, other_language());
                let seconds = RETRY_AFTER_OUTAGE.as_secs();
                page.headers_mut().insert(RETRY_AFTER, seconds.into());
                page
            }
        }
    }

    /// Answers a request within the browser's session, or with the login page, or sends the browser back with the error.
    async fn show_login(&self, form: &Form, is_pushed: bool, headers: &HeaderMap) -> Response {
        let locale = Locale::of(form.value("ui_locales"), headers);
        // The reference of a pushed request is used up.
        let other_language = || (!is_pushed).then(|| in_other_language(form, locale));
        // Until client and redirect URI are known to be registered, the browser is not redirected (RFC 6749 §4.1.2.1,
        // threat T26).
        let client = form
            .value("client_id")
            .and_then(|id| self.logins.client_registry().get(id));
        let address = client
            .as_deref()
            .and_then(|client| ReturnAddress::of(form, client));
        let Some(address) = address else {
            return pages::not_a_request(locale);
        };
        if address.client.must_push() && !is_pushed {
            let refused = Refused::invalid("the client must push its requests (RFC 9126)");
            return address.refuse(&refused, &self.issuer, locale);
        }
        let read = AuthenticationRequest::read(form, &address).and_then(|request| {
            let verify = |token: &str| self.verify_hint(token);
            let wishes = Wishes::read(form, &address.client.id, verify)?;
            Ok((request, wishes))
        });
        let (request, wishes) = match read {
            Ok(read) => read,
            Err(refused) => return address.refuse(&refused, &self.issuer, locale),
        };
        let signed_on = self.sign_on(&request, &address, &wishes, headers, locale);
        match signed_on.await {
            SignedOn::Answer(response) => response,
            SignedOn::Page(session) => {
                let ticket = Ticket {
                    is_pushed,
                    may_begin_session: address.client.sso().is_some(),
                    expected_subject: wishes.expected_subject(),
                };
                let is_bound = address.client.must_push()
                    || ticket.may_begin_session
                    || ticket.expected_subject.is_some();
                let claims = if is_bound {
                    let Some(claims) = self.with_ticket(&request, &address, ticket) else {
                        return pages::error(locale, ErrorCause::Unavailable, other_language());
                    };
                    Some(claims)
                } else {
                    request.claims.map(str::to_owned)
                };
                let page = LoginPage {
                    claims,
                    stays: address.client.sso().map(|sso| stays(sso, locale)),
                    person: session.map(|session| session.record.grant.name),
                    other_language: other_language(),
                    ..self.page(&request, &address, locale, headers)
                };
                pages::login(&page, &self.issuer)
            }
        }
    }

    /// Returns the `claims` of a page whose login is bound to more than the page's own word, or `None` if no ticket can be
    /// made.
    fn with_ticket(
        &self,
        request: &AuthenticationRequest<'_>,
        address: &ReturnAddress<'_>,
        ticket: Ticket,
    ) -> Option<String> {
        let bound_to = TicketedRequest {
            client_id: &address.client.id,
            redirect_uri: address.redirect_uri,
            scope: request.scope,
            nonce: request.nonce,
            code_challenge: request.code_challenge,
        };
        self.logins.with_ticket(ticket, bound_to, request.claims)
    }

    /// Returns the page that opens the login of a valid request.
    fn page<'a>(
        &'a self,
        request: &AuthenticationRequest<'a>,
        address: &ReturnAddress<'a>,
        locale: Locale,
        headers: &HeaderMap,
    ) -> LoginPage<'a> {
        let user_agent = headers.get(USER_AGENT).and_then(|text| text.to_str().ok());
        let app = self.apps.offered(address.client.offered_apps());
        LoginPage {
            locale,
            client_name: &address.client.name,
            client_host: landing_origin(address.redirect_uri),
            gateway: &self.issuer,
            client_id: &address.client.id,
            redirect_uri: address.redirect_uri,
            is_form_post: address.mode == ResponseMode::FormPost,
            state: address.state,
            scope: request.scope,
            nonce: request.nonce,
            claims: None,
            code_challenge: request.code_challenge,
            app: app.map(|app| OfferedApp {
                name: &app.name,
                link: app.link_template(),
                get: app.stores().for_browser(user_agent.unwrap_or_default()),
            }),
            stays: None,
            person: None,
            other_language: None,
        }
    }
}

/// Returns the query of the same request in the other language.
fn in_other_language(form: &Form, locale: Locale) -> String {
    form.encoded_with("ui_locales", locale.other().tag())
}

/// Returns the page's word on single sign-on: on a shared computer the next person would be logged in as this one.
fn stays(sso: Duration, locale: Locale) -> String {
    let minutes = sso.as_secs().div_ceil(60);
    let (hours, days) = (minutes.div_ceil(60), minutes.div_ceil(24 * 60));
    let (chinese, english) = match minutes {
        0..120 => (format!("{minutes} 分钟"), format!("{minutes} minutes")),
        120..2880 => (format!("{hours} 小时"), format!("{hours} hours")),
        _ => (format!("{days} 天"), format!("{days} days")),
    };
    locale.pick(
        &format!("登录后，此浏览器将在 {chinese} 内保持登录，其他网站也可能直接以您的身份登录。使用公用电脑时，用完请退出登录。"),
        &format!("You stay logged in in this browser for {english}, also at other sites of this service. On a shared computer, log out when you are done."),
    )
    .to_owned()
}
