//! A browser whose network lets nothing through but short answers.

use reqwest::{RequestBuilder, Response};
use saoma_load::browser::{OpenedLogin, open_request};
use saoma_protocol::{PollAnswer, Problem, ReceiveKey, ServerMessage, paths};

use super::{Node, ORIGIN, hall};

/// The longest wait that a poll can ask for.
pub const LONG: u32 = saoma_protocol::MAX_POLL_WAIT_SECONDS;

/// A browser that polls. It remembers what a page remembers, so a clone of it is the page after a reload.
#[derive(Clone)]
pub struct PollingBrowser {
    pub login: OpenedLogin,
    pub after: u32,
    http: reqwest::Client,
}

impl PollingBrowser {
    /// A page of the portal that has opened a login at this node.
    pub async fn open(node: &Node) -> Self {
        let http = reqwest::Client::new();
        let (request, code_verifier, state) = open_request(&hall());
        let answer = http
            .post(node.at(paths::LOGINS))
            .header("origin", ORIGIN)
            .json(&request)
            .send()
            .await
            .unwrap();
        let opened = answer.json().await.unwrap();
        let ServerMessage::Opened {
            seq,
            login_id,
            receive_key,
            qr,
            user_code,
            expires_in,
            ..
        } = opened
        else {
            panic!("not opened: {opened:?}")
        };
        let user_code = user_code.to_string();
        let login = OpenedLogin {
            login_id,
            receive_key,
            qr,
            user_code,
            expires_in,
            code_verifier,
            state,
        };
        Self {
            login,
            after: seq,
            http,
        }
    }

    /// The same page, with a key that somebody made up.
    pub fn with_key(&self, receive_key: ReceiveKey) -> Self {
        Self {
            login: OpenedLogin {
                receive_key,
                ..self.login.clone()
            },
            ..self.clone()
        }
    }

    /// Asks this node for what is new, and waits for it up to so many seconds.
    pub async fn poll(&mut self, node: &Node, wait: u32) -> PollAnswer {
        let response = self.request(node, wait).send().await.unwrap();
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
        let answer: PollAnswer = response.json().await.unwrap();
        self.after = answer
            .messages
            .iter()
            .filter_map(ServerMessage::seq)
            .fold(self.after, u32::max);
        answer
    }

    /// The messages of a poll that no farewell came with.
    pub async fn messages(&mut self, node: &Node, wait: u32) -> Vec<ServerMessage> {
        let answer = self.poll(node, wait).await;
        assert_eq!(answer.close, None);
        answer.messages
    }

    /// What the gateway says against a poll: status, seconds of `Retry-After`, problem.
    pub async fn refused(&self, node: &Node) -> (u16, Option<u64>, Problem) {
        let response = self.request(node, 0).send().await.unwrap();
        let status = response.status().as_u16();
        (
            status,
            retry_after(&response),
            response.json().await.unwrap(),
        )
    }

    /// A command, `refresh` or `cancel`.
    pub async fn command(&self, node: &Node, path: &str) {
        let request = self
            .http
            .post(node.at(&paths::of_login(path, self.login.login_id)));
        assert_eq!(
            self.proved(request).send().await.unwrap().status(),
            204,
            "{path}"
        );
    }

    /// A poll that is not sent yet.
    pub fn request(&self, node: &Node, wait: u32) -> RequestBuilder {
        let mut url = node.at(&paths::of_login(paths::EVENTS, self.login.login_id));
        url.set_query(Some(&format!("after={}&wait={wait}", self.after)));
        self.proved(self.http.get(url))
    }

    fn proved(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(
            saoma_protocol::RECEIVE_KEY_HEADER,
            self.login.receive_key.to_string(),
        )
    }
}

fn retry_after(response: &Response) -> Option<u64> {
    response
        .headers()
        .get("retry-after")?
        .to_str()
        .unwrap()
        .parse()
        .ok()
}
