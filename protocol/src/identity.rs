//! Who may log in, and as what: the vocabulary between gateway, app and the app's backend.

use serde::{Deserialize, Serialize};

/// One of the identities that a person may log in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct Identity {
    /// Names it among the person's identities, such as `personal` or `unit:90001`.
    pub id: String,
    /// What it is.
    pub kind: IdentityKind,
    /// The person's or the unit's name.
    pub name: String,
    /// What the person is to the unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<UnitRole>,
}

/// Whether a person acts for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// For themselves.
    Personal,
    /// For a unit: a company, an office.
    Unit,
}

/// In what role a person acts for a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "codegen", derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UnitRole {
    /// The unit's legal representative.
    LegalRepresentative,
    /// An agent whom the legal representative has authorised.
    AuthorisedAgent,
    /// An operator whom the authority has added.
    Operator,
}

/// What the app's backend says of an access token (RFC 7662 §2.2), or the claims of a JWT that it signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "codegen",
    derive(ts_rs::TS, schemars::JsonSchema),
    ts(optional_fields)
)]
pub struct IntrospectionResponse {
    /// Whether the token is good now. All else is absent when it is not.
    #[serde(default)]
    pub active: bool,
    /// Who the person is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The person's name. Browsers see it masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the person may log in as.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<OfferedIdentity>,
    /// Why the person may not log in now, such as `card_reported_lost`; absent in good standing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
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
    /// Why it may not be used now, such as `delegation_ended`; absent in good standing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

impl From<Identity> for OfferedIdentity {
    fn from(identity: Identity) -> Self {
        Self {
            identity,
            refusal: None,
        }
    }
}

/// A name as a stranger may see it: the first character and `*` (threat T18).
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
    fn a_masked_name_shows_one_character() {
        assert_eq!(masked_name("示例甲"), "示*");
        assert_eq!(masked_name("  A Name"), "A*");
        assert_eq!(masked_name(""), "*");
    }
}
