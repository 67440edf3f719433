//! Pauses of clients whose logout endpoint does not answer, so that one dead client does not hold up the others.
//!
//! A node asks a client that has failed three times in a row no more until a pause is over. The pause doubles with each
//! failure after it. One answer ends it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Failures in a row after which a client has a pause.
const FAILURES: u32 = 3;

/// The first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Requests to one client at a time.
const AT_A_TIME: usize = 4;

/// Longest time that a delivery waits for its turn at a client: the lease of its session goes on meanwhile.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// The clients that this node has told of logouts.
#[derive(Debug, Default)]
pub(super) struct ClientPauses(Mutex<HashMap<String, Client>>);

#[derive(Debug)]
struct Client {
    failures: u32,
    paused_until: Option<Instant>,
    turns: Arc<Semaphore>,
}

impl ClientPauses {
    /// Waits for a turn at a client. Returns `None` while it has a pause, or if others take all of its turns.
    pub(super) async fn turn(&self, client_id: &str) -> Option<OwnedSemaphorePermit> {
        let turns = self.turns(client_id, Instant::now())?;
        let turn = tokio::time::timeout(LONGEST_WAIT, turns.acquire_owned());
        turn.await.ok()?.ok()
    }

    /// Returns the turns at a client, unless it has a pause at this time.
    fn turns(&self, client_id: &str, now: Instant) -> Option<Arc<Semaphore>> {
        let mut clients = self.0.lock();
        let client = clients.entry(client_id.to_owned()).or_default();
        if let Some(until) = client.paused_until {
            if now < until {
                return None;
            }
            // One delivery tries, and the others wait for what becomes of it.
            client.pause(now);
        }
        Some(Arc::clone(&client.turns))
    }

    /// Notes the result of a request to a client.
    pub(super) fn answered(&self, client_id: &str, is_delivered: bool) {
        self.answered_at(client_id, is_delivered, Instant::now());
    }

    fn answered_at(&self, client_id: &str, is_delivered: bool, now: Instant) {
        let mut clients = self.0.lock();
        let client = clients.entry(client_id.to_owned()).or_default();
        if is_delivered {
            client.failures = 0;
            client.paused_until = None;
        } else {
            client.failures = client.failures.saturating_add(1);
            client.pause(now);
        }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self {
            failures: 0,
            paused_until: None,
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
        }
    }
}

impl Client {
    /// Begins a pause if the client has failed often enough.
    fn pause(&mut self, now: Instant) {
        if let Some(over) = self.failures.checked_sub(FAILURES) {
            let pause = FIRST_PAUSE.saturating_mul(1 << over.min(10));
            self.paused_until = Some(now + pause.min(LONGEST_PAUSE));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_fails_has_pauses_until_it_answers_and_others_have_none() {
        let pauses = ClientPauses::default();
        let start = Instant::now();
        let may_try = |client_id: &str, now| pauses.turns(client_id, now).is_some();
        for _ in 0..FAILURES {
            assert!(may_try("dead", start));
            pauses.answered_at("dead", false, start);
        }
        assert!(!may_try("dead", start));
        assert!(may_try("alive", start));
        let over = start + FIRST_PAUSE;
        assert!(may_try("dead", over), "one delivery tries");
        assert!(!may_try("dead", over), "and no other");
        pauses.answered_at("dead", true, over);
        assert!(may_try("dead", over));
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let mut client = Client::default();
        let now = Instant::now();
        let mut seconds = Vec::new();
        for failures in [2, 3, 4, 5, 7, 8, 1_000] {
            client.failures = failures;
            client.paused_until = None;
            client.pause(now);
            seconds.push(client.paused_until.map(|until| (until - now).as_secs()));
        }
        let expected = [
            None,
            Some(2),
            Some(4),
            Some(8),
            Some(32),
            Some(60),
            Some(60),
        ];
        assert_eq!(seconds, expected);
    }

    #[test]
    fn a_client_answers_a_few_requests_at_a_time() {
        let pauses = ClientPauses::default();
        let turns = pauses.turns("slow", Instant::now()).expect("turns");
        let taken = Arc::clone(&turns)
            .try_acquire_many_owned(4)
            .expect("four turns");
        assert!(turns.try_acquire().is_err());
        drop(taken);
        assert!(turns.try_acquire().is_ok());
    }
}
