//! A browser of a load run and the person before it: opens a login, waits for its turn, and begins anew.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use saoma_client::{
    Browser, BrowserError, BrowserEvent, Connection, OpenedLogin, ReconnectPolicy,
    ReconnectingBrowser, Transport, error_chain,
};
use saoma_protocol::{ClientMessage, ServerMessage};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::connection_pool::RequestError;
use super::site::{Gateway, Signal, Site};
use crate::open_model::Arrival;
use crate::scenario::Step;

/// Why a login broke off.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("browser")]
    Browser(#[from] BrowserError),
    #[error("{0}")]
    Request(&'static str, #[source] RequestError),
}

/// A browser with a login.
#[derive(Debug)]
pub(super) struct Visitor {
    pub(super) site: Arc<Site>,
    /// The node that it was opened at.
    pub(super) node: usize,
    /// Its login, with the code that it shows now.
    pub(super) login: OpenedLogin,
    pub(super) browser: ReconnectingBrowser,
    seat: u64,
    connected: bool,
}

/// Lets browsers take a seat one after the other, until they are told to leave. `first` is the arrival that the first
/// of them is.
pub(super) async fn occupy(site: Arc<Site>, seat: u64, first: Arrival) {
    let mut first = Some(first);
    loop {
        let since = first
            .as_ref()
            .map_or_else(Instant::now, |first| first.intended);
        // What does not last is boxed: thousands of browsers wait, few do anything.
        let opened = Box::pin(Visitor::open(&site, seat, since)).await;
        first = None;
        let stays = match opened {
            Ok(visitor) if site.scenario().steps => Box::pin(visitor.go_by_steps()).await,
            Ok(visitor) => Box::pin(visitor.wait()).await,
            Err(error) => site.broke_off("open: ", &error),
        };
        if !stays {
            break;
        }
    }
    site.living.fetch_sub(1, Ordering::Relaxed);
}

impl Visitor {
    /// Opens a login, at the next node where one refuses and browsers come back.
    async fn open(site: &Arc<Site>, seat: u64, since: Instant) -> Result<Self, BrowserError> {
        let deadline = Instant::now() + site.patience();
        let first = usize::try_from(seat).unwrap_or_default();
        for node in first.. {
            match Self::open_at(site, seat, node).await {
                Ok(visitor) => {
                    site.measured("open", since.elapsed());
                    return Ok(visitor);
                }
                Err(error)
                    if !site.scenario().come_back
                        || error.is_permanent()
                        || Instant::now() > deadline =>
                {
                    return Err(error);
                }
                // A balancer goes past nodes that take no connections.
                Err(BrowserError::Connection(_)) if (node + 1 - first) % site.nodes() != 0 => {}
                Err(error) => {
                    site.tally
                        .noticed("browsers that were asked to open later".into());
                    let jitter = || Duration::from_millis(fastrand::u64(50..500));
                    sleep(error.retry_after().unwrap_or_else(jitter)).await;
                }
            }
        }
        Err(BrowserError::Timeout(site.patience()))
    }

    async fn open_at(site: &Arc<Site>, seat: u64, node: usize) -> Result<Self, BrowserError> {
        let gateway = gateway(site)?;
        let (target, party, source) = (gateway.node(node), &gateway.party, site.source(seat));
        let began = Instant::now();
        let (mut socket, login) = Browser::connect_opening(source, target, party).await?;
        site.measured("handshake", began.elapsed());
        let login = login.opened(socket.next().await?)?;
        site.tally.opened(login.login_id, &login.state);
        site.qr_prefix.get_or_init(|| {
            login
                .qr
                .rsplit_once('/')
                .map(|(prefix, _)| prefix.to_owned())
                .unwrap_or_default()
        });
        let (connection, targets) = (Connection::WebSocket(socket), gateway.nodes.clone());
        let mut browser = ReconnectingBrowser::from_connection(
            connection,
            login.clone(),
            targets,
            party,
            ReconnectPolicy::default(),
        );
        if let Some(source) = source {
            browser.set_transport(Transport::WebSocketFrom(source));
        }
        site.tally.socket_opened();
        Ok(Self {
            site: Arc::clone(site),
            node,
            login,
            browser,
            seat,
            connected: true,
        })
    }

    /// Waits for its turn, and takes it. Whether another browser is to take the seat.
    async fn wait(mut self) -> bool {
        let turn = self.site.wait(Step::Whole);
        match self.turn(turn).await {
            Ok(arrival) => {
                match Box::pin(self.visit(&arrival)).await {
                    Ok(()) => self.site.tally.done(),
                    Err(failure) => self.site.tally.failed(&error_chain(&failure)),
                }
                self.site.scenario().reopen
            }
            Err(stays) => stays,
        }
    }

    /// The arrival for which its turn has come. Where none does: whether another browser is to take the seat.
    pub(super) async fn turn(
        &mut self,
        mut turn: oneshot::Receiver<Arrival>,
    ) -> Result<Arrival, bool> {
        let site = Arc::clone(&self.site);
        let mut signals = site.signals.subscribe();
        if *signals.borrow() == Signal::Leave {
            signals.mark_changed();
        }
        let result = loop {
            tokio::select! {
                arrival = &mut turn => return arrival.map_err(|_| false),
                heard = self.browser.next_event() => match self.take(heard) {
                    Ok(Some(message)) if message.is_settled() => return Err(true),
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
                        Signal::Leave => break self.give_up().await.map(|()| false),
                    }
                }
            }
        };
        Err(match result {
            Ok(stays) => stays,
            // What was opened long ago has ended, as it should.
            Err(BrowserError::Closed { code: 1000, .. }) => true,
            Err(error) => site.broke_off("waiting: ", &error),
        })
    }

    /// Loses its socket and comes back, until it is served again.
    async fn reconnect(&mut self, at: Instant, over: Duration) -> Result<(), BrowserError> {
        let (browsers, patience) = (self.site.scenario().largest().max(1), self.site.patience());
        let workers = u64::from(self.site.plan.workers);
        let intended = at + over.mul_f64(((self.seat * workers) as f64 / browsers as f64).min(1.0));
        sleep_until(intended).await;
        self.browser.reload();
        self.connection(false);
        let back = async {
            loop {
                let heard = self.browser.next_event().await;
                match &heard {
                    BrowserEvent::Reconnected { .. } => self.browser.probe().await,
                    BrowserEvent::Message(ServerMessage::Error { .. }) => return Ok(()),
                    _ => {}
                }
                self.take(heard)?;
            }
        };
        timeout(patience, back)
            .await
            .unwrap_or(Err(BrowserError::Timeout(patience)))?;
        self.connection(true);
        self.site.measured("resume", intended.elapsed());
        self.site.returned.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn give_up(&mut self) -> Result<(), BrowserError> {
        self.browser.send(ClientMessage::Cancel).await;
        match self.told().await? {
            (ServerMessage::Cancelled { .. }, _) => self.until_the_end().await,
            (other, _) => Err(BrowserError::Unexpected(Box::new(other))),
        }
    }

    /// The next message that tells of more than a new code, and when it came.
    pub(super) async fn told(&mut self) -> Result<(ServerMessage, Instant), BrowserError> {
        let patience = self.site.patience();
        let told = async {
            loop {
                match self.hear().await? {
                    ServerMessage::Renewed { .. } => {}
                    message => return Ok((message, Instant::now())),
                }
            }
        };
        timeout(patience, told)
            .await
            .unwrap_or(Err(BrowserError::Timeout(patience)))
    }

    /// The next message, however long it takes.
    pub(super) async fn hear(&mut self) -> Result<ServerMessage, BrowserError> {
        loop {
            let heard = self.browser.next_event().await;
            if let Some(message) = self.take(heard)? {
                return Ok(message);
            }
        }
    }

    /// Does something while the browser is heard: what it is told may come before the answer.
    pub(super) async fn hearing<T>(
        &mut self,
        doing: impl Future<Output = T>,
    ) -> Result<(T, Option<(ServerMessage, Instant)>), BrowserError> {
        let (mut doing, mut told) = (pin!(doing), None);
        loop {
            tokio::select! {
                done = &mut doing => return Ok((done, told)),
                heard = self.told(), if told.is_none() => told = Some(heard?),
            }
        }
    }

    /// Nothing may follow but the close; the same result again is the ledger's business.
    pub(super) async fn until_the_end(&mut self) -> Result<(), BrowserError> {
        match self.told().await {
            Err(BrowserError::Closed { code: 1000, .. }) => Ok(()),
            Ok((ServerMessage::Confirmed { redirect_to, .. }, _)) => {
                let (state, _) = super::turn::state_and_code(&redirect_to);
                self.site
                    .tally
                    .book(|ledger| ledger.received(self.login.login_id, &state));
                Ok(())
            }
            Ok((other, _)) => Err(BrowserError::Unexpected(Box::new(other))),
            Err(error) => Err(error),
        }
    }

    fn take(&mut self, heard: BrowserEvent) -> Result<Option<ServerMessage>, BrowserError> {
        let come_back = self.site.scenario().come_back;
        match heard {
            BrowserEvent::Message(message) => {
                if let ServerMessage::Renewed { qr, .. } = &message {
                    self.login.qr.clone_from(qr);
                }
                // What was refused for a while is asked for again by the browser itself.
                Ok(Some(message).filter(|message| {
                    !(come_back && matches!(message, ServerMessage::Error { .. }))
                }))
            }
            BrowserEvent::Duplicate(message @ ServerMessage::Confirmed { .. }) => Ok(Some(message)),
            BrowserEvent::Duplicate(_) => Ok(None),
            BrowserEvent::Disconnected { code, .. } => {
                self.connection(false);
                if come_back { Ok(None) } else { closed(code) }
            }
            BrowserEvent::Reconnected { .. } => {
                self.connection(true);
                Ok(None)
            }
            BrowserEvent::Closed { code } => closed(code),
        }
    }

    fn connection(&mut self, stands: bool) {
        match (std::mem::replace(&mut self.connected, stands), stands) {
            (false, true) => self.site.tally.socket_opened(),
            (true, false) => self.site.tally.socket_closed(),
            _ => {}
        }
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.connection(false);
    }
}

pub(super) fn gateway(site: &Site) -> Result<&Gateway, BrowserError> {
    site.gateway
        .as_ref()
        .ok_or_else(|| BrowserError::InvalidAddress("no gateway".into()))
}

fn closed<T>(code: u16) -> Result<T, BrowserError> {
    Err(BrowserError::Closed {
        code,
        reason: String::new(),
    })
}
