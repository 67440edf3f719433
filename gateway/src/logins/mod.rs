//! The login service: everything that browsers, phones and relying parties can do to a login, for all front ends.
//!
//! The service is the only caller of the store. Front ends hand in a request and get back a value or an error; they know
//! nothing of stores.

mod agree;
mod client_requests;
mod code_challenges;
mod confirm;
mod deadline;
mod device;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz_properties;
#[cfg(any(test, fuzzing))]
mod in_memory;
mod logouts;
mod lost_changes;
mod open;
mod person;
mod person_sessions;
mod process_limits;
mod redeem;
mod refresh;
mod refresh_tokens;
mod remembered_limits;
mod removed_clients;
mod render;
mod resume;
mod scan;
mod sessions;
mod sign_on;
#[cfg(test)]
pub(crate) mod tests;
mod tickets;
mod token_allowance;
mod unknown_keys;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use client_requests::PUSHED_REQUEST_LIFETIME;
pub(crate) use device::{DeviceError, DeviceRequest};
pub(crate) use logouts::{LogoutAttempt, UntoldClient};
pub(crate) use open::{MAX_MEMBER_BYTES, OpenContext};
use parking_lot::Mutex;
pub(crate) use redeem::{PresentedCode, RedeemError, RedeemedCode};
pub(crate) use refresh_tokens::{RefreshError, RefreshRequest};
pub(crate) use render::Renderer;
use saoma_protocol::{ErrorCode, LoginId, ReceiveKey, ServerMessage};
pub(crate) use scan::PhoneAddress;
pub(crate) use sign_on::SignOnRequest;
pub(crate) use tickets::{Ticket, TicketedRequest};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use self::code_challenges::CodeChallenges;
use self::remembered_limits::RememberedLimits;
use self::tickets::Tickets;
use self::token_allowance::TokenAllowance;
use self::unknown_keys::UnknownKeys;
use crate::cluster_secrets::ClusterSecrets;
use crate::error::ApiError;
use crate::error_chain::chain;
use crate::identity::{IdentityBackend, TokenGate};
use crate::known_persons::KnownPersons;
use crate::limits::{
    CountedIn, LimitName, LocalLimiter, MeterClock, ProvedPlaces, Rate, RememberedRefusals, Verdict,
};
use crate::log_throttle::LogThrottle;
use crate::login_secrets::LoginSecrets;
use crate::metrics::Metrics;
use crate::random;
use crate::relying_parties::{ClientRegistry, Clients};
use crate::replaceable::Replaceable;
use crate::settings::{Lifetimes, Limits, Settings};
use crate::store::{Attempt, Counted, NodeId, Store, StoreError, StoredChange};
pub(crate) use crate::store::{Grant, SessionRecord};
use crate::subjects::Subjects;
use crate::waiting::inbox::NodeInbox;
use crate::waiting::registry::Waiters;
use crate::waiting::store_clock::StoreClock;
use crate::waiting::timers::Timers;
use crate::waiting::waiter::Waiter;

/// The login service of one node.
#[derive(Debug)]
pub(crate) struct Logins {
    node: NodeId,
    public_origin: String,
    store: Arc<dyn Store>,
    clients: Arc<ClientRegistry>,
    identity: TokenGate,
    token_allowance: TokenAllowance,
    remembered_refusals: Arc<RememberedRefusals>,
    secrets: LoginSecrets,
    known_persons: Arc<KnownPersons>,
    tickets: Tickets,
    subjects: Subjects,
    limits: Replaceable<Limits>,
    /// Counts the limits of this process.
    limiter: LocalLimiter,
    /// Addresses from which clients have proved their secrets.
    proved_places: ProvedPlaces,
    code_challenges: CodeChallenges,
    unknown_keys: UnknownKeys,
    /// Ends of the requests that were pushed here and are kept, the next one first.
    pushed_requests: Mutex<VecDeque<Instant>>,
    meter_clock: MeterClock,
    lifetimes: Lifetimes,
    waiters: Arc<Waiters>,
    inbox: NodeInbox,
    timers: Arc<Timers>,
    clock: Arc<StoreClock>,
    metrics: Arc<Metrics>,
    log_throttle: LogThrottle,
    renderer: Renderer,
    /// Wakes the task that tells clients of ended sessions.
    session_ended: Notify,
}

