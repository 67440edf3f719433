//! Social-security cards, and whether their holder may log in by scanning.

mod services;

use serde::Deserialize;
pub use services::{CardService, Holding, holding};
use sqlx::SqlitePool;

/// The state of a physical card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(rename_all = "snake_case")]
pub enum CardState {
    /// In use.
    Active,
    /// Sealed.
    Sealed,
    /// Reported lost.
    ReportedLost,
    /// Locked against applications.
    ApplicationLocked,
    /// Cancelled.
    Cancelled,
}

/// Why a citizen may not log in by scanning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardRefusal {
    /// There is no electronic card: the first scan needs it.
    NoCard,
    /// The card is sealed.
    Sealed,
    /// The card is reported lost.
    ReportedLost,
    /// The card is locked against applications.
    ApplicationLocked,
    /// The card is cancelled.
    Cancelled,
}

impl CardRefusal {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::NoCard, Self::Sealed, Self::ReportedLost, Self::ApplicationLocked, Self::Cancelled];

    /// The refusal as the gateway passes it on (`reason` of `identity_refused`).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoCard => "no_card",
            Self::Sealed => "card_sealed",
            Self::ReportedLost => "card_reported_lost",
            Self::ApplicationLocked => "card_application_locked",
            Self::Cancelled => "card_cancelled",
        }
    }

    /// The refusal of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.as_str() == name)
    }

    /// What a card of this state refuses, once there is an electronic one.
    const fn of(state: CardState) -> Option<Self> {
        match state {
            CardState::Active => None,
            CardState::Sealed => Some(Self::Sealed),
            CardState::ReportedLost => Some(Self::ReportedLost),
            CardState::ApplicationLocked => Some(Self::ApplicationLocked),
            CardState::Cancelled => Some(Self::Cancelled),
        }
    }
}

/// Why this citizen may not log in by scanning now; none in good standing.
///
/// # Errors
/// The database's.
pub async fn refusal(db: &SqlitePool, citizen_id: &str) -> Result<Option<CardRefusal>, sqlx::Error> {
    let state: Option<CardState> =
        sqlx::query_scalar("SELECT state FROM cards WHERE citizen_id = ?1 AND e_card_since IS NOT NULL")
            .bind(citizen_id)
            .fetch_optional(db)
            .await?;
    Ok(state.map_or(Some(CardRefusal::NoCard), CardRefusal::of))
}
