//! Members of the app backend's answer that cannot be read.

use serde_json::Value;

use super::IdentityError;

/// A member that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{member}: {problem}")]
pub(super) struct MemberError {
    /// Name of the member.
    pub(super) member: &'static str,
    /// The problem, which quotes nothing of the value.
    pub(super) problem: String,
}

impl MemberError {
    /// Creates an error that quotes nothing of the value.
    pub(super) fn new(member: &'static str, problem: impl Into<String>) -> Self {
        Self {
            member,
            problem: problem.into(),
        }
    }

    /// Says the type only: the value may be personal data.
    pub(super) fn wrong_type(member: &'static str, expected: &str, found: &Value) -> Self {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        Self::new(member, format!("expected {expected}, found {found}"))
    }
}

impl From<MemberError> for IdentityError {
    fn from(error: MemberError) -> Self {
        Self::unavailable(error)
    }
}

/// Logs a member that is left out.
pub(super) fn ignored(error: &MemberError) {
    tracing::warn!(
        member = error.member,
        problem = error.problem,
        "ignored a member of the app backend's answer"
    );
}
