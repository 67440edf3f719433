//! A virtual user: a browser that opens a login and waits for an arrival, and the person with the phone.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use saoma_client::{
    Browser, BrowserError, BrowserEvent, Connection, OpenedLogin, ReconnectPolicy,
    ReconnectingBrowser, Transport,
};
use saoma_protocol::{ClientMessage, ServerMessage};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::connection_pool::RequestError;
use super::redirect::state_and_code;
use super::state::{Gateway, Signal, WorkerState};
use crate::open_model::Arrival;
use crate::scenario::Step;

/// A failed login.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("browser")]
    Browser(#[from] BrowserError),
    #[error("{0}")]
    Request(&'static str, #[source] RequestError),
}

/// The use of a slot after its virtual user has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// Another virtual user takes it.
    Reopen,
    /// It stays empty.
    Close,
}

/// A browser with a login.
#[derive(Debug)]
pub(super) struct VirtualUser {
    pub(super) state: Arc<WorkerState>,
    /// Node at which the login was opened.
    pub(super) node: usize,
    /// Login with the code that is displayed now.
    pub(super) login: OpenedLogin,
    pub(super) browser: ReconnectingBrowser,
    slot: u64,
    connected: bool,
}

/// Runs virtual users in a slot, one after the other, until all are told to leave. The first one opens at `first`.
pub(super) async fn run_slot(state: Arc<WorkerState>, slot: u64, first: Arrival) {
    let mut first = Some(first);
    loop {
        let since = first
            .as_ref()
            .map_or_else(Instant::now, |first| first.intended);
        // Boxed, because thousands of users wait and few do anything: a waiting one reserves no memory for this.
        let opened = Box::pin(VirtualUser::open(&state, slot, since)).await;
        first = None;
        let next = match opened {
            Ok(user) if state.scenario().has_step(Step::Scan) => {
                Box::pin(user.run_stepwise()).await
            }
            Ok(user) => Box::pin(user.run()).await,
            Err(error) => {
                state.fail("open: ", &error);
                Slot::Close
            }
        };
        if next == Slot::Close {
            break;
        }
    }
    state.active.fetch_sub(1, Ordering::Relaxed);
}

impl VirtualUser {
    /// Opens a login. With failover it asks the next node until one accepts.
    async fn open(
        state: &Arc<WorkerState>,
        slot: u64,
        since: Instant,
    ) -> Result<Self, BrowserError> {
        let deadline = Instant::now() + state.timeout();
        let first = usize::try_from(slot).unwrap_or_default();
        for node in first.. {
            match Self::open_at(state, slot, node).await {
                Ok(user) => {
                    state.record("open", since.elapsed());
                    return Ok(user);
                }
                Err(error)
                    if !state.scenario().failover
                        || error.is_permanent()
                        || Instant::now() > deadline =>
                {
                    return Err(error);
                }
                // A load balancer skips nodes that accept no connections.
                Err(BrowserError::Connection(_)) if (node + 1 - first) % state.nodes() != 0 => {}
                Err(error) => {
                    state
                        .recorder
                        .count("browsers that were asked to open later".into());
                    let jitter = || Duration::from_millis(fastrand::u64(50..500));
                    sleep(error.retry_after().unwrap_or_else(jitter)).await;
                }
            }
        }
        Err(BrowserError::Timeout(state.timeout()))
    }

    async fn open_at(
        state: &Arc<WorkerState>,
        slot: u64,
        node: usize,
    ) -> Result<Self, BrowserError> {
        let gateway = gateway(state)?;
        let (target, party, address) = (
            gateway.node(node),
            &gateway.party,
            state.local_address(slot),
        );
        let began = Instant::now();
        let (mut browser, login) = Browser::connect_opening(address, target, party).await?;
        state.record("handshake", began.elapsed());
        let login = login.opened(browser.next().await?)?;
        state.recorder.opened(login.login_id, &login.state);
        state.qr_prefix.get_or_init(|| {
            login
                .qr
                .rsplit_once('/')
                .map(|(prefix, _)| prefix.to_owned())
                .unwrap_or_default()
        });
        let mut browser = ReconnectingBrowser::from_connection(
            Connection::WebSocket(browser),
            login.clone(),
            gateway.nodes.clone(),
            party,
            ReconnectPolicy::default(),
        );
        if let Some(address) = address {
            browser.set_transport(Transport::WebSocketFrom(address));
        }
        state.recorder.socket_opened();
        Ok(Self {
            state: Arc::clone(state),
            node,
            login,
            browser,
            slot,
            connected: true,
        })
    }

