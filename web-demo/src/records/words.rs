//! Texts in both languages, and amounts of money.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::pages::{Locale, Texts};

/// A text in both languages; JSON in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    zh: String,
    en: String,
}

impl Words {
    /// The two.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// A text of the catalogue.
    pub fn of_texts(text: impl Fn(&'static Texts) -> &'static str) -> Self {
        let [zh, en] = [Locale::Chinese, Locale::English].map(|locale| text(locale.texts()));
        Self::new(zh, en)
    }

    /// The text in one language.
    pub fn of(&self, locale: &Locale) -> &str {
        locale.pick(&self.zh, &self.en)
    }

    /// Its lines that are not empty, in one language.
    pub fn paragraphs(&self, locale: &Locale) -> Vec<&str> {
        self.of(locale)
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect()
    }

    /// As the database has it.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl TryFrom<String> for Words {
    type Error = serde_json::Error;

    fn try_from(json: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&json)
    }
}

/// An amount of money, kept in fen, shown in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Yuan(pub i64);

impl From<i64> for Yuan {
    fn from(fen: i64) -> Self {
        Self(fen)
    }
}

impl std::ops::Add for Yuan {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl fmt::Display for Yuan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (yuan, fen) = ((self.0 / 100).to_string(), self.0 % 100);
        for (position, digit) in yuan.char_indices() {
            if position > 0 && (yuan.len() - position).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{fen:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_to_the_fen() {
        for (fen, shown) in [
            (0, "0.00"),
            (5, "0.05"),
            (99_999, "999.99"),
            (100_000, "1,000.00"),
            (123_456_789, "1,234,567.89"),
        ] {
            assert_eq!(Yuan(fen).to_string(), shown);
        }
    }
}
