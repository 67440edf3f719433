//! Verbs that are attempts: each is counted before it does anything.

use std::time::Duration;

use super::StoreError;
use crate::limits::{LimitName, Limiter, Rate, Verdict};

/// An attempt that is still to be counted.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// What counts it.
    pub limiter: &'a dyn Limiter,
    /// Against which limit.
    pub limit: LimitName,
    /// How often it may come.
    pub rate: Rate,
    /// Whose attempt it is.
    pub key: &'a str,
}

/// What came of a verb that is an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted<T> {
    /// The attempt was one too many, and nothing else has happened.
    Limited {
        /// When the next one may come.
        retry_after: Duration,
    },
    /// The attempt was let through, to this end.
    Done(T),
}

/// A limit as the server that keeps it knows it: for a script there to count by, in the same step with what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toll {
    /// Where the attempts are counted.
    pub key: String,
    /// What one attempt takes from the allowance, in microseconds.
    pub interval: u64,
    /// How many intervals the allowance is.
    pub burst: u32,
}

impl Attempt<'_> {
    /// Counts the attempt by itself, then does what it is an attempt at.
    ///
    /// # Errors
    /// No answer to either.
    pub async fn before<T>(&self, verb: impl Future<Output = Result<T, StoreError>>) -> Result<Counted<T>, StoreError> {
        match self.limiter.take(self.limit, self.rate, self.key).await? {
            Verdict::Allowed => verb.await.map(Counted::Done),
            Verdict::Limited { retry_after } => Ok(Counted::Limited { retry_after }),
        }
    }

    /// Counts the attempt in the same step with what it is an attempt at, where there is a toll for that; else before it.
    ///
    /// # Errors
    /// No answer.
    pub(super) async fn within<T>(
        &self,
        verb: impl AsyncFnOnce(Option<Toll>) -> Result<Counted<T>, StoreError>,
    ) -> Result<Counted<T>, StoreError> {
        match self.toll() {
            Some(toll) => verb(Some(toll)).await,
            None => match self.before(verb(None)).await? {
                Counted::Done(counted) => Ok(counted),
                Counted::Limited { retry_after } => Ok(Counted::Limited { retry_after }),
            },
        }
    }

    /// How a script counts the attempt, if one can.
    pub fn toll(&self) -> Option<Toll> {
        self.limiter.toll(self.limit, self.rate, self.key)
    }
}

impl<T> Counted<T> {
    /// The same with another end.
    pub fn map<U>(self, end: impl FnOnce(T) -> U) -> Counted<U> {
        match self {
            Self::Limited { retry_after } => Counted::Limited { retry_after },
            Self::Done(done) => Counted::Done(end(done)),
        }
    }
}
