//! Rate-limited attempts, which a store counts before it does anything else.

use std::time::Duration;

use crate::limits::{LimitName, Rate};

/// An attempt that is still to be counted.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The limit that it counts against.
    pub limit: LimitName,
    /// The rate that the limit allows.
    pub rate: Rate,
    /// The person, address or client whose attempts are counted together.
    pub key: &'a str,
}

/// The answer of a verb that counts attempts first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted<T> {
    /// An attempt was over its limit. The attempts before it in the slice are counted; nothing else has happened.
    Limited {
        /// The limit that was reached.
        limit: LimitName,
        /// Time after which another attempt is allowed.
        retry_after: Duration,
    },
    /// All attempts were allowed, and the verb gave this answer.
    Done(T),
}

impl<T> Counted<T> {
    /// Converts the answer of an allowed attempt.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Counted<U> {
        match self {
            Self::Limited { limit, retry_after } => Counted::Limited { limit, retry_after },
            Self::Done(answer) => Counted::Done(convert(answer)),
        }
    }
}
