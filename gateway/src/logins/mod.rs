//! The login service: what browsers and phones can do, whatever door they come through.
//!
//! It is the only caller of the store's verbs on logins. Doors (transports, the phone's API) hand in what was asked
//! and get back a value or a [`ApiError`]; they know nothing of stores.

mod browser;
mod deadline;
mod phone;
#[cfg(any(test, fuzzing))]
pub(crate) mod properties;
mod render;
mod resume;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

pub(crate) use browser::OpenContext;
pub(crate) use render::Wording;
use saoma_protocol::{ErrorCode, ScanCode, UserCode};

use crate::error::ApiError;
use crate::identity::IdentityBackend;
use crate::limits::{LimitName, Limiter};
use crate::metrics::Metrics;
use crate::random;
use crate::relying_parties::Clients;
use crate::settings::{Lifetimes, Limits};
use crate::store::{Attempt, Change, Counted, NodeId, Store};
use crate::waiting::inbox::NodeInbox;
use crate::waiting::registry::Waiters;
use crate::waiting::store_clock::StoreClock;
use crate::waiting::timers::Timers;

/// The login service of one node.
#[derive(Debug)]
pub(crate) struct Logins {
    /// This node, as the store knows it.
    pub node: NodeId,
    /// The gateway's public origin: what QR codes lead to and `iss` says.
    pub public_origin: String,
    /// Where logins live.
    pub store: Arc<dyn Store>,
    /// The relying parties.
    pub clients: Arc<Clients>,
    /// Who knows the persons behind app tokens.
    pub identity: Arc<dyn IdentityBackend>,
    /// Counts attempts.
    pub limiter: Arc<dyn Limiter>,
    /// The rates of attempts.
    pub limits: Limits,
    /// How long each state lives.
    pub lifetimes: Lifetimes,
    /// The browsers that wait here.
    pub waiters: Arc<Waiters>,
    /// Delivers to them, and reads again.
    pub inbox: NodeInbox,
    /// Watches their time limits.
    pub timers: Arc<Timers>,
    /// The store's clock.
    pub clock: Arc<StoreClock>,
    /// What happens, counted.
    pub metrics: Arc<Metrics>,
    /// The wire's words.
    pub wording: Wording,
}

impl Logins {
    /// Counts an attempt.
    ///
    /// # Errors
    /// Over the limit, or no answer from where attempts are counted across nodes: such an attempt is not let through
    /// (threat T12).
    async fn count(&self, limit: LimitName, key: &str) -> Result<(), ApiError> {
        let counted = self.attempt(limit, key).before(async { Ok(()) }).await?;
        self.let_through(counted)
    }

    /// An attempt for the store to count.
    fn attempt<'a>(&'a self, limit: LimitName, key: &'a str) -> Attempt<'a> {
        Attempt {
            limiter: &*self.limiter,
            limit,
            rate: self.limits.rate(limit),
            key,
            after: None,
        }
    }

    /// What came of an attempt that was let through.
    ///
    /// # Errors
    /// It was not.
    fn let_through<T>(&self, counted: Counted<T>) -> Result<T, ApiError> {
        match counted {
            Counted::Done(done) => Ok(done),
            Counted::Limited { limit, retry_after } => {
                self.metrics.limited(limit);
                Err(ApiError::too_many_requests(retry_after))
            }
        }
    }

    fn renewal(&self, login_id: saoma_protocol::LoginId) -> Change {
        Change::Renewed {
            scan_code: ScanCode::from_random(login_id, random::bytes()),
            user_code: UserCode::from_random(random::bytes()),
        }
    }

    /// The answer to whatever names a login that is not the asker's, or none at all.
    pub(crate) fn unknown_login() -> ApiError {
        ApiError::new(
            ErrorCode::UnknownLogin,
            "there is no such login, or it is not yours: open a new one",
        )
    }
}
