//! The language that a browser asks for.

/// Ranges of one request that are looked at: browsers send up to a dozen.
const MAX_RANGES: usize = 64;

/// Picks the language that a browser accepts best, by its `Accept-Language` (RFC 9110 §12.5.4), whose lines are joined by
/// commas. `offered` are primary subtags in lower case, such as `zh`. Of equal weights the first range wins; `*` stands for
/// the offered languages that no other range names, in their order. Malformed ranges are passed over. Returns `None` if no
/// offered language is accepted.
#[must_use]
pub fn accepted_language<'a>(accepted: &str, offered: &[&'a str]) -> Option<&'a str> {
    let ranges: Vec<_> = accepted
        .split(',')
        .filter_map(LanguageRange::read)
        .take(MAX_RANGES)
        .enumerate()
        .collect();
    let weighed = offered.iter().filter_map(|language| {
        let of = |names: &dyn Fn(&str) -> bool| {
            let named = ranges.iter().filter(|(_, range)| names(range.primary));
            let weighed = named.map(|(place, range)| (range.weight, usize::MAX - place));
            weighed.max()
        };
        let best = of(&|primary| primary.eq_ignore_ascii_case(language));
        let (weight, place) = best.or_else(|| of(&|primary| primary == "*"))?;
        (weight > 0).then_some((weight, place, *language))
    });
    // `max_by_key` returns the last of equals, but the languages of one `*` go by their order.
    let best = weighed
        .rev()
        .max_by_key(|(weight, place, _)| (*weight, *place));
    best.map(|(_, _, language)| language)
}

/// A range of languages, with its weight in thousandths.
struct LanguageRange<'a> {
    primary: &'a str,
    weight: u16,
}

impl<'a> LanguageRange<'a> {
    fn read(element: &'a str) -> Option<Self> {
        let (tag, weight) = match element.split_once(';') {
            Some((tag, parameter)) => (tag, weight(parameter)?),
            None => (element, 1000),
        };
        let tag = tag.trim();
        let mut subtags = tag.split('-');
        let primary = subtags.next()?;
        let is_subtag = |subtag: &str| {
            (1..=8).contains(&subtag.len())
                && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let is_range = tag == "*"
            || is_subtag(primary)
                && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
                && subtags.all(|subtag| subtag == "*" || is_subtag(subtag));
        is_range.then_some(Self { primary, weight })
    }
}

/// Reads `q=0.5` in thousandths (RFC 9110 §12.4.2).
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.trim().split_once('=')?;
    if !name.trim_end().eq_ignore_ascii_case("q") {
        return None;
    }
    let value = value.trim_start();
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let is_decimals = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        _ if !is_decimals => None,
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(accepted: &str) -> &'static str {
        accepted_language(accepted, &["zh", "en"]).unwrap_or("-")
    }

    /// Row U16.
    #[test]
    fn the_language_of_the_highest_weight_is_picked() {
        for (accepted, expected) in [
            ("en;q=0.5, zh;q=0.9", "zh"),
            ("zh;q=0.5, en;q=0.9", "en"),
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
            ("en-GB, en;q=0.9, zh;q=0.9", "en"),
            ("en, zh", "en"),
            ("zh, en", "zh"),
            ("fr, de;q=0.9, en;q=0.1", "en"),
            ("zh-Hant", "zh"),
            ("ZH-hant-TW; Q=0.2 , EN ; q=0.1", "zh"),
            ("fr", "-"),
            ("", "-"),
            ("*", "zh"),
            ("fr, *;q=0.5", "zh"),
            ("*, zh;q=0", "en"),
            ("zh;q=0", "-"),
            ("zh;q=0, *;q=0.1", "en"),
            ("zh;q=0.000, en;q=0.001", "en"),
            ("en;q=0.4, *;q=0.5", "zh"),
            ("zh-Hant;q=0, zh;q=0.1, en;q=0", "zh"),
            ("zh;q=1.000, en", "zh"),
        ] {
            assert_eq!(picked(accepted), expected, "{accepted}");
        }
    }

    /// Row U16.
    #[test]
    fn malformed_ranges_are_passed_over() {
        for malformed in [
            "zh;q=2",
            "zh;q=1.001",
            "zh;q=0.1234",
            "zh;q=-1",
            "zh;q=.5",
            "zh;q=",
            "zh;q",
            "zh;level=1",
            "zh;q=0.5;x=1",
            "z h",
            "zh-",
            "zh--CN",
            "zh_CN",
            "1zh",
            "zhongwenzh",
            "z\u{fc}",
            ";q=1",
            "*-zh",
            "-",
        ] {
            assert_eq!(picked(malformed), "-", "{malformed}");
            assert_eq!(
                picked(&format!("{malformed},, en;q=0.1 ,")),
                "en",
                "{malformed}"
            );
        }
    }

    /// Row U16: an attacker's header is of linear cost and changes nothing.
    #[test]
    fn a_header_of_8_kb_is_read_up_to_a_bound() {
        for unit in ["a,", ",", "a-a-", "zh;q=0.0001,", ";q=", "*;q=0,"] {
            let long = unit.repeat(8 * 1024 / unit.len());
            assert_eq!(picked(&long), "-", "{unit}");
        }
        let late = format!("{}en", "fr,".repeat(MAX_RANGES));
        assert_eq!(picked(&late), "-");
    }
}
