//! Figures formatted for people.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use super::figures::Unit;

/// Formats a value with its unit.
pub(crate) fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Milliseconds => format!("{} ms", decimal(value)),
        Unit::Microseconds => format!("{} µs", decimal(value)),
        Unit::Seconds => format!("{} s", decimal(value)),
        Unit::Bytes => bytes(value),
        Unit::PerSecond => format!("{} /s", decimal(value)),
        Unit::Count => count(value.round() as u64),
        Unit::Ratio => decimal(value),
    }
}

/// Formats three or four significant digits, with thousands separators.
pub(crate) fn decimal(value: f64) -> String {
    let magnitude = value.abs();
    let decimals = match magnitude {
        m if m >= 1000.0 || m == 0.0 => 0,
        m if m >= 100.0 => 1,
        m if m >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    if magnitude < 1000.0 {
        text
    } else {
        grouped(&text)
    }
}

/// Formats milliseconds to the microsecond, for columns aligned at the decimal point.
pub(crate) fn fixed(value: f64) -> String {
    let text = format!("{value:.3}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, "000"));
    format!("{}.{fraction}", grouped(whole))
}

/// Formats an integer with thousands separators.
pub(crate) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// Formats bytes, exactly up to 10 KiB because the cost of a socket is.
pub(crate) fn bytes(value: f64) -> String {
    const UNITS: [(f64, &str); 3] = [
        (1_073_741_824.0, "GiB"),
        (1_048_576.0, "MiB"),
        (1024.0, "KiB"),
    ];
    if value.abs() < 10.0 * 1024.0 {
        return format!("{} B", grouped(&format!("{value:.0}")));
    }
    let (size, name) = UNITS
        .into_iter()
        .find(|(size, _)| value.abs() >= *size)
        .unwrap_or(UNITS[2]);
    format!("{} {name}", decimal(value / size))
}

/// Formats a moment, from seconds since 1970.
pub(crate) fn moment(seconds: u64) -> String {
    let moment = UNIX_EPOCH
        .checked_add(Duration::from_secs(seconds))
        .unwrap_or(UNIX_EPOCH);
    // Moments after the year 9999 cannot be formatted.
    let moment = if seconds < 253_402_300_800 {
        moment
    } else {
        UNIX_EPOCH
    };
    let text = humantime::format_rfc3339_seconds(moment).to_string();
    text.replace('T', " ").replace('Z', " UTC")
}

/// Flattens the settings of a scenario to names and values, without empty ones.
///
/// A member of a member has the name `behaviours.login`. Each phase is one value: `phases.1` is `open (browsers 5)`.
pub(crate) fn settings(settings: &Value) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    for (name, value) in settings.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Object(_) => {
                flat.extend(
                    self::settings(value)
                        .into_iter()
                        .map(|(inner, value)| (format!("{name}.{inner}"), value)),
                );
            }
            Value::Array(values) if values.iter().any(Value::is_object) => {
                for (index, value) in (1..).zip(values) {
                    flat.push((format!("{name}.{index}"), phase(value)));
                }
            }
            Value::Array(values) => {
                let values: Vec<_> = values.iter().map(plain).collect();
                flat.push((name.clone(), values.join(", ")));
            }
            value => flat.push((name.clone(), plain(value))),
        }
    }
    flat.retain(|(_, value)| !value.is_empty());
    flat
}

/// Formats a phase as its kind and settings: `open (browsers 5, settle 2.0)`.
fn phase(phase: &Value) -> String {
    let (kind, members): (Vec<_>, Vec<_>) = settings(phase)
        .into_iter()
        .partition(|(name, _)| name == "kind");
    let kind = kind.into_iter().map(|(_, kind)| kind).collect::<String>();
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    if members.is_empty() {
        kind
    } else {
        format!("{kind} ({})", members.join(", "))
    }
}

/// Formats a value, a string without its quotes.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the displayed name of a percentile: `p99_9` is `p99.9`.
pub(crate) fn percentile(member: &str) -> String {
    member.replace('_', ".")
}

fn grouped(digits: &str) -> String {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |rest| ("-", rest));
    let mut text = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_readable() {
        assert_eq!(
            [0.0, 0.1234, 1.234, 123.45, 1234.5, 1_234_567.0].map(decimal),
            ["0", "0.123", "1.23", "123.5", "1,234", "1,234,567"]
        );
        assert_eq!(
            [0.0, 2048.0, 20_480.0, 130e6, -5e9].map(bytes),
            ["0 B", "2,048 B", "20.00 KiB", "124.0 MiB", "-4.66 GiB"]
        );
        assert_eq!([7, 1000, 999_999].map(count), ["7", "1,000", "999,999"]);
        assert_eq!([0.06, 12_345.678].map(fixed), ["0.060", "12,345.678"]);
        assert_eq!(moment(1_700_000_000), "2023-11-14 22:13:20 UTC");
        let nested = serde_json::json!({
            "rate": 2.5, "people": { "login": 1 }, "sizes": [1, 2], "abuse": null, "none": [],
            "phases": [{ "kind": "open", "browsers": 5 }, { "kind": "hold", "duration": 1.5 }],
        });
        let expected = [
            ("people.login", "1"),
            ("phases.1", "open (browsers 5)"),
            ("phases.2", "hold (duration 1.5)"),
            ("rate", "2.5"),
            ("sizes", "1, 2"),
        ];
        assert_eq!(
            settings(&nested),
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert_eq!(moment(u64::MAX), "1970-01-01 00:00:00 UTC");
    }
}
