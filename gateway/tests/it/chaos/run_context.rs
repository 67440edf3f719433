//! The context that all flows of a run share: nodes, clients, timeouts and the oracle.

use std::sync::Arc;
use std::time::Duration;

use saoma_client::{HttpMode, Phone, PhoneError, ReconnectPolicy, Transport, error_chain};
use saoma_protocol::ErrorCode;
use tokio::time::sleep;
use url::Url;

use super::oracle::Oracle;
use super::plan::TransportKind;

/// Time after which a phone or portal retries a request without an answer.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// Maximum pause before a phone's retry. It ignores `retry_after`, as an impatient person does.
const MAX_RETRY_PAUSE: Duration = Duration::from_secs(2);

/// Time after which a person repeats a decision that the page does not show. It is longer than a
/// node needs to detect a missed event by itself.
pub(super) const RETRY_DECISION_AFTER: Duration = Duration::from_secs(12);

/// Time after which a person reloads a page that does not change. A node detects a lost login only
/// at its deadline, and that of a scanned login is longer than the run.
pub(super) const RELOAD_AFTER: Duration = Duration::from_secs(20);

/// Reconnect policy of the browsers, with short timeouts: the gateway of the run pings every two
/// seconds.
pub(super) const RECONNECT_POLICY: ReconnectPolicy = ReconnectPolicy {
    response_timeout: ANSWER_TIMEOUT,
    idle_timeout: Duration::from_secs(6),
    min_backoff: Duration::from_millis(200),
    max_backoff: Duration::from_secs(3),
};

/// Time that a long poll waits, in seconds.
const POLL_WAIT: u32 = 3;

/// The deployment and clients of a run.
pub(super) struct RunContext {
    pub(super) oracle: Arc<Oracle>,
    /// The nodes, through their links.
    pub(super) urls: Vec<Url>,
    /// The app tokens of the persons.
    pub(super) tokens: Vec<String>,
    pub(super) phone: Phone,
    pub(super) http: reqwest::Client,
    /// HTTP client of browsers. It has no timeout because event streams last.
    pub(super) browsers_http: reqwest::Client,
}

/// Answer to a phone, classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    /// The outcome is unknown or the request had no effect, so the phone retries.
    Retry,
    Refused(ErrorCode),
}

impl RunContext {
    /// Returns a person's phone on a random node.
    pub(super) fn phone_of(&self, person: u32, random: &mut fastrand::Rng) -> Phone {
        self.phone
            .at(self.any_node(random))
            .with_token(&self.tokens[person as usize])
    }

    pub(super) fn any_node(&self, random: &mut fastrand::Rng) -> Url {
        self.urls[random.usize(..self.urls.len())].clone()
    }

    pub(super) fn transport(&self, transport: TransportKind) -> Transport {
        match transport {
            TransportKind::Socket => Transport::WebSocket,
            TransportKind::Stream => {
                Transport::Http(self.browsers_http.clone(), HttpMode::EventStream)
            }
            TransportKind::Polls => Transport::Http(
                self.browsers_http.clone(),
                HttpMode::LongPoll { wait: POLL_WAIT },
            ),
        }
    }

    /// Records an answer, and pauses if a retry follows.
    pub(super) async fn record_answer<T>(
        &self,
        flow: usize,
        question: &str,
        answer: &Result<T, PhoneError>,
        random: &mut fastrand::Rng,
    ) -> Answer {
        let Err(error) = answer else {
            self.oracle.note(flow, format!("{question}: done"));
            self.oracle.state().stalls.succeeded();
            return Answer::Done;
        };
        self.oracle
            .note(flow, format!("{question}: {}", error_chain(error)));
        match error.code() {
            None | Some(ErrorCode::TemporarilyUnavailable | ErrorCode::TooManyRequests) => {
                self.pause(random).await;
                Answer::Retry
            }
            // The browser is still on its way to agree.
            Some(ErrorCode::NotAgreed) => {
                sleep(MAX_RETRY_PAUSE.mul_f64(random.f64())).await;
                Answer::Retry
            }
            Some(code) => Answer::Refused(code),
        }
    }

    /// Pauses before a retry.
    pub(super) async fn pause(&self, random: &mut fastrand::Rng) {
        self.oracle.state().lost_answers += 1;
        sleep(MAX_RETRY_PAUSE.mul_f64(random.f64())).await;
    }
}
