//! Persons and the identities that they log in with: the vocabulary between gateway, app and the app's backend.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the identities that a person may log in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct Identity {
    /// Names the identity among the person's identities, such as `personal` or `unit:90001`.
    pub id: String,
    /// The kind of identity.
    pub kind: IdentityKind,
    /// The person's or the unit's name.
    pub name: String,
    /// The person's role in the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<IdentityRole>,
}

/// Declares an open string: registered values as constants, every other value passed on unchanged.
macro_rules! open_string {
    ($(#[$meta:meta])* $name:ident { $($(#[$value_meta:meta])* $constant:ident = $value:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
        pub struct $name(
            #[cfg_attr(feature = "codegen", schemars(length(min = 1, max = 80)))] Cow<'static, str>,
        );

        impl $name {
            $($(#[$value_meta])* pub const $constant: Self = Self::from_static($value);)*

            /// Creates a value that is known at compile time.
            pub const fn from_static(value: &'static str) -> Self {
                Self(Cow::Borrowed(value))
            }

            /// Returns the value as it stands on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(Cow::Owned(value))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

open_string! {
    /// The kind of an identity. An open string: `personal`, `unit` and `other` are registered, and a receiver shows an
    /// identity of any other kind by its name.
    IdentityKind {
        /// The person acts for themselves.
        PERSONAL = "personal",
        /// The person acts for a unit: a company, an office.
        UNIT = "unit",
        /// The backend named no kind.
        OTHER = "other",
    }
}

open_string! {
    /// The person's role in a unit, in the words of the app's backend. An open string: a receiver shows an identity with a
    /// role that it does not know by the identity's name.
    IdentityRole {}
}

/// The answer of the app's backend about an access token (RFC 7662 §2.2), or the claims of a JWT that the backend signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct IntrospectionResponse {
    /// True while the token is valid. Every other member is absent when it is not.
    #[serde(default)]
    pub active: bool,
    /// The person's id at the app's backend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The person's name. Browsers get it masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The identities that the person may log in with. Where the member is absent and `refusal` too, the person logs in as
    /// themselves; an empty list offers nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identities: Option<Vec<OfferedIdentity>>,
    /// The reason that keeps the person from logging in now, such as `card_reported_lost`; absent in good standing.
    #[serde(rename = "refusal", default, skip_serializing_if = "Option::is_none")]
    pub ineligible_reason: Option<String>,
    /// The phone's own IP address, as the backend sees it. The gateway compares it with the browser's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_address: Option<String>,
    /// The gateway's name at the backend, or several names: the token is meant for these (RFC 7519 §4.1.3).
    #[serde(rename = "aud", default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    /// The app that the token was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The token's scopes, space-separated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The token's end, in Unix seconds.
    #[serde(rename = "exp", default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// The token's beginning, in Unix seconds.
    #[serde(rename = "nbf", default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<u64>,
    /// `Bearer`, if the backend says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
}

/// The servers that a token is meant for: one name, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(untagged)]
pub enum Audience {
    /// One name.
    One(String),
    /// Several names.
    Several(Vec<String>),
}

/// An identity and its own standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct OfferedIdentity {
    /// The identity.
    #[serde(flatten)]
    pub identity: Identity,
    /// The reason that keeps the identity from being used now, such as `delegation_ended`; absent in good standing.
    #[serde(rename = "refusal", default, skip_serializing_if = "Option::is_none")]
    pub ineligible_reason: Option<String>,
}

impl From<Identity> for OfferedIdentity {
    fn from(identity: Identity) -> Self {
        Self {
            identity,
            ineligible_reason: None,
        }
    }
}

/// Masks a name for strangers: the first character and `*` (threat T18).
pub fn masked_name(name: &str) -> String {
    name.trim()
        .chars()
        .next()
        .map_or_else(|| "*".to_owned(), |first| format!("{first}*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unregistered_kinds_and_roles_pass_through_unchanged() {
        let text = r#"{"id":"shop:7","kind":"franchise","name":"示例店","role":"店长"}"#;
        let identity: Identity = serde_json::from_str(text).expect("an identity");
        assert_eq!(identity.kind.as_str(), "franchise");
        assert_eq!(identity.role, Some(IdentityRole::from_static("店长")));
        assert_eq!(serde_json::to_string(&identity).expect("JSON"), text);
    }

    #[test]
    fn a_registered_kind_equals_its_constant() {
        let kind: IdentityKind = serde_json::from_str(r#""personal""#).expect("a kind");
        assert_eq!(kind, IdentityKind::PERSONAL);
        assert_eq!(kind, IdentityKind::from("personal".to_owned()));
    }

    #[test]
    fn a_masked_name_shows_one_character() {
        assert_eq!(masked_name("示例甲"), "示*");
        assert_eq!(masked_name("  A Name"), "A*");
        assert_eq!(masked_name(""), "*");
    }
}
