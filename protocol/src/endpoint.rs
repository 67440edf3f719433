//! The HTTP endpoints: paths, and the bodies of polls and of the phone's requests and answers.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::close::CloseNotice;
use crate::code::UserCode;
use crate::error::is_false;
use crate::identity::Identity;
use crate::login_id::LoginId;
use crate::message::{CancelReason, ServerMessage};

/// Paths, in the form of `axum` and OpenAPI where they have a parameter.
pub mod paths {
    use crate::login_id::LoginId;

    /// The socket.
    pub const SOCKET: &str = "/v1/socket";
    /// Opens a login over HTTP.
    pub const LOGINS: &str = "/v1/logins";
    /// The login's messages, as an event stream or poll by poll.
    pub const EVENTS: &str = "/v1/logins/{login_id}/events";
    /// Renews the code.
    pub const REFRESH: &str = "/v1/logins/{login_id}/refresh";
    /// Agrees to be logged in as the person who scanned.
    pub const AGREE: &str = "/v1/logins/{login_id}/agree";
    /// Gives the login up.
    pub const CANCEL: &str = "/v1/logins/{login_id}/cancel";
    /// Claims a login for the phone's person.
    pub const SCANS: &str = "/v1/scans";
    /// Confirms a scanned login.
    pub const CONFIRM: &str = "/v1/logins/{login_id}/confirm";
    /// Declines a scanned login.
    pub const REJECT: &str = "/v1/logins/{login_id}/reject";
    /// The sessions of the phone's person.
    pub const SESSIONS: &str = "/v1/sessions";
    /// Ends all of them.
    pub const SESSIONS_END: &str = "/v1/sessions/end";
    /// Ends one of them.
    pub const SESSION_END: &str = "/v1/sessions/{sid}/end";
    /// Ends sessions for the app's backend.
    pub const BACKEND_LOGOUT: &str = "/v1/backend/logout";
    /// OpenID Connect Discovery 1.0 §4.
    pub const DISCOVERY: &str = "/.well-known/openid-configuration";
    /// The hosted login page.
    pub const AUTHORIZE: &str = "/oauth2/authorize";
    /// RFC 6749 §3.2.
    pub const TOKEN: &str = "/oauth2/token";
    /// RFC 7009 §2.
    pub const REVOKE: &str = "/oauth2/revoke";
    /// OIDC Core §5.3.
    pub const USERINFO: &str = "/oauth2/userinfo";
    /// OpenID Connect RP-Initiated Logout 1.0 §2.
    pub const END_SESSION: &str = "/oauth2/logout";
    /// Gives the browser of a confirmed login the cookie of its session.
    pub const BEGIN_SESSION: &str = "/oauth2/sessions/{login_id}";
    /// RFC 7517.
    pub const JWKS: &str = "/oauth2/jwks";
    /// RFC 8628 §3.1.
    pub const DEVICE_AUTHORIZATION: &str = "/oauth2/device_authorization";
    /// RFC 9126 §2.
    pub const PUSHED_REQUESTS: &str = "/oauth2/par";
    /// Android's statement list (Digital Asset Links).
    pub const ASSET_LINKS: &str = "/.well-known/assetlinks.json";
    /// The association file of iOS.
    pub const APPLE_APP_SITE_ASSOCIATION: &str = "/.well-known/apple-app-site-association";
    /// The association file of HarmonyOS.
    pub const APP_LINKING: &str = "/.well-known/applinking.json";
    /// The page that explains a device's code (RFC 8628 §3.3).
    pub const DEVICE: &str = "/device";

    /// Returns the path of one login: `template` with its parameter filled in.
    pub fn of_login(template: &str, login_id: LoginId) -> String {
        template.replace("{login_id}", &login_id.to_string())
    }
}

/// The header in which a browser without a socket proves its login.
pub const RECEIVE_KEY_HEADER: &str = "saoma-receive-key";

/// The longest that a poll is held, in seconds: proxies commonly end a request that is silent for 30 s.
pub const MAX_POLL_WAIT_SECONDS: u32 = 25;