impl Logins {
    /// Creates the service of a node with a random id. `tasks` owns the tasks that it starts.
    pub(crate) fn new(
        settings: &Settings,
        store: Arc<dyn Store>,
        identity: Arc<dyn IdentityBackend>,
        (cluster, subjects): (&ClusterSecrets, Subjects),
        metrics: Arc<Metrics>,
        tasks: TaskTracker,
    ) -> Self {
        let remembered_refusals = Arc::<RememberedRefusals>::default();
        let store: Arc<dyn Store> = Arc::new(RememberedLimits::new(
            store,
            Arc::clone(&remembered_refusals),
            Arc::clone(&metrics),
        ));
        let known_persons = Arc::new(KnownPersons::new(cluster));
        let waiters = Arc::<Waiters>::default();
        let clock = Arc::<StoreClock>::default();
        let sockets = &settings.sockets;
        let timers = Arc::new(Timers::new(sockets.ping_interval, sockets.ping_timeout));
        let inbox = NodeInbox {
            waiters: Arc::clone(&waiters),
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            timers: Arc::clone(&timers),
            metrics: Arc::clone(&metrics),
            tasks,
        };
        Self {
            node: NodeId::new(data_encoding::HEXLOWER.encode(&random::bytes::<8>())),
            public_origin: settings.server.public_url.clone(),
            store,
            clients: Arc::new(ClientRegistry::new(Clients::new(settings.clients.clone()))),
            identity: TokenGate::new(identity, Arc::clone(&metrics)),
            token_allowance: TokenAllowance::new(),
            remembered_refusals,
            secrets: LoginSecrets::new(cluster),
            renderer: Renderer::new(
                settings.server.public_url.clone(),
                Arc::clone(&known_persons),
            ),
            known_persons,
            tickets: Tickets::new(cluster),
            subjects,
            limits: Replaceable::new(settings.limits.clone()),
            limiter: LocalLimiter::start(),
            proved_places: ProvedPlaces::default(),
            code_challenges: CodeChallenges::default(),
            unknown_keys: UnknownKeys::default(),
            pushed_requests: Mutex::default(),
            meter_clock: MeterClock::start(),
            lifetimes: settings.lifetimes,
            waiters,
            inbox,
            timers,
            clock,
            metrics,
            log_throttle: LogThrottle::default(),
            session_ended: Notify::new(),
        }
    }

    /// Starts to listen to the node's inbox, and returns once it does.
    ///
    /// # Errors
    /// Returns an error if the store does not answer.
    pub(crate) async fn listen(&self) -> Result<(), StoreError> {
        let inbox = Arc::new(self.inbox.clone());
        self.store.listen(&self.node, inbox).await
    }

    /// Returns the gateway's public origin: the start of QR texts and the issuer of ID tokens.
    pub(crate) fn public_origin(&self) -> &str {
        &self.public_origin
    }

    /// Returns the relying parties, as they are now.
    pub(crate) fn clients(&self) -> Arc<Clients> {
        self.clients.current()
    }

    /// Returns the registry of the relying parties, whose contents change while the gateway runs.
    pub(crate) const fn client_registry(&self) -> &Arc<ClientRegistry> {
        &self.clients
    }

    /// Goes by other limits from now on. What was counted stays counted; refusals under the old limits are forgotten, so that
    /// a raised limit counts at once.
    pub(crate) fn replace_limits(&self, limits: Limits) {
        self.limits.replace(limits);
        self.remembered_refusals.forget_all();
    }

    /// Returns the rate of a limit, as it is now.
    pub(crate) fn rate(&self, limit: LimitName) -> Rate {
        self.limits.read(|limits| limits.rate(limit))
    }

    /// Returns the browsers that wait on this node.
    pub(crate) const fn waiters(&self) -> &Arc<Waiters> {
        &self.waiters
    }

    /// Returns the receiver of the node's inbox.
    pub(crate) const fn inbox(&self) -> &NodeInbox {
        &self.inbox
    }

    /// Returns the node's metrics.
    pub(crate) const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Returns true if the store takes what a login writes. Logs the reason if not.
    pub(crate) async fn store_serves(&self) -> bool {
        match self.store.check().await {
            Ok(()) => true,
            Err(error) => {
                if let Some(left_out) = self.log_throttle.admit(("ready", "store")) {
                    tracing::warn!(error = %chain(&error), left_out, "the store serves no logins");
                }
                false
            }
        }
    }

