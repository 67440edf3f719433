//! What all visits of a run share, and what each sets out to do.

use std::sync::Arc;
use std::time::Duration;

use saoma_client::{HttpMode, Phone, PhoneError, ReconnectPolicy, Transport, error_chain};
use saoma_protocol::ErrorCode;
use tokio::time::sleep;
use url::Url;

use super::books::Books;

/// Persons with phones.
pub(super) const PERSONS: u32 = 200;

/// How long a phone or portal waits for an answer before it tries again.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// The longest a phone waits before it tries again, whatever it is told: its person sees "try again" and does.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long a person sees a page wait on that should not, until they do again what they did: longer than a node takes to
/// find by itself what it was not told.
pub(super) const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(12);

/// How long until they load it again, then: a node finds a page that shows what is lost when its time limit comes, which
/// is as long as the run for one that shows "scanned".
pub(super) const LOADED_AGAIN_AFTER: Duration = Duration::from_secs(20);

/// Browsers in a hurry, so that much happens in little time: the gateway of the run pings every two seconds.
pub(super) const HABITS: ReconnectPolicy = ReconnectPolicy {
    response_timeout: PATIENCE,
    idle_timeout: Duration::from_secs(6),
    min_backoff: Duration::from_millis(200),
    max_backoff: Duration::from_secs(3),
};

/// Seconds that a poll waits: its answer is a sign of life.
const POLL_WAIT: u32 = 3;

/// Where a run takes place.
pub(super) struct Scene {
    pub(super) books: Arc<Books>,
    /// The nodes, through their links.
    pub(super) urls: Vec<Url>,
    /// The app tokens of the persons.
    pub(super) tokens: Vec<String>,
    pub(super) phone: Phone,
    pub(super) http: reqwest::Client,
    /// Of browsers without sockets: their streams last.
    pub(super) browsers_http: reqwest::Client,
}

/// By which way a browser follows its login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Socket,
    Stream,
    Polls,
}

/// What a visit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    LogIn,
    RedeemTwice,
    /// Two persons scan, and both want to confirm.
    TwoPersons,
    Reject,
    CancelWaiting,
    CancelScanned,
}

/// A visit as it is meant to go.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) purpose: Purpose,
    pub(super) persons: [u32; 2],
    pub(super) before_scan: Duration,
    pub(super) before_decision: Duration,
    pub(super) way: Way,
    /// The page is loaded again after so long, and goes by this way then.
    pub(super) reloads: Option<(Duration, Way)>,
}

impl Way {
    /// A quarter of the browsers is in networks that let no socket through.
    fn draw(random: &mut fastrand::Rng) -> Self {
        match random.u8(..8) {
            0 => Self::Stream,
            1 => Self::Polls,
            _ => Self::Socket,
        }
    }
}

impl Plan {
    pub(super) fn draw(random: &mut fastrand::Rng) -> Self {
        let purpose = match random.u8(..100) {
            0..64 => Purpose::LogIn,
            64..72 => Purpose::RedeemTwice,
            72..82 => Purpose::TwoPersons,
            82..90 => Purpose::Reject,
            90..95 => Purpose::CancelWaiting,
            _ => Purpose::CancelScanned,
        };
        let first = random.u32(..PERSONS);
        let mut pause = |most| Duration::from_millis(random.u64(..most));
        let (before_scan, before_decision, reloads) = (pause(4000), pause(3000), pause(6000));
        let way = Way::draw(random);
        // The network may be another by then.
        let way_then = if random.u8(..3) == 0 {
            Way::draw(random)
        } else {
            way
        };
        Self {
            purpose,
            persons: [first, (first + 1) % PERSONS],
            before_scan,
            before_decision,
            way,
            reloads: random.bool().then_some((reloads, way_then)),
        }
    }
}

/// What a phone makes of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    /// It is not known whether it happened, or nothing has: ask again.
    Again,
    Refused(ErrorCode),
}

impl Scene {
    /// A person's phone, asking any node.
    pub(super) fn phone_of(&self, person: u32, random: &mut fastrand::Rng) -> Phone {
        self.phone
            .at(self.any_node(random))
            .with_token(&self.tokens[person as usize])
    }

    pub(super) fn any_node(&self, random: &mut fastrand::Rng) -> Url {
        self.urls[random.usize(..self.urls.len())].clone()
    }

    pub(super) fn transport(&self, way: Way) -> Transport {
        match way {
            Way::Socket => Transport::WebSocket,
            Way::Stream => Transport::Http(self.browsers_http.clone(), HttpMode::EventStream),
            Way::Polls => Transport::Http(
                self.browsers_http.clone(),
                HttpMode::LongPoll { wait: POLL_WAIT },
            ),
        }
    }

    /// Notes an answer, and waits before the next question when there has to be one.
    pub(super) async fn heed<T>(
        &self,
        visit: usize,
        question: &str,
        answer: &Result<T, PhoneError>,
        random: &mut fastrand::Rng,
    ) -> Answer {
        let Err(error) = answer else {
            self.books.note(visit, format!("{question}: done"));
            return Answer::Done;
        };
        self.books
            .note(visit, format!("{question}: {}", error_chain(error)));
        match error.code() {
            None | Some(ErrorCode::TemporarilyUnavailable | ErrorCode::TooManyRequests) => {
                self.pause(random).await;
                Answer::Again
            }
            Some(code) => Answer::Refused(code),
        }
    }

    /// The pause before a repeat.
    pub(super) async fn pause(&self, random: &mut fastrand::Rng) {
        self.books.pages().lost_answers += 1;
        sleep(LONGEST_PAUSE.mul_f64(random.f64())).await;
    }
}
