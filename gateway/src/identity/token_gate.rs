//! The way of every token to the backend: tokens refused a moment ago are refused again without asking, equal tokens are
//! asked about once at a time, and each refusal is counted and logged.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use saoma_protocol::PersonId;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::token_map::{TokenDigest, TokenMap, digest};
use super::{IdentityBackend, IdentityError, Person, Standing};
use crate::jose::TokenRefusal;
use crate::log_throttle::LogThrottle;
use crate::metrics::Metrics;

/// Time for which a refused token is refused without asking again: a repeat costs nothing, and a token that becomes valid
/// after all does so within a few seconds.
const REFUSED_FOR: Duration = Duration::from_secs(5);

/// Time for which the person of a token is remembered, to look at their limits before the backend is asked again.
const KNOWN_FOR: Duration = Duration::from_secs(10 * 60);

/// Time between two log lines about one reason.
const LOG_PAUSE: Duration = Duration::from_secs(10);

/// Knowledge of a token before the backend is asked.
#[derive(Debug, Clone)]
pub(crate) enum KnownToken {
    /// It was refused a moment ago.
    Refused(TokenRefusal),
    /// It was this person's some minutes ago.
    Of(PersonId),
}

/// A backend behind its gate.
#[derive(Debug)]
pub(crate) struct TokenGate {
    backend: Arc<dyn IdentityBackend>,
    metrics: Arc<Metrics>,
    refused: Mutex<TokenMap<TokenRefusal>>,
    /// Kept apart from refused tokens, so that a flood of those makes none of these forgotten.
    persons: Mutex<TokenMap<PersonId>>,
    in_flight: Mutex<HashMap<TokenDigest, Question>>,
    log: LogThrottle,
    started_at: Instant,
}

type Answer = Result<Person, IdentityError>;

/// A question to the backend that has no answer yet.
#[derive(Debug, Default)]
struct Question {
    answer: Arc<OnceCell<Answer>>,
    callers: usize,
}

impl TokenGate {
    /// Creates the gate before a backend.
    pub(crate) fn new(backend: Arc<dyn IdentityBackend>, metrics: Arc<Metrics>) -> Self {
        Self {
            backend,
            metrics,
            refused: Mutex::default(),
            persons: Mutex::default(),
            in_flight: Mutex::default(),
            log: LogThrottle::every(LOG_PAUSE),
            started_at: Instant::now(),
        }
    }

    /// True for a backend that answers without asking another server.
    pub(crate) fn verifies_offline(&self) -> bool {
        self.backend.verifies_offline()
    }

    /// Returns what is known of a token without asking. A token that is refused thereby is counted.
    pub(crate) fn known(&self, token: &str) -> Option<KnownToken> {
        let (digest, now) = (digest(token), self.started_at.elapsed().as_secs_f64());
        let refused = self.refused.lock().get(&digest, now).cloned();
        if let Some(refusal) = refused {
            self.count(&refusal);
            return Some(KnownToken::Refused(refusal));
        }
        let person = self.persons.lock().get(&digest, now).cloned();
        person.map(KnownToken::Of)
    }

    /// Returns the person behind a token, as of now. Equal tokens that are asked about meanwhile get the same answer, which
    /// is then as old as the question of the first.
    ///
    /// # Errors
    /// As [`IdentityBackend::identify`].
    pub(crate) async fn identify(&self, token: &str) -> Answer {
        let digest = digest(token);
        if self.verifies_offline() {
            // There is no server to spare, and the backend remembers what it has verified.
            let answer = self.backend.identify(token).await;
            self.keep(digest, &answer);
            return answer;
        }
        let caller = Caller::of(self, digest);
        let asked = caller.answer.get_or_init(|| async {
            let answer = self.backend.identify(token).await;
            // Nothing more shares this answer: later questions get a newer one.
            self.in_flight.lock().remove(&digest);
            self.keep(digest, &answer);
            answer
        });
        asked.await.clone()
    }

    /// Returns the standing of a person as one of their identities, asked of the backend now.
    ///
    /// # Errors
    /// As [`IdentityBackend::standing`].
    pub(crate) async fn standing(
        &self,
        person: &PersonId,
        identity_id: &str,
    ) -> Result<Standing, IdentityError> {
        self.backend.standing(person, identity_id).await
    }

    fn keep(&self, digest: TokenDigest, answer: &Answer) {
        let until = |time: Duration| (self.started_at.elapsed() + time).as_secs_f64();
        match answer {
            Ok(_) if self.verifies_offline() => {}
            Ok(person) => {
                let mut persons = self.persons.lock();
                persons.keep(digest, person.id.clone(), until(KNOWN_FOR));
            }
            Err(IdentityError::Refused(refusal)) => {
                self.count(refusal);
                self.persons.lock().forget(&digest);
                let mut refused = self.refused.lock();
                refused.keep(digest, refusal.clone(), until(REFUSED_FOR));
            }
            Err(IdentityError::KeyUnknown { refusal, .. }) => self.count(refusal),
            Err(IdentityError::Unavailable(_)) => {}
        }
    }

    /// Counts a refused token, and logs it unless a line about this reason was written a moment ago.
    fn count(&self, refusal: &TokenRefusal) {
        self.metrics.app_token_refused(refusal.reason.as_str());
        let reason = refusal.reason.as_str();
        let Some(left_out) = self.log.admit(("token", reason)) else {
            return;
        };
        let TokenRefusal {
            alg, kid, found, ..
        } = refusal;
        let (alg, kid, found) = (alg.as_deref(), kid.as_deref(), found.as_deref());
        let text = "refused a token of the app";
        if refusal.reason.is_common() {
            tracing::info!(reason, alg, kid, found, left_out, "{text}");
        } else {
            tracing::warn!(reason, alg, kid, found, left_out, "{text}");
        }
    }
}

/// A caller of a question. The last one takes the question out, also if all hang up.
struct Caller<'a> {
    gate: &'a TokenGate,
    digest: TokenDigest,
    answer: Arc<OnceCell<Answer>>,
}

impl<'a> Caller<'a> {
    fn of(gate: &'a TokenGate, digest: TokenDigest) -> Self {
        let mut in_flight = gate.in_flight.lock();
        let question = in_flight.entry(digest).or_default();
        question.callers += 1;
        let answer = Arc::clone(&question.answer);
        Self {
            gate,
            digest,
            answer,
        }
    }
}

impl Drop for Caller<'_> {
    fn drop(&mut self) {
        let mut in_flight = self.gate.in_flight.lock();
        let Some(question) = in_flight.get_mut(&self.digest) else {
            return;
        };
        // Another question about the same token may have begun since this one was answered.
        if Arc::ptr_eq(&question.answer, &self.answer) {
            question.callers -= 1;
            if question.callers == 0 {
                in_flight.remove(&self.digest);
            }
        }
    }
}

#[cfg(test)]
mod tests;
