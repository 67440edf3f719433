//! A login's messages poll by poll, for networks that hold event streams back.
//!
//! A poll is a resume that ends with its answer. Reading consumes nothing: a repeated poll after the
//! same message gets the same messages.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use saoma_protocol::{CloseCode, MAX_POLL_WAIT_SECONDS, PollAnswer};

use super::BrowserFrontend;
use super::http_request::{FollowQuery, NO_STORE, resume_request};
use super::session::{Outgoing, Session};
use crate::error::ApiError;
use crate::http::json::Json;
use crate::waiting::waiter::{Delivery, Waiter};

/// The parameters of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Poll {
    /// Newest message that the browser has.
    after: u32,
    /// Maximum wait for a newer one.
    wait: Duration,
    /// Number of this poll among the browser's connections to the login.
    attempt: Option<u32>,
}

impl Poll {
    /// Returns the poll that a query asks for; `None` if it has no `after`.
    pub(super) fn from_query(query: FollowQuery) -> Option<Self> {
        let FollowQuery {
            after,
            wait,
            attempt,
        } = query;
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
    frontend: &BrowserFrontend,
    login_id: &str,
    poll: Poll,
    request: &http::Request<()>,
) -> Result<Response, ApiError> {
    let address = frontend.trusted_proxies.address_of(request)?;
    let resume = resume_request(login_id, request.headers(), poll.after, poll.attempt)?;
    // A poll is no new browser, and takes no pace: junk polls would use it up.
    let permit = frontend.admission.take(&address)?;
    let session = Session::new(Arc::clone(&frontend.logins), permit);
    let waiting = session.poll(resume, &address).await?;
    let first = first_delivery(frontend, waiting.waiter(), poll.wait).await;
    let answer = poll_answer(&session, waiting.waiter(), first);
    Ok((NO_STORE, Json(answer)).into_response())
}

/// Waits for the first delivery; `None` if the time is up.
async fn first_delivery(
    frontend: &BrowserFrontend,
    waiter: &Waiter,
    wait: Duration,
) -> Option<Delivery> {
    tokio::select! {
        biased;
        delivery = waiter.next() => Some(delivery),
        // A poll that arrives after the drain's last closes would otherwise delay the node's end.
        () = frontend.closing.cancelled() => Some(Delivery::Close(CloseCode::Restarting.into())),
        () = tokio::time::sleep(wait) => None,
    }
}

/// Renders the first delivery, and all that are ready behind it.
fn poll_answer(session: &Session, waiter: &Waiter, first: Option<Delivery>) -> PollAnswer {
    let mut answer = PollAnswer {
        messages: Vec::new(),
        close: None,
    };
    let mut next = first;
    while let Some(delivery) = next {
        match session.render(delivery) {
            Outgoing::Message(message) | Outgoing::Last(message) => answer.messages.push(message),
            // The answer itself shows that the connection is alive.
            Outgoing::Heartbeat => {}
            Outgoing::Close(reason) => {
                answer.close = Some(reason.notice());
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
        FollowQuery::from_uri(&uri)
            .map(Poll::from_query)
            .map_err(|error| error.error)
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
