//! Lists in pages.

use serde::Deserialize;

/// The page of a list that an address asks for. A value that is no number means the first.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Paging {
    page: Option<String>,
}

impl Paging {
    /// The page, from 1.
    pub(crate) fn number(&self) -> u32 {
        let number = self.page.as_deref().and_then(|page| page.parse().ok());
        number
            .filter(|number| (1..=100_000).contains(number))
            .unwrap_or(1)
    }
}
