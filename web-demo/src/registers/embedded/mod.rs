//! The registers of the demo, in tables of their own in the hall's database.

mod cards;
mod population;
mod seed;
mod sms;
mod units;

pub(crate) use seed::{DemoCard, DemoRegisters};
pub(crate) use sms::{Message, messages};
use sqlx::SqlitePool;
pub(crate) use units::{add_operator, all_units, remove_operator};

/// All four registers.
#[derive(Debug, Clone)]
pub(super) struct Embedded {
    db: SqlitePool,
}

impl Embedded {
    pub(super) const fn new(db: SqlitePool) -> Self {
        Self { db }
    }
}