    /// Waits for an arrival and runs its iteration.
    async fn run(mut self) -> Slot {
        let arrival = self.state.next_arrival(Step::Whole);
        match self.wait_for(arrival).await {
            Ok(arrival) => {
                match Box::pin(self.iterate(&arrival)).await {
                    Ok(()) => self.state.recorder.done(),
                    Err(failure) => self.state.fail("", &failure),
                }
                if self.state.scenario().reopen {
                    Slot::Reopen
                } else {
                    Slot::Close
                }
            }
            Err(slot) => slot,
        }
    }

    /// Waits for an arrival, and follows signals meanwhile.
    ///
    /// # Errors
    /// Returns the use of the slot if the login ends before an arrival.
    pub(super) async fn wait_for(
        &mut self,
        mut arrival: oneshot::Receiver<Arrival>,
    ) -> Result<Arrival, Slot> {
        let state = Arc::clone(&self.state);
        let mut signals = state.signals.subscribe();
        if *signals.borrow() == Signal::Leave {
            signals.mark_changed();
        }
        let result = loop {
            tokio::select! {
                arrived = &mut arrival => return arrived.map_err(|_| Slot::Close),
                event = self.browser.next_event() => match self.receive(event) {
                    Ok(Some(message)) if message.is_settled() => return Err(Slot::Reopen),
                    Ok(_) => {}
                    Err(error) => break Err(error),
                },
                _ = signals.changed() => {
                    let signal = *signals.borrow_and_update();
                    match signal {
                        Signal::Wait => {}
                        Signal::Reconnect(at, over) => {
                            if let Err(error) = self.reconnect(at, over).await {
                                break Err(error);
                            }
                        }
                        Signal::Leave => break self.leave().await.map(|()| Slot::Close),
                    }
                }
            }
        };
        Err(match result {
            Ok(slot) => slot,
            // The login has waited for its whole lifetime, and expired in order.
            Err(BrowserError::Closed { code: 1000, .. }) => Slot::Reopen,
            Err(error) => {
                state.fail("waiting: ", &error);
                Slot::Close
            }
        })
    }

