//! What the developer's pages share.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRef;
use sqlx::SqlitePool;

use crate::logouts::Logouts;
use crate::pages::Locale;
use crate::records::Words;
use crate::registers::Registers;

/// The desk of one hall.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    pub db: SqlitePool,
    pub registers: Registers,
    pub logouts: Logouts,
    /// What became of the last request, for the next page. The desk has one clerk, and no login.
    told: Arc<Mutex<Option<Words>>>,
}

impl Desk {
    pub(super) fn new(db: SqlitePool, logouts: Logouts) -> Self {
        Self {
            registers: Registers::embedded(&db),
            db,
            logouts,
            told: Arc::default(),
        }
    }

    /// Notes what became of a request.
    pub(super) fn tell(&self, told: impl Fn(Locale) -> String) {
        let told = Words::of_locales(told);
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    /// Takes what was noted. The second time it is gone.
    pub(super) fn take_told(&self) -> Option<Words> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.take()
    }
}

impl FromRef<Desk> for SqlitePool {
    fn from_ref(desk: &Desk) -> Self {
        desk.db.clone()
    }
}
