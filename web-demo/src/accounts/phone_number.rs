//! Mobile numbers, and which of them are given out in the province.

use std::sync::LazyLock;

/// A mobile number of mainland China: 11 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhoneNumber(String);

/// A text that is no mobile number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAPhoneNumber;

/// Ranges of the first [`PREFIX_DIGITS`] digits, ascending; both ends belong to them.
static OF_THE_PROVINCE: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/mobile-ranges.txt")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines
        .flat_map(str::split_whitespace)
        .filter_map(range)
        .collect()
});

const DIGITS: usize = 11;

const PREFIX_DIGITS: usize = 7;

fn range(text: &str) -> Option<(u32, u32)> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    Some((low.parse().ok()?, high.parse().ok()?))
}

impl PhoneNumber {
    /// All 11 digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if the number was given out in the province.
    pub(crate) fn is_of_the_province(&self) -> bool {
        let Ok(prefix) = self.0[..PREFIX_DIGITS].parse::<u32>() else {
            return false;
        };
        let after = OF_THE_PROVINCE.partition_point(|(low, _)| *low <= prefix);
        after > 0 && prefix <= OF_THE_PROVINCE[after - 1].1
    }

    /// The number as others may see it: `130****0001`.
    pub(crate) fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[PREFIX_DIGITS..])
    }
}

impl TryFrom<&str> for PhoneNumber {
    type Error = NotAPhoneNumber;

    fn try_from(typed: &str) -> Result<Self, NotAPhoneNumber> {
        let digits: String = typed
            .trim()
            .chars()
            .filter(|character| !matches!(character, ' ' | '-'))
            .collect();
        let digits = digits.strip_prefix("+86").unwrap_or(&digits);
        let mobile = digits.len() == DIGITS
            && digits.starts_with('1')
            && matches!(digits.as_bytes()[1], b'3'..=b'9');
        if mobile && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(digits.to_owned()))
        } else {
            Err(NotAPhoneNumber)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row S3a.
    #[test]
    fn a_number_is_of_the_province_by_its_first_seven_digits() {
        for (number, expected) in [
            ("13009700001", true),
            ("13000970000", true),
            ("130 0098 9999", true),
            ("+86 130-0099-0000", false),
            ("13000960000", false),
            ("13800100000", false),
            ("19999999999", false),
        ] {
            let parsed = PhoneNumber::try_from(number).unwrap();
            assert_eq!(parsed.is_of_the_province(), expected, "{number}");
        }
        assert!(OF_THE_PROVINCE.len() > 250);
        assert!(OF_THE_PROVINCE.is_sorted_by(|one, next| one.0 <= one.1 && one.1 < next.0));
    }

    #[test]
    fn other_texts_are_no_mobile_numbers() {
        for text in [
            "",
            "1300970000",
            "130097000011",
            "12009700001",
            "0451-88888888",
            "示例",
            "１３００９７０００１",
            "1300970000a",
        ] {
            assert_eq!(PhoneNumber::try_from(text), Err(NotAPhoneNumber), "{text}");
        }
    }
}
