//! Times in tokens (RFC 7519 §2, NumericDate).

use serde_json::{Map, Value};

use super::{RefusalReason, TokenRefusal, member};

/// Seconds by which clocks may differ.
pub(crate) const LEEWAY: f64 = 60.0;

/// Returns an instant in Unix seconds; `None` if the member is absent.
///
/// # Errors
/// Returns a refusal if the member is no number.
pub(crate) fn time(
    claims: &Map<String, Value>,
    name: &str,
    reason: RefusalReason,
) -> Result<Option<f64>, TokenRefusal> {
    match member(claims, name) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|time| time.is_finite()) {
            Some(seconds) => Ok(Some(seconds)),
            None => Err(TokenRefusal::of(reason, "not a number")),
        },
    }
}