/// The answer to a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct PollAnswer {
    /// The messages after the `seq` that the poll named, in order.
    pub messages: Vec<ServerMessage>,
    /// The close of the poll: the browser obeys its code instead of polling again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close: Option<CloseNotice>,
}

/// The optional body of a request that gives a login up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct CancelRequest {
    /// The reason, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<CancelReason>,
}

/// A scanned or typed code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(untagged, expecting = "expected an object with `qr` or `user_code`")]
pub enum ScanRequest {
    /// The QR code's text.
    Qr {
        /// As the camera read it.
        qr: String,
    },
    /// The typed code.
    UserCode {
        /// In any case, with or without the hyphen.
        user_code: String,
    },
}

impl fmt::Debug for ScanRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Qr { .. } => "Qr(…)",
            Self::UserCode { .. } => "UserCode(…)",
        })
    }
}

/// The browser's request as the person must see it before confirming: site, browser, place and time (RFC 8628 §5.4,
/// BCP 247).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ScanContext {
    /// The login.
    pub login_id: LoginId,
    /// The site that the browser will be logged in to.
    pub client: ClientContext,
    /// The browser that asks.
    pub requester: RequesterContext,
    /// The browser's network, compared with the phone's own.
    #[serde(default)]
    pub network: Network,
    /// The time of the request, in Unix seconds.
    pub requested_at: u64,
    /// Seconds left to confirm.
    pub expires_in: u32,
    /// The person's name, for "is this you?".
    pub person: String,
    /// The identities that the person may log in with.
    pub identities: Vec<Identity>,
    /// True if the person is new to this browser: it is being asked whether to go on, and a confirm is refused with
    /// `not_agreed` until it agrees.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "codegen", ts(optional, as = "Option<bool>"))]
    pub agree: bool,
    /// Seconds for which other sites may log the browser in as this person, without asking the phone (single sign-on).
    /// Absent if none may. The app says so beside the site's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "codegen", ts(optional, type = "number"))]
    pub session_lifetime: Option<u64>,
    /// The device that asks, in place of a browser. The app shows its code, and asks whether the device shows the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "codegen", ts(optional))]
    pub device: Option<DeviceContext>,
}

/// A device that asks to be logged in (RFC 8628 §3.3.1, §5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct DeviceContext {
    /// The code that the device shows.
    pub user_code: UserCode,
}

/// A relying party as people know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ClientContext {
    /// Its registered id.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// The origin where the browser lands; empty for a device, which lands nowhere.
    pub origin: String,
}

/// A browser as far as the gateway can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct RequesterContext {
    /// The IP address of the request. If `place` is `unknown`, it may be that of a proxy.
    pub address: String,
    /// The distance of the browser from the gateway.
    pub place: Place,
    /// A name of the place, such as a city. This gateway does not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_name: Option<String>,
    /// The browser's name and version, by its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// The operating system, by the browser's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

/// The scope of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Loopback.
    SameMachine,
    /// Private or link-local (RFC 1918, RFC 4193, RFC 3927).
    LocalNetwork,
    /// Any other address.
    Internet,
    /// The gateway cannot tell: a proxy that it does not know stands between, or the address says nothing about a
    /// gateway that is reached over the internet.
    Unknown,
}

/// The browser's network as the phone sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Network {
    /// Browser and phone share an IPv4 address, or the /64 of an IPv6 address.
    Same,
    /// They do not.
    Different,
    /// The two addresses cannot be compared: the gateway does not know the phone's own address, or not the browser's; one
    /// is IPv4 and the other IPv6; or both are private.
    #[default]
    Unknown,
}

/// The choice of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ConfirmRequest {
    /// The id of the chosen identity.
    pub identity: String,
    /// True if the person has compared the device's code on both screens; required for a device, and ignored for a browser.
    #[serde(default, skip_serializing_if = "is_false")]
    #[cfg_attr(feature = "codegen", ts(optional, as = "Option<bool>"))]
    pub same_user_code: bool,
}

/// The answer to a confirm or a reject: the first one and each repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Decision {
    /// The status of the login from now on.
    pub status: DecisionStatus,
}

/// A person's decision about a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DecisionStatus {
    /// The browser is being logged in.
    Confirmed,
    /// The browser was told no.
    Rejected,
}