    /// Drops the socket and resumes, until the gateway answers again.
    async fn reconnect(&mut self, at: Instant, over: Duration) -> Result<(), BrowserError> {
        let (browsers, limit) = (self.state.scenario().largest().max(1), self.state.timeout());
        let workers = u64::from(self.state.plan.workers);
        let intended = at + over.mul_f64(((self.slot * workers) as f64 / browsers as f64).min(1.0));
        sleep_until(intended).await;
        self.browser.reload();
        self.set_connected(false);
        let resuming = async {
            loop {
                let event = self.browser.next_event().await;
                match &event {
                    BrowserEvent::Reconnected { .. } => self.browser.probe().await,
                    BrowserEvent::Message(ServerMessage::Error { .. }) => return Ok(()),
                    _ => {}
                }
                self.receive(event)?;
            }
        };
        timeout(limit, resuming)
            .await
            .unwrap_or(Err(BrowserError::Timeout(limit)))?;
        self.set_connected(true);
        self.state.record("resume", intended.elapsed());
        self.state.resumed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn leave(&mut self) -> Result<(), BrowserError> {
        self.browser.send(ClientMessage::CANCEL).await;
        match self.next_change().await? {
            (ServerMessage::Cancelled { .. }, _) => self.until_closed().await,
            (other, _) => Err(BrowserError::Unexpected(Box::new(other))),
        }
    }

    /// Waits for the next message that is not a renewed code. Returns it with the moment of its receipt.
    pub(super) async fn next_change(&mut self) -> Result<(ServerMessage, Instant), BrowserError> {
        let limit = self.state.timeout();
        let change = async {
            loop {
                match self.next_message().await? {
                    ServerMessage::Renewed { .. } => {}
                    message => return Ok((message, Instant::now())),
                }
            }
        };
        timeout(limit, change)
            .await
            .unwrap_or(Err(BrowserError::Timeout(limit)))
    }

    /// Waits for the next message without a time limit.
    pub(super) async fn next_message(&mut self) -> Result<ServerMessage, BrowserError> {
        loop {
            let event = self.browser.next_event().await;
            if let Some(message) = self.receive(event)? {
                return Ok(message);
            }
        }
    }

    /// Runs a future while the browser receives: its message may arrive before the phone's answer.
    pub(super) async fn receive_during<T>(
        &mut self,
        future: impl Future<Output = T>,
    ) -> Result<(T, Option<(ServerMessage, Instant)>), BrowserError> {
        let (mut future, mut change) = (pin!(future), None);
        loop {
            tokio::select! {
                done = &mut future => return Ok((done, change)),
                received = self.next_change(), if change.is_none() => change = Some(received?),
            }
        }
    }

    /// Waits for the close after a settled login. The ledger counts a result that arrives again.
    pub(super) async fn until_closed(&mut self) -> Result<(), BrowserError> {
        match self.next_change().await {
            Err(BrowserError::Closed { code: 1000, .. }) => Ok(()),
            Ok((ServerMessage::Confirmed { redirect_to, .. }, _)) => {
                let (state, _) = state_and_code(&redirect_to);
                self.state
                    .recorder
                    .ledger(|ledger| ledger.received(self.login.login_id, &state));
                Ok(())
            }
            Ok((other, _)) => Err(BrowserError::Unexpected(Box::new(other))),
            Err(error) => Err(error),
        }
    }

    fn receive(&mut self, event: BrowserEvent) -> Result<Option<ServerMessage>, BrowserError> {
        let failover = self.state.scenario().failover;
        match event {
            BrowserEvent::Message(message) => {
                if let ServerMessage::Renewed { qr, .. } = &message {
                    self.login.qr.clone_from(qr);
                }
                // With failover the browser repeats a refused command by itself.
                Ok(Some(message).filter(|message| {
                    !(failover && matches!(message, ServerMessage::Error { .. }))
                }))
            }
            BrowserEvent::Duplicate(message @ ServerMessage::Confirmed { .. }) => Ok(Some(message)),
            BrowserEvent::Duplicate(_) => Ok(None),
            BrowserEvent::Disconnected { code, .. } => {
                self.set_connected(false);
                if failover { Ok(None) } else { closed(code) }
            }
            BrowserEvent::Reconnected { .. } => {
                self.set_connected(true);
                Ok(None)
            }
            BrowserEvent::Closed { code } => closed(code),
        }
    }

    fn set_connected(&mut self, connected: bool) {
        let before = std::mem::replace(&mut self.connected, connected);
        match (before, connected) {
            (false, true) => self.state.recorder.socket_opened(),
            (true, false) => self.state.recorder.socket_closed(),
            _ => {}
        }
    }
}

impl Drop for VirtualUser {
    fn drop(&mut self) {
        self.set_connected(false);
    }
}

/// Returns the gateway, which every virtual user has and a plain server's worker does not.
pub(super) fn gateway(state: &WorkerState) -> Result<&Gateway, BrowserError> {
    state
        .gateway
        .as_ref()
        .ok_or_else(|| BrowserError::InvalidAddress("no gateway".into()))
}

fn closed<T>(code: u16) -> Result<T, BrowserError> {
    Err(BrowserError::Closed {
        code,
        reason: String::new(),
    })
}