    /// Returns true if the node hears of changes that other nodes make.
    pub(crate) fn inbox_is_live(&self) -> bool {
        self.store.inbox_is_live()
    }

    /// Counts a request that was refused at a step, and logs the failure behind the refusal if there is one.
    pub(crate) fn refused(&self, step: &'static str, error: &ApiError) {
        self.metrics.refused(step, error.error);
        if error.cause.is_some()
            && let Some(left_out) = self.log_throttle.admit((step, error.error.as_str()))
        {
            tracing::warn!(step, error = %chain(error), left_out, "could not serve a request");
        }
    }

    /// Returns the throttle of log lines that requests can cause, each kind by its step and its error code.
    pub(crate) const fn log_throttle(&self) -> &LogThrottle {
        &self.log_throttle
    }

    /// Pings a waiting browser from now on.
    pub(crate) fn ping(&self, waiter: &Arc<Waiter>) {
        self.timers.ping(waiter);
    }

    /// Returns the message that tells a browser of a change.
    pub(crate) fn render(&self, change: StoredChange) -> ServerMessage {
        self.renderer.message(change, self.clock.now())
    }

    /// Counts an attempt in the place that the limit's declaration names.
    ///
    /// # Errors
    /// Returns an error if the attempt is over its limit, or if the place where attempts are counted across nodes does
    /// not answer: such an attempt is not let through (threat T12).
    async fn count(&self, limit: LimitName, key: &str) -> Result<(), ApiError> {
        match limit.declaration().counted_in {
            CountedIn::Process => self.count_here(limit, key),
            CountedIn::Store => {
                let counted = self.store.take(&[self.attempt(limit, key)]).await?;
                self.let_through(counted)
            }
        }
    }

    /// Counts an attempt in this process.
    ///
    /// # Errors
    /// Returns an error if the attempt is over its limit.
    fn count_here(&self, limit: LimitName, key: &str) -> Result<(), ApiError> {
        self.take_here(limit, key)
            .map_err(ApiError::too_many_requests)
    }

    /// Counts an attempt in this process.
    ///
    /// # Errors
    /// Returns the time to wait if the attempt is over its limit.
    fn take_here(&self, limit: LimitName, key: &str) -> Result<(), Duration> {
        let verdict = self.limiter.take(limit, self.rate(limit), key);
        self.allowed_here(limit, verdict)
    }

    fn allowed_here(&self, limit: LimitName, verdict: Verdict) -> Result<(), Duration> {
        match verdict {
            Verdict::Allowed => Ok(()),
            Verdict::Limited { retry_after } => {
                self.metrics.limited(limit);
                Err(retry_after)
            }
        }
    }

    /// Returns true if so many logins on this node wait without a browser.
    pub(crate) fn unattended_reach(&self, maximum: usize) -> bool {
        self.waiters.unattended_reach(maximum, self.clock.now())
    }

    /// Returns true if a node of this gateway has made the receive key for the login.
    pub(crate) fn has_made(&self, id: LoginId, key: &ReceiveKey) -> bool {
        self.secrets.knows_receive_key(id, key)
    }

    /// Returns an attempt for the store to count.
    fn attempt<'a>(&self, limit: LimitName, key: &'a str) -> Attempt<'a> {
        Attempt {
            limit,
            rate: self.rate(limit),
            key,
        }
    }

    /// Returns the answer of a verb whose attempts were all allowed.
    ///
    /// # Errors
    /// Returns an error if one was over its limit.
    fn let_through<T>(&self, counted: Counted<T>) -> Result<T, ApiError> {
        match counted {
            Counted::Done(answer) => Ok(answer),
            Counted::Limited { limit, retry_after } => {
                self.metrics.limited(limit);
                Err(ApiError::too_many_requests(retry_after))
            }
        }
    }

    /// Returns the answer to a request that names a login of another party, or no login at all.
    pub(crate) fn unknown_login() -> ApiError {
        ApiError::new(
            ErrorCode::UnknownLogin,
            "there is no such login, or it is not yours: open a new one",
        )
    }
}
