//! JSON from strangers.

use serde::de::DeserializeOwned;

/// Characters of a complaint: those of serde quote what they complain of, which may be thousands long.
const MAX_COMPLAINT_CHARS: usize = 200;

/// Reads an object. Left to itself serde takes an array too, as the members by position.
///
/// # Errors
/// What is wrong with it, for whoever wrote it: one line of at most 200 characters.
pub fn read_object<T: DeserializeOwned>(json: &[u8]) -> Result<T, String> {
    if json.trim_ascii_start().first() != Some(&b'{') {
        return Err("a JSON object is asked for".to_owned());
    }
    serde_json::from_slice(json).map_err(|error| {
        let complaint = error.to_string();
        complaint
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_COMPLAINT_CHARS)
            .collect()
    })
}
