//! The affairs that an agent may act in for a unit.

use serde::{Deserialize, Serialize};

use crate::pages::Texts;

/// A kind of the unit's affairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Affair {
    /// Registering employees with the social insurance.
    Registration,
    /// Declaring contributions and paying them.
    Contributions,
    /// The employees' social-security cards.
    Cards,
}

impl Affair {
    pub(crate) const ALL: [Self; 3] = [Self::Registration, Self::Contributions, Self::Cards];

    pub(crate) const fn words(self, texts: &Texts) -> &'static str {
        texts.unit.affair_names[self as usize]
    }
}

/// The affairs that an agent is appointed for: at least one, each once. JSON in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scope(Vec<Affair>);

impl Scope {
    /// A scope of these affairs; `None` for an empty list.
    pub(crate) fn new(affairs: impl IntoIterator<Item = Affair>) -> Option<Self> {
        let mut affairs: Vec<Affair> = affairs.into_iter().collect();
        affairs.sort_unstable();
        affairs.dedup();
        (!affairs.is_empty()).then_some(Self(affairs))
    }

    pub(crate) fn has(&self, affair: Affair) -> bool {
        self.0.contains(&affair)
    }

    pub(crate) fn words(&self, texts: &Texts) -> String {
        let words: Vec<&str> = self.0.iter().map(|affair| affair.words(texts)).collect();
        words.join(texts.unit.comma)
    }
}
