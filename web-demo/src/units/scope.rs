//! What an agent may do for a unit.

use serde::{Deserialize, Serialize};

use crate::pages::Locale;

/// A kind of the unit's affairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Affair {
    /// Registering employees with the social insurance.
    Registration,
    /// Declaring contributions and paying them.
    Contributions,
    /// The employees' social-security cards.
    Cards,
}

impl Affair {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Registration, Self::Contributions, Self::Cards];

    /// What people call it.
    pub const fn words(&self, locale: Locale) -> &'static str {
        let (zh, en) = match self {
            Self::Registration => ("职工参保登记", "registration of employees"),
            Self::Contributions => ("缴费申报", "contributions"),
            Self::Cards => ("职工社保卡业务", "employees' cards"),
        };
        locale.pick(zh, en)
    }
}

/// The affairs that an agent is appointed for: at least one, each once. JSON in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope(Vec<Affair>);

impl Scope {
    /// These affairs; none if there is none.
    pub fn new(affairs: impl IntoIterator<Item = Affair>) -> Option<Self> {
        let mut affairs: Vec<Affair> = affairs.into_iter().collect();
        affairs.sort_unstable();
        affairs.dedup();
        (!affairs.is_empty()).then_some(Self(affairs))
    }

    /// Whether this affair is among them.
    pub fn has(&self, affair: Affair) -> bool {
        self.0.contains(&affair)
    }

    /// The affairs, as a list that people read.
    pub fn words(&self, locale: Locale) -> String {
        let words: Vec<&str> = self.0.iter().map(|affair| affair.words(locale)).collect();
        words.join(locale.pick("、", ", "))
    }

    /// As the database has it.
    pub fn to_json(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
}

impl TryFrom<String> for Scope {
    type Error = serde_json::Error;

    fn try_from(json: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&json).map(Self)
    }
}
