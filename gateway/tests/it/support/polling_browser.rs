//! A browser whose network lets nothing through but short answers.

use reqwest::RequestBuilder;
use saoma_client::{BrowserError, HttpLogin, OpenedLogin};
use saoma_protocol::{PollAnswer, Problem, ReceiveKey, ServerMessage};

use super::{Node, hall};

/// The longest wait that a poll can ask for.
pub(crate) const LONG: u32 = saoma_protocol::MAX_POLL_WAIT_SECONDS;

/// A browser that polls. It remembers what a page remembers, so a clone of it is the page after a
/// reload.
#[derive(Clone)]
pub(crate) struct PollingBrowser {
    pub(crate) login: OpenedLogin,
    pub(crate) after: u32,
    requests: HttpLogin,
}

impl PollingBrowser {
    /// A page of the portal that has opened a login at this node.
    pub(crate) async fn open(node: &Node) -> Self {
        let http = reqwest::Client::new();
        let (requests, login) = HttpLogin::open(&http, &node.url, &hall()).await.unwrap();
        // Tests of foreign pages add an `Origin` of their own.
        let requests = requests.same_origin();
        Self {
            login,
            after: 1,
            requests,
        }
    }

    /// The same page with an invented key.
    pub(crate) fn with_key(&self, receive_key: ReceiveKey) -> Self {
        Self {
            requests: self.requests.with_receive_key(receive_key),
            ..self.clone()
        }
    }

    /// Asks this node for what is new, and waits for it up to so many seconds.
    pub(crate) async fn poll(&mut self, node: &Node, wait: u32) -> PollAnswer {
        let requests = self.requests.at(&node.url);
        let answer = requests.poll(self.after, wait).await.unwrap();
        self.after = answer
            .messages
            .iter()
            .filter_map(ServerMessage::seq)
            .fold(self.after, u32::max);
        answer
    }

    /// The messages of a poll that no farewell came with.
    pub(crate) async fn messages(&mut self, node: &Node, wait: u32) -> Vec<ServerMessage> {
        let answer = self.poll(node, wait).await;
        assert_eq!(answer.close, None);
        answer.messages
    }

    /// Polls and returns a refusal: status, seconds of `Retry-After`, problem.
    pub(crate) async fn refused(&self, node: &Node) -> (u16, Option<u64>, Problem) {
        let answer = self.requests.at(&node.url).poll(self.after, 0).await;
        let Err(BrowserError::Refused {
            status,
            retry_after,
            problem: Some(problem),
        }) = answer
        else {
            panic!("not refused: {answer:?}")
        };
        (status.as_u16(), retry_after, *problem)
    }

    /// A command, `refresh` or `cancel`.
    pub(crate) async fn command(&self, node: &Node, path: &str) {
        let request = self.requests.at(&node.url).command_request(path).unwrap();
        assert_eq!(request.send().await.unwrap().status(), 204, "{path}");
    }

    /// A poll that is not sent yet.
    pub(crate) fn request(&self, node: &Node, wait: u32) -> RequestBuilder {
        let requests = self.requests.at(&node.url);
        requests.poll_request(self.after, wait).unwrap()
    }
}
