//! Mobile numbers, and which of them are known to be given out in another province.

use std::sync::LazyLock;

use saoma_protocol::typed;

/// A mobile number of mainland China: 11 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhoneNumber(String);

/// A text that is no mobile number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAPhoneNumber;

/// Ranges of the first [`PREFIX_DIGITS`] digits that are given out in other provinces, ascending; both ends belong to them.
static ELSEWHERE: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
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
    /// Returns a number that no phone has, for a code that is sent nowhere.
    pub(crate) fn none() -> Self {
        Self("0".repeat(DIGITS))
    }

    /// All 11 digits.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if the number is known to be given out in another province.
    ///
    /// The data ends some day, and new ranges come. A number of an unknown range is taken for one of the province: the code
    /// that is sent to it proves that it is the person's (row P4).
    pub(crate) fn is_known_elsewhere(&self) -> bool {
        let Ok(prefix) = self.0[..PREFIX_DIGITS].parse::<u32>() else {
            return false;
        };
        let after = ELSEWHERE.partition_point(|(low, _)| *low <= prefix);
        after > 0 && prefix <= ELSEWHERE[after - 1].1
    }

    /// The number as others may see it: `130****0001`.
    pub(crate) fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[PREFIX_DIGITS..])
    }
}

impl TryFrom<&str> for PhoneNumber {
    type Error = NotAPhoneNumber;

    /// Reads a number in any spelling: full-width, in groups, with the country's code (row P2).
    fn try_from(typed: &str) -> Result<Self, NotAPhoneNumber> {
        let digits = typed::phone_number(typed);
        let mobile = digits.len() == DIGITS
            && digits.starts_with('1')
            && matches!(digits.as_bytes()[1], b'3'..=b'9');
        if mobile && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(NotAPhoneNumber)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows S3a and P4.
    #[test]
    fn p4_only_a_number_known_to_be_of_another_province_is_elsewhere() {
        for (number, expected) in [
            ("13009700001", false),
            ("13000970000", false),
            ("130 0098 9999", false),
            ("13000960000", true),
            ("+86 138-0010-0000", true),
            ("19904510000", false),
            ("19999999999", false),
        ] {
            let parsed = PhoneNumber::try_from(number).unwrap();
            assert_eq!(parsed.is_known_elsewhere(), expected, "{number}");
        }
        assert!(ELSEWHERE.len() > 700);
        assert!(ELSEWHERE.is_sorted_by(|one, next| one.0 <= one.1 && one.1 < next.0));
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
            "+852 5123 4567",
            "1300970000a",
        ] {
            assert_eq!(PhoneNumber::try_from(text), Err(NotAPhoneNumber), "{text}");
        }
    }
}
