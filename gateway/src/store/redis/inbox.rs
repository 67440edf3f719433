//! A node's subscription: kept up for as long as the store lives, whatever happens to the connection.
//!
//! A subscription that looks alive and hears nothing is the commonest outage of its kind. So an idle one publishes a
//! probe to itself by the way that pushes go, and silence after that is a broken connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::PubSub;
use saoma_protocol::LoginId;
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use super::connections::{Connections, failure};
use super::keys;
use crate::store::{Inbox, InboxEvent, NodeId, StoreError, StoredChange};

/// Silence after which the inbox is probed, and again after which it is given up.
const PROBE_AFTER: Duration = Duration::from_secs(5);

/// Silence after which the inbox counts as deaf: two probe intervals and some air.
const DEAF_AFTER: Duration = Duration::from_secs(12);

/// How long connecting and subscribing may take together.
const SUBSCRIBE_TIMEOUT: Duration = Duration::from_secs(2);

/// The first and the longest wait between tries to connect.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// When a node's inbox was last heard of.
#[derive(Debug, Clone)]
pub(super) struct Hearing {
    started: Instant,
    heard_at: Arc<AtomicU64>,
}

impl Default for Hearing {
    fn default() -> Self {
        Self { started: Instant::now(), heard_at: Arc::new(AtomicU64::new(u64::MAX)) }
    }
}

impl Hearing {
    /// Whether it has been heard of lately.
    pub(super) fn is_live(&self) -> bool {
        let heard_at = self.heard_at.load(Ordering::Relaxed);
        heard_at != u64::MAX && self.started.elapsed() < Duration::from_millis(heard_at) + DEAF_AFTER
    }

    fn heard(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard_at.store(now, Ordering::Relaxed);
    }
}

/// What is said in an inbox. The scripts write the first two.
#[derive(Debug, Deserialize)]
#[serde(tag = "push", rename_all = "snake_case")]
enum Push {
    Changed { login_id: LoginId, stored: StoredChange },
    Superseded { login_id: LoginId, number: u64 },
    Probe,
}

const PROBE: &str = r#"{"push":"probe"}"#;

/// One node's subscription.
pub(super) struct Subscription {
    pub(super) connections: Connections,
    pub(super) node: NodeId,
    pub(super) inbox: Arc<dyn Inbox>,
    pub(super) hearing: Hearing,
}

impl Subscription {
    /// Listens forever. `first` hears how the first try went.
    pub(super) async fn run(self, first: oneshot::Sender<Result<(), StoreError>>) {
        let mut first = Some(first);
        let mut tries = 0;
        loop {
            let subscribed = self.subscribe().await;
            if let Some(first) = first.take() {
                // Whoever started the listening may have given up meanwhile; the listening goes on.
                let _ = first.send(subscribed.as_ref().map(|_| ()).map_err(Clone::clone));
            }
            match subscribed {
                Ok(subscription) => {
                    tries = 0;
                    self.inbox.deliver(InboxEvent::Listening);
                    self.hear(subscription).await;
                    tracing::warn!(node = %self.node, "the inbox fell silent: subscribing again");
                }
                Err(error) => tracing::warn!(%error, node = %self.node, "cannot listen to the inbox"),
            }
            sleep(back_off(tries)).await;
            tries += 1;
        }
    }

    async fn subscribe(&self) -> Result<PubSub, StoreError> {
        let subscribing = async {
            let mut subscription = self.connections.client().get_async_pubsub().await?;
            subscription.subscribe(keys::inbox(&self.node)).await?;
            Ok(subscription)
        };
        match timeout(SUBSCRIBE_TIMEOUT, subscribing).await {
            Ok(subscribed) => subscribed.map_err(|error| failure(&error)),
            Err(_) => Err(StoreError::Timeout),
        }
    }

    /// Hears until the connection ends or a probe stays unheard.
    async fn hear(&self, mut subscription: PubSub) {
        let mut messages = subscription.on_message();
        let mut probed = false;
        self.hearing.heard();
        loop {
            match timeout(PROBE_AFTER, messages.next()).await {
                Ok(Some(message)) => {
                    probed = false;
                    self.hearing.heard();
                    self.take(message.get_payload_bytes());
                }
                Ok(None) => return,
                Err(_) if probed => return,
                Err(_) => {
                    probed = true;
                    self.probe().await;
                }
            }
        }
    }

    async fn probe(&self) {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(keys::inbox(&self.node)).arg(PROBE);
        if let Err(error) = self.connections.query::<()>(&publish).await {
            tracing::debug!(%error, "the inbox could not be probed");
        }
    }

    fn take(&self, payload: &[u8]) {
        match read(payload) {
            Ok(Some(event)) => self.inbox.deliver(event),
            Ok(None) => {}
            // The error's text may quote what it could not read, and that may hold a code.
            Err(error) => tracing::warn!(line = error.line(), column = error.column(), "an unreadable push"),
        }
    }
}

/// The event that a push tells of; a probe tells of none.
pub(super) fn read(payload: &[u8]) -> serde_json::Result<Option<InboxEvent>> {
    serde_json::from_slice(payload).map(|push| match push {
        Push::Changed { login_id, stored } => Some(InboxEvent::Changed { login_id, change: stored }),
        Push::Superseded { login_id, number } => Some(InboxEvent::Superseded { login_id, number }),
        Push::Probe => None,
    })
}

/// Full jitter over a doubling bound.
fn back_off(tries: u32) -> Duration {
    let (first, longest) = BACK_OFF;
    let bound = first.saturating_mul(1 << tries.min(10)).min(longest);
    bound.mul_f64(fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_grows_to_its_bound() {
        for tries in [0, 1, 5, 40] {
            let bound = Duration::from_millis(500 << tries.min(5)).min(Duration::from_secs(10));
            assert!((0..100).all(|_| back_off(tries) <= bound));
        }
    }

    #[test]
    fn a_probe_is_understood() {
        assert!(matches!(serde_json::from_str(PROBE), Ok(Push::Probe)));
    }
}
