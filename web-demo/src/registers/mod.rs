//! The outside world that a service hall asks and does not own: people, their social-security
//! cards, their units, and the carrier of its short messages.
//!
//! Each register is a trait with one implementation embedded in the hall's database ([`embedded`],
//! for the demo) and one over HTTP ([`http`], for a register elsewhere). The hall keeps no copy: a
//! register's answer holds at that moment only.

mod card;
mod embedded;
mod http;
mod unit;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
pub(crate) use card::{
    Card, CardAction, CardRefusesAction, CardState, Making, MakingStep, PasswordCheck, Region,
};
pub(crate) use embedded::{
    DemoCard, DemoRegisters, Message, add_operator, all_units, messages, remove_operator,
};
pub(crate) use http::HttpRegisters;
use sqlx::SqlitePool;
pub(crate) use unit::{Post, Unit, UnitMember, UnitRecord, UnitRole};

use crate::accounts::id_number::IdNumber;

/// Why a register gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum RegisterError {
    #[error("the register cannot be reached: {0}")]
    Unreachable(reqwest::Error),
    #[error("the register does not take this token")]
    TokenRefused,
    #[error("the register answered {0}")]
    Failed(::http::StatusCode),
    #[error("the register's answer cannot be read: {0}")]
    Garbled(#[from] serde_json::Error),
    /// The embedded one's database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

pub(crate) type Result<T, E = RegisterError> = std::result::Result<T, E>;

/// Maximum time of an answer: a person waits for it.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// The population register of the police.
#[async_trait]
pub(crate) trait PopulationRegister: Debug + Send + Sync {
    /// Returns the name of the person of this ID number in the register's own form, if the person
    /// exists and has this name in any spelling (row P3). The difference is not told, so that no
    /// caller learns the owner of a number.
    async fn registered_name(&self, id_number: &IdNumber, name: &str) -> Result<Option<String>>;
}

/// The register of social-security cards. A person has at most one card that counts: the one issued
/// last.
#[async_trait]
pub(crate) trait CardRegister: Debug + Send + Sync {
    /// Returns a person's card; `None` if no card has ever been issued.
    async fn card(&self, id_number: &IdNumber) -> Result<Option<Card>>;

    /// Compares a password with the card's. Counts wrong ones.
    async fn check_password(&self, id_number: &IdNumber, password: &str) -> Result<PasswordCheck>;

    /// Acts on a person's card. Returns the card as it is then, or why it refuses.
    async fn act(
        &self,
        id_number: &IdNumber,
        action: CardAction,
    ) -> Result<Result<Card, CardRefusesAction>>;

    /// Returns the progress of a person's replacement card; `None` if it was not ordered, or has
    /// been issued.
    async fn making(&self, id_number: &IdNumber) -> Result<Option<Making>>;
}

/// The register of units. Agents whom a unit authorises itself are the hall's own matter.
#[async_trait]
pub(crate) trait UnitRegister: Debug + Send + Sync {
    /// Returns a person's roles in units by the authority's records, in the order of the units'
    /// ids.
    async fn posts(&self, id_number: &IdNumber) -> Result<Vec<Post>>;

    /// A unit with its legal representative and the operators that the authority has added.
    async fn unit(&self, unit_id: &str) -> Result<Option<UnitRecord>>;
}

/// The carrier of short messages.
#[async_trait]
pub(crate) trait SmsCarrier: Debug + Send + Sync {
    /// Takes a message for this phone. Taken is not delivered.
    async fn send(&self, phone: &str, text: &str) -> Result<()>;
}

/// All registers that the hall asks.
#[derive(Debug, Clone)]
pub(crate) struct Registers {
    /// People.
    pub population: Arc<dyn PopulationRegister>,
    pub cards: Arc<dyn CardRegister>,
    pub units: Arc<dyn UnitRegister>,
    pub sms: Arc<dyn SmsCarrier>,
}

impl Registers {
    /// The registers in the hall's own database.
    pub(crate) fn embedded(db: &SqlitePool) -> Self {
        Self::of(embedded::Embedded::new(db.clone()))
    }

    /// The registers of an authority elsewhere.
    pub(crate) fn elsewhere(registers: HttpRegisters) -> Self {
        Self::of(registers)
    }

    fn of<R>(registers: R) -> Self
    where
        R: PopulationRegister + CardRegister + UnitRegister + SmsCarrier + 'static,
    {
        let registers = Arc::new(registers);
        Self {
            population: registers.clone(),
            cards: registers.clone(),
            units: registers.clone(),
            sms: registers,
        }
    }
}
