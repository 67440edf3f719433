//! The catalogue of texts: `texts/zh.toml` and `texts/en.toml`.
//!
//! `build.rs` turns both files into one struct with a field for each text. A text, a list item or a
//! placeholder that only one language has fails the build; a text that is not used is a warning of
//! dead code.

use std::fmt::Display;

use super::Locale;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

impl Locale {
    /// Returns the texts of this language.
    pub const fn texts(self) -> &'static Texts {
        self.pick(&CHINESE, &ENGLISH)
    }
}
