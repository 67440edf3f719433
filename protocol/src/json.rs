//! JSON from untrusted peers.

use serde::de::DeserializeOwned;

/// Maximum characters of an error text. Serde quotes the sender's text, which may be thousands of characters long.
const MAX_ERROR_CHARS: usize = 200;

/// Reads an object. Serde alone would also accept an array, as the members by position.
///
/// # Errors
/// Returns the problem as a text for the sender: one line of at most 200 characters.
pub fn read_object<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err("expected a JSON object".to_owned());
    }
    serde_json::from_slice(json).map_err(|error| {
        let text = error.to_string();
        text.chars()
            .filter(|c| !c.is_control())
            .take(MAX_ERROR_CHARS)
            .collect()
    })
}
