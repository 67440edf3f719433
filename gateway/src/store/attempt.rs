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
    /// Another limit that the same attempt is counted against before this one.
    pub after: Option<&'a Self>,
}

/// What came of a verb that is an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted<T> {
    /// The attempt was one too many, and nothing else has happened.
    Limited {
        /// By this limit.
        limit: LimitName,
        /// When the next one may come.
        retry_after: Duration,
    },
    /// The attempt was let through, to this end.
    Done(T),
}

/// A limit as the server that keeps it knows it: for a script there to count by, in the same step with what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toll {
    /// The limit.
    pub limit: LimitName,
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
    pub async fn before<T>(
        &self,
        verb: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<Counted<T>, StoreError> {
        for Self {
            limiter,
            limit,
            rate,
            key,
            ..
        } in self.in_order()
        {
            if let Verdict::Limited { retry_after } = limiter.take(*limit, *rate, key).await? {
                return Ok(Counted::Limited {
                    limit: *limit,
                    retry_after,
                });
            }
        }
        verb.await.map(Counted::Done)
    }

    /// Counts the attempt in the same step with what it is an attempt at, where there are tolls for that; else before it.
    ///
    /// # Errors
    /// No answer.
    pub(super) async fn within<T>(
        &self,
        verb: impl AsyncFnOnce(Vec<Toll>) -> Result<Counted<T>, StoreError>,
    ) -> Result<Counted<T>, StoreError> {
        let toll = |attempt: &Self| {
            attempt
                .limiter
                .toll(attempt.limit, attempt.rate, attempt.key)
        };
        match self
            .in_order()
            .into_iter()
            .map(toll)
            .collect::<Option<Vec<Toll>>>()
        {
            Some(tolls) => verb(tolls).await,
            None => match self.before(verb(Vec::new())).await? {
                Counted::Done(counted) => Ok(counted),
                Counted::Limited { limit, retry_after } => {
                    Ok(Counted::Limited { limit, retry_after })
                }
            },
        }
    }

    fn in_order(&self) -> Vec<&Self> {
        let mut all: Vec<_> = std::iter::successors(Some(self), |attempt| attempt.after).collect();
        all.reverse();
        all
    }
}

impl<T> Counted<T> {
    /// The same with another end.
    pub fn map<U>(self, end: impl FnOnce(T) -> U) -> Counted<U> {
        match self {
            Self::Limited { limit, retry_after } => Counted::Limited { limit, retry_after },
            Self::Done(done) => Counted::Done(end(done)),
        }
    }
}
