//! Forms that are sent twice, as by a double click: the second is answered as the first was, and does nothing.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

/// Browsers whose last form is remembered. Over it a form is taken as it comes.
const MAX_BROWSERS: usize = 4096;

/// The last form of each browser that has sent one lately.
#[derive(Debug, Clone)]
pub(super) struct Repeats {
    within: Duration,
    browsers: Arc<std::sync::Mutex<HashMap<String, Arc<Mutex<Last>>>>>,
}

#[derive(Debug, Default)]
pub(super) struct Last {
    /// The digest of the last form that was taken, and the redirect that answered it.
    taken: Option<(String, Instant, HeaderMap)>,
}

/// A browser's turn: its forms are handled one after the other.
pub(super) struct Turn {
    within: Duration,
    last: OwnedMutexGuard<Last>,
}

impl Repeats {
    /// The same form is the same click within this time.
    pub(super) fn within(within: Duration) -> Self {
        Self {
            within,
            browsers: Arc::default(),
        }
    }

    /// Waits until the browser's form before this one is answered.
    pub(super) async fn turn(&self, browser: &str) -> Option<Turn> {
        let last = {
            let mut browsers = self.browsers.lock().unwrap_or_else(PoisonError::into_inner);
            if browsers.len() >= MAX_BROWSERS {
                browsers.retain(|_, last| {
                    let is_recent = |last: &Last| {
                        let mut taken = last.taken.iter();
                        taken.any(|(_, at, _)| at.elapsed() < self.within)
                    };
                    last.try_lock().is_ok_and(|last| is_recent(&last))
                        || Arc::strong_count(last) > 1
                });
            }
            if browsers.len() >= MAX_BROWSERS && !browsers.contains_key(browser) {
                return None;
            }
            Arc::clone(browsers.entry(browser.to_owned()).or_default())
        };
        Some(Turn {
            within: self.within,
            last: last.lock_owned().await,
        })
    }
}

impl Turn {
    /// Returns the answer to the browser's last form if this is the same one again.
    pub(super) fn answered(&self, form: &str) -> Option<Response> {
        let (last, at, headers) = self.last.taken.as_ref()?;
        let is_same = last == form && at.elapsed() < self.within;
        is_same.then(|| (StatusCode::SEE_OTHER, headers.clone()).into_response())
    }

    /// Remembers the answer to a form. One that was not taken may be sent again at once.
    pub(super) fn end(mut self, form: String, answer: &Response, was_taken: bool) {
        let taken = was_taken && answer.status() == StatusCode::SEE_OTHER;
        self.last.taken = taken.then(|| (form, Instant::now(), answer.headers().clone()));
    }
}
