//! A duration that may be `off`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

/// Text of no duration.
const OFF: &str = "off";

/// Reads `off`, or a duration such as `8h`.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == OFF {
        return Ok(None);
    }
    let duration = humantime_serde::re::humantime::parse_duration(&text);
    duration.map(Some).map_err(|error| {
        serde::de::Error::custom(format!(
            "expected {OFF:?} or a duration such as \"8h\": {error}"
        ))
    })
}

/// Writes the same.
pub(super) fn serialize<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => {
            serializer.collect_str(&humantime_serde::re::humantime::format_duration(*duration))
        }
        None => serializer.serialize_str(OFF),
    }
}
