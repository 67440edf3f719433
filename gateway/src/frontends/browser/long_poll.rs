//! A login's messages poll by poll, for networks that hold event streams back.
//!
//! A poll is a resume that lasts as long as its answer. Reading takes nothing away: what was told is told again to
//! whoever asks after the same message.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use saoma_protocol::{CloseCode, MAX_POLL_WAIT_SECONDS, PollAnswer};

use super::Transports;
use super::http_request::{Following, NO_STORE, resume_request};
use crate::error::ApiError;
use crate::http::body::Json;
use crate::metrics::Transport;
use crate::waiting::waiter::{Delivery, Waiter};

/// What a poll asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Poll {
    /// The newest message that the browser has.
    after: u32,
    /// How long to wait for one.
    wait: Duration,
    /// The number of this poll among the browser's connections.
    attempt: Option<u32>,
}

impl Poll {
    /// The poll that a query makes of a request, if it does.
    pub(super) fn of(following: Following) -> Option<Self> {
        let Following {
            after,
            wait,
            attempt,
        } = following;
        let wait = Duration::from_secs(wait.unwrap_or_default().min(MAX_POLL_WAIT_SECONDS).into());
        Some(Self {
            after: after?,
            wait,
            attempt,
        })
    }
}

/// Answers a poll.
pub(super) async fn answer(
    transports: &Transports,
    login_id: &str,
    poll: Poll,
    request: &http::Request<()>,
) -> Result<Response, ApiError> {
    let address = transports.trusted_proxies.address_of(request)?;
    let _place = transports.admission.take(&address)?;
    let resume = resume_request(login_id, request.headers(), poll.after, poll.attempt)?;
    let metrics = transports.logins.metrics();
    let waiting = transports.logins.poll(resume, &address).await?;
    metrics.attached(Transport::LongPoll);
    let _counted = metrics.socket_opened();
    let first = first(transports, waiting.waiter(), poll.wait).await;
    Ok((NO_STORE, Json(told(transports, waiting.waiter(), first))).into_response())
}

/// What comes first, if it comes in time.
async fn first(transports: &Transports, waiter: &Waiter, wait: Duration) -> Option<Delivery> {
    tokio::select! {
        biased;
        delivery = waiter.next() => Some(delivery),
        // Whoever came between the farewells and the end of the node has no farewell on the way.
        () = transports.closing.cancelled() => Some(Delivery::Close(CloseCode::Restarting.into())),
        () = tokio::time::sleep(wait) => None,
    }
}

/// All that is there to tell by now.
fn told(transports: &Transports, waiter: &Waiter, first: Option<Delivery>) -> PollAnswer {
    let logins = &transports.logins;
    let mut answer = PollAnswer {
        messages: Vec::new(),
        close: None,
    };
    let mut next = first;
    while let Some(delivery) = next {
        match delivery {
            Delivery::Change(change) => answer.messages.push(logins.render(change)),
            // The answer itself is the sign of life.
            Delivery::Ping => {}
            Delivery::Close(farewell) => {
                answer.close = Some(farewell.notice());
                break;
            }
        }
        next = waiter.next().now_or_never();
    }
    answer
}

#[cfg(test)]
mod tests {
    use saoma_protocol::ErrorCode;

    use super::*;

    fn poll(query: &str) -> Result<Option<Poll>, ErrorCode> {
        let uri = format!("/v1/logins/x/events{query}")
            .parse()
            .expect("a URI");
        Following::of(&uri)
            .map(Poll::of)
            .map_err(|denial| denial.error)
    }

    #[test]
    fn a_query_with_after_makes_a_poll_that_waits_no_longer_than_it_may() {
        for (query, after, seconds, attempt) in [
            ("?after=7", 7, 0, None),
            ("?after=0&wait=3", 0, 3, None),
            ("?wait=25&after=1&attempt=4", 1, 25, Some(4)),
            ("?after=1&wait=4000&later=x", 1, 25, None),
        ] {
            assert_eq!(
                poll(query),
                Ok(Some(Poll {
                    after,
                    wait: Duration::from_secs(seconds),
                    attempt
                })),
                "{query}"
            );
        }
        for query in ["", "?wait=3", "?attempt=1", "?x=1"] {
            assert_eq!(poll(query), Ok(None), "{query}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for query in [
            "?after=",
            "?after=x",
            "?after=-1",
            "?after=1&wait=1.5",
            "?after=1&after=2",
            "?attempt=-1",
        ] {
            assert_eq!(poll(query), Err(ErrorCode::InvalidRequest), "{query}");
        }
    }
}
