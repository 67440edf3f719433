//! Sessions at the provider, as a person's app lists and ends them, and as the app's backend ends them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::endpoint::RequesterContext;
use crate::identity::Identity;
use crate::login_id::LoginId;

/// The sessions of a person, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SessionList {
    /// Those that have not ended.
    pub sessions: Vec<SessionSummary>,
}

/// A session of a person: a browser that sites keep logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SessionSummary {
    /// Its id: that of the login that began it, and the `sid` of its ID tokens.
    pub sid: LoginId,
    /// The sites that it has logged the browser in to.
    pub clients: Vec<SessionSite>,
    /// The browser that began it.
    pub requester: RequesterContext,
    /// The identity that the person chose.
    pub identity: Identity,
    /// Its beginning, in Unix seconds.
    pub began_at: u64,
    /// Its last use, in Unix seconds.
    pub used_at: u64,
    /// Its end unless it is used, in Unix seconds.
    pub expires_at: u64,
}

/// A site of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SessionSite {
    /// Its registered id.
    pub client_id: String,
    /// Its name; the id if it is no longer registered.
    pub name: String,
}

/// The app's backend ends sessions: a card is lost, a delegation is withdrawn.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct BackendLogoutRequest {
    /// The person: the `sub` of introspection.
    pub sub: String,
    /// The id of the identity whose sessions end; without it all of the person's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The reason for the gateway's log, such as `card_reported_lost`: at most 64 letters, digits and `_ - . :`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl fmt::Debug for BackendLogoutRequest {
    /// Without the person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackendLogoutRequest")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// The sessions that a request has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
pub struct EndedSessions {
    /// Number of sessions. A repeat ends none.
    pub ended: u32,
}
