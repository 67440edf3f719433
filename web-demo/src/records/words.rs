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
    /// Both texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// A text of the catalogue.
    pub fn of_texts<T: Into<String>>(text: impl Fn(&'static Texts) -> T) -> Self {
        Self::of_locales(|locale| text(locale.texts()))
    }

    /// A text that is made for each language.
    pub fn of_locales<T: Into<String>>(text: impl Fn(Locale) -> T) -> Self {
        Self::new(text(Locale::Chinese), text(Locale::English))
    }

    /// The text in one language.
    pub fn of(&self, locale: &Locale) -> &str {
        locale.pick(&self.zh, &self.en)
    }

    /// Its lines in one language, without the empty ones.
    pub fn paragraphs(&self, locale: &Locale) -> Vec<&str> {
        let lines = self.of(locale).lines().map(str::trim);
        lines.filter(|line| !line.is_empty()).collect()
    }
}

/// An amount of money, kept in fen, shown in yuan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct Yuan(pub i64);

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
