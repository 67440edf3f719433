//! Facts of the request under way that the frame of every page shows.

use std::future::Future;

tokio::task_local! {
    static FACTS: RequestFacts;
}

/// Facts of a request, set around its handler by a layer. A page made outside of one has none.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestFacts {
    /// The key by which this page's form is kept: the link to the other language carries it, so that what was typed stays.
    pub kept: Option<String>,
    /// What the person is told at the head of the page, once.
    pub notices: Vec<String>,
    /// The time of the login, if the person is logged in.
    pub session: Option<SessionBar>,
    /// True if the browser has not sent a cookie yet: the page asks for a stylesheet that shows a warning unless one comes.
    pub are_cookies_unproved: bool,
}

/// The time of a login, as the foot of a page shows it.
#[derive(Debug, Clone)]
pub(crate) struct SessionBar {
    /// Seconds until the login ends without activity.
    pub seconds: i64,
    /// Its end, in the province's time.
    pub until: String,
    /// True if activity does not lengthen it.
    pub is_maximum: bool,
    /// The script that counts down, if it is built.
    pub script: Option<&'static str>,
}

impl RequestFacts {
    /// Runs a handler whose pages have these facts.
    pub(crate) async fn around<T>(self, handler: impl Future<Output = T>) -> T {
        FACTS.scope(self, handler).await
    }

    /// Returns the facts of the request under way.
    pub(crate) fn current() -> Self {
        FACTS.try_with(Self::clone).unwrap_or_default()
    }
}
