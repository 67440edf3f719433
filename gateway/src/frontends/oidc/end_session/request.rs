//! Logout requests (RP-Initiated Logout 1.0 §2).

use url::Url;

use crate::frontends::oidc::Provider;
use crate::frontends::oidc::client_auth::Form;
use crate::frontends::oidc::id_token_hint::IdTokenHint;
use crate::frontends::oidc::pages::Locale;

/// A valid request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LogoutRequest {
    /// The ID token that the client showed.
    pub(super) hint: Option<IdTokenHint>,
    /// The place to which the browser goes in the end.
    pub(super) back: Option<Back>,
}

/// A registered address to which the browser returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Back {
    /// The client.
    pub(super) client_id: String,
    /// The client's name, for people.
    pub(super) client_name: String,
    /// The address with the client's `state`.
    pub(super) address: String,
}

/// Reasons for a request to be shown to the person and sent nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogoutFault {
    /// The request cannot be read: it is too large, or has a parameter twice.
    Form,
    /// The hint is no ID token of this gateway.
    Hint,
    /// No client of this id is registered, or the hint is of another one.
    Client,
    /// The address is not registered for the client, or nothing says which client asks.
    Address,
}

impl LogoutFault {
    /// Returns the fault in words, for the person and for those who run the site.
    pub(super) const fn text(self, locale: &Locale) -> &'static str {
        match self {
            Self::Form => locale.pick(
                "退出请求无法读取。",
                "The request cannot be read: it is too large, or has a parameter twice.",
            ),
            Self::Hint => locale.pick(
                "id_token_hint 不是本登录服务签发的 ID Token。",
                "id_token_hint is not an ID token of this login service.",
            ),
            Self::Client => locale.pick(
                "client_id 未登记，或与 id_token_hint 不符。",
                "client_id is not registered here, or id_token_hint is of another client.",
            ),
            Self::Address => locale.pick(
                "post_logout_redirect_uri 必须与登记的完全一致，并附带 id_token_hint 或 client_id。",
                "post_logout_redirect_uri must be exactly as registered, and come with id_token_hint or client_id.",
            ),
        }
    }
}

impl LogoutRequest {
    /// Reads a request. The address to return to must be one that the client of the hint or of `client_id` has registered,
    /// character by character: everything else would make the gateway redirect wherever a link says (threat T26).
    ///
    /// # Errors
    /// Returns the first fault.
    pub(super) fn read(form: &Form, provider: &Provider) -> Result<Self, LogoutFault> {
        let hint = form
            .value("id_token_hint")
            .map(|token| provider.verify_hint(token).ok_or(LogoutFault::Hint))
            .transpose()?;
        let told = form.value("client_id");
        if let (Some(hint), Some(told)) = (&hint, told)
            && hint.aud != told
        {
            return Err(LogoutFault::Client);
        }
        let client_id = hint.as_ref().map(|hint| hint.aud.as_str()).or(told);
        let client = client_id
            .map(|id| {
                provider
                    .logins
                    .client_registry()
                    .get(id)
                    .ok_or(LogoutFault::Client)
            })
            .transpose()?;
        let Some(address) = form.value("post_logout_redirect_uri") else {
            return Ok(Self { hint, back: None });
        };
        let client = client
            .filter(|client| client.admits_post_logout_redirect(address))
            .ok_or(LogoutFault::Address)?;
        let back = Back {
            client_id: client.id.clone(),
            client_name: client.name.clone(),
            address: with_state(address, form.value("state")).ok_or(LogoutFault::Address)?,
        };
        Ok(Self {
            hint,
            back: Some(back),
        })
    }
}

/// Returns the address with the client's own value (RP-Initiated Logout 1.0 §3).
fn with_state(address: &str, state: Option<&str>) -> Option<String> {
    let Some(state) = state else {
        return Some(address.to_owned());
    };
    let mut url = Url::parse(address).ok()?;
    url.query_pairs_mut().append_pair("state", state);
    Some(url.into())
}
