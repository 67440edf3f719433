//! A node's subscription to its inbox, renewed after every failure for as long as the store lives.
//!
//! A subscription that looks alive but receives nothing is the most common outage of its kind. An idle one therefore
//! publishes a probe to itself by the way that pushes take, and silence after that is a broken connection.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{PushKind, Value};
use saoma_protocol::LoginId;
use serde::Deserialize;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::connection::{Connections, Pushes, failure};
use super::liveness::InboxLiveness;
use crate::error_chain::chain;
use crate::random;
use crate::store::{Inbox, InboxEvent, NodeId, StoreError, StoredChange};

/// Silence after which the inbox is probed.
const PROBE_AFTER: Duration = Duration::from_secs(3);

/// Time that a probe may take to arrive.
const PROBE_WITHIN: Duration = Duration::from_secs(2);

/// Silence after which the inbox counts as deaf: a probe should have been heard, and some air.
pub(super) const DEAD_AFTER: Duration = Duration::from_secs(6);

/// Time that finding the server, connecting and subscribing may take together.
const SUBSCRIBE_TIMEOUT: Duration = Duration::from_secs(3);

/// The first and the longest wait between tries to connect. It is one connection of a node's, and thousands of browsers
/// wait for it: a Redis that is back is heard within two seconds.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_millis(1500));

/// A message in an inbox. The scripts write the first two.
#[derive(Debug, Deserialize)]
#[serde(tag = "push", rename_all = "snake_case")]
enum Push {
    Changed {
        login_id: LoginId,
        stored: StoredChange,
    },
    Superseded {
        login_id: LoginId,
        number: u64,
    },
    Probe,
}

const PROBE: &str = r#"{"push":"probe"}"#;

/// Why a subscription is worth nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// The connection ended, or the node could not keep up.
    Broken,
    /// Another server has the channel: its slot has moved, or the master has changed.
    Moved,
    /// A probe was not heard.
    Silent,
}

/// One node's subscription.
pub(super) struct Subscription {
    pub(super) connections: Connections,
    pub(super) node: NodeId,
    pub(super) inbox: Arc<dyn Inbox>,
    pub(super) liveness: InboxLiveness,
    /// Tells that another server is the master.
    pub(super) moved: Arc<Notify>,
}

impl Subscription {
    /// Listens forever. `first` hears how the first try went.
    pub(super) async fn run(self, first: oneshot::Sender<Result<(), StoreError>>) {
        let mut first = Some(first);
        let mut tries = 0;
        loop {
            let subscribed = self.subscribe().await;
            if subscribed.is_ok() {
                self.liveness.record_activity();
            }
            if let Some(first) = first.take() {
                // The caller that started to listen may have given up; the subscription goes on.
                let _ = first.send(subscribed.as_ref().map(|_| ()).map_err(Clone::clone));
            }
            match subscribed {
                Ok((connection, pushes)) => {
                    self.connections.metrics().subscribed();
                    self.inbox.deliver(InboxEvent::Listening);
                    let (heard, ended) = self.hear(connection, pushes).await;
                    // Only who was heard is asked again at once: a server that takes subscriptions and drops them is not.
                    tries = if heard { 0 } else { tries };
                    tracing::warn!(node = %self.node, ?ended, "the inbox is not heard any more: subscribing again");
                    if ended == Ended::Silent {
                        // The other connections go the same way, and what was missed is to be read over them.
                        self.connections.invalidate();
                    }
                }
                Err(error) => {
                    tracing::warn!(error = %chain(&error), node = %self.node, "cannot listen to the inbox");
                    if tries > 0 {
                        // Connections that outlive such an outage are not those to go on with.
                        self.connections.invalidate();
                    }
                }
            }
            self.liveness.invalidate();
            sleep(back_off(tries)).await;
            tries = tries.saturating_add(1);
        }
    }

    async fn subscribe(&self) -> Result<(MultiplexedConnection, Pushes), StoreError> {
        let channel = self.connections.keys().inbox(&self.node);
        match timeout(SUBSCRIBE_TIMEOUT, self.connections.subscribe(&channel)).await {
            Ok(subscribed) => subscribed.map_err(failure),
            Err(_) => Err(StoreError::Timeout),
        }
    }

    /// Hears until there is nothing more to hear. Says whether anything was heard at all.
    async fn hear(&self, _connection: MultiplexedConnection, mut pushes: Pushes) -> (bool, Ended) {
        let mut anything = false;
        // The first probe says that the way is open from end to end.
        self.probe().await;
        let mut probed_at = Some(Instant::now());
        loop {
            let patience = if probed_at.is_some() {
                PROBE_WITHIN
            } else {
                PROBE_AFTER
            };
            let heard = tokio::select! {
                heard = timeout(patience, pushes.recv()) => heard,
                // The old master goes on, and nothing is published there any more.
                () = self.moved.notified() => return (true, Ended::Moved),
            };
            match heard {
                Ok(Some(push)) => match push.kind {
                    PushKind::Message | PushKind::SMessage => {
                        (anything, probed_at) = (true, None);
                        self.liveness.record_activity();
                        self.take(push.data.get(1));
                    }
                    PushKind::Disconnection => return (anything, Ended::Broken),
                    PushKind::Unsubscribe | PushKind::SUnsubscribe => {
                        return (anything, Ended::Moved);
                    }
                    _ => {}
                },
                Ok(None) => return (anything, Ended::Broken),
                Err(_) if probed_at.is_some() => {
                    self.connections.metrics().probe_timed_out();
                    return (anything, Ended::Silent);
                }
                Err(_) => {
                    self.probe().await;
                    probed_at = Some(Instant::now());
                }
            }
        }
    }

    async fn probe(&self) {
        self.connections.metrics().probed();
        if let Err(error) = self
            .connections
            .publish(&self.connections.keys().inbox(&self.node), PROBE)
            .await
        {
            tracing::debug!(error = %chain(&error), "the inbox could not be probed");
        }
    }

    fn take(&self, payload: Option<&Value>) {
        let Some(Value::BulkString(payload)) = payload else {
            return;
        };
        match read(payload) {
            Ok(Some(event)) => self.inbox.deliver(event),
            Ok(None) => {}
            // The error's text may quote what it could not read, and that may hold a code.
            Err(error) => tracing::warn!(
                line = error.line(),
                column = error.column(),
                "an unreadable push"
            ),
        }
    }
}

/// The event that a push tells of; a probe tells of none.
pub(super) fn read(payload: &[u8]) -> serde_json::Result<Option<InboxEvent>> {
    serde_json::from_slice(payload).map(|push| match push {
        Push::Changed { login_id, stored } => Some(InboxEvent::Changed {
            login_id,
            change: stored,
        }),
        Push::Superseded { login_id, number } => Some(InboxEvent::Superseded { login_id, number }),
        Push::Probe => None,
    })
}

/// Full jitter over a doubling bound.
fn back_off(tries: u32) -> Duration {
    let (first, longest) = BACK_OFF;
    let bound = first.saturating_mul(1 << tries.min(10)).min(longest);
    random::part_of(bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_grows_to_its_bound() {
        for tries in [0, 1, 5, 40] {
            let bound = Duration::from_millis(200 << tries.min(5)).min(Duration::from_millis(1500));
            assert!((0..100).all(|_| back_off(tries) <= bound));
        }
    }

    #[test]
    fn a_probe_is_understood() {
        assert!(matches!(serde_json::from_str(PROBE), Ok(Push::Probe)));
    }
}
