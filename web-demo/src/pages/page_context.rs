//! Facts of a request that the frame of every page shows: who is logged in, and the size of the text.
//!
//! A layer puts them around the handler ([`crate::surface::with_page_context`]), so that no page can leave them out.

use std::future::Future;

use http::HeaderValue;
use saoma_protocol::Identity;
use url::form_urlencoded;

use super::Frame;
use super::cookie::{CookieName, Cookies};

const A_YEAR_IN_SECONDS: u32 = 365 * 24 * 3600;

/// The parameter of a link that asks for a size of text.
const PARAMETER: &str = "type";

tokio::task_local! {
    static CONTEXT: PageContext;
}

/// Facts of a request that its page's frame shows.
#[derive(Debug, Clone)]
pub(crate) struct PageContext {
    /// The person who is logged in.
    pub bar: Option<PersonBar>,
    pub size: TextSize,
    pub portal: PortalAddress,
}

/// The portal, as pages of the app lead to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct PortalAddress {
    pub origin: String,
    /// True if the browser of this request reaches it.
    pub opens_here: bool,
}

/// The person's bar, at the head of each page.
#[derive(Debug, Clone)]
pub(crate) struct PersonBar {
    pub name: String,
    /// The identity of the login; `None` in the app, where a login is the person.
    pub identity: Option<Identity>,
    /// Number of notices that have not been opened.
    pub unread: u32,
}

/// The size of the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum TextSize {
    #[default]
    Standard,
    /// Twice the size, and fewer things (长辈版).
    Large,
}

impl TextSize {
    /// The word in a link and in the cookie.
    const fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Large => "large",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Standard, Self::Large]
            .into_iter()
            .find(|size| size.word() == word)
    }

    const fn other(self) -> Self {
        match self {
            Self::Standard => Self::Large,
            Self::Large => Self::Standard,
        }
    }

    /// Returns the size that a link asks for.
    pub(crate) fn asked_for(query: Option<&str>) -> Option<Self> {
        let mut parameters = form_urlencoded::parse(query?.as_bytes());
        parameters
            .find(|(name, _)| name == PARAMETER)
            .and_then(|(_, word)| Self::of_word(&word))
    }

    /// Returns the size that this browser has kept.
    pub(crate) fn kept(cookies: &Cookies) -> Option<Self> {
        Self::of_word(cookies.value(CookieName::TextSize)?)
    }

    /// Returns the `Set-Cookie` that keeps the size for a year.
    pub(crate) fn keep(self, cookies: &Cookies) -> HeaderValue {
        cookies.set(CookieName::TextSize, self.word(), A_YEAR_IN_SECONDS)
    }
}

impl PageContext {
    /// Runs a handler whose page has these facts.
    pub(crate) async fn around<T>(self, handler: impl Future<Output = T>) -> T {
        CONTEXT.scope(self, handler).await
    }
}

impl Frame<'_> {
    /// Returns the person's bar; `None` without a login.
    pub(crate) fn bar(&self) -> Option<PersonBar> {
        CONTEXT
            .try_with(|context| context.bar.clone())
            .unwrap_or_default()
    }

    /// Returns the portal's address.
    pub(crate) fn portal_address(&self) -> PortalAddress {
        CONTEXT
            .try_with(|context| context.portal.clone())
            .unwrap_or_default()
    }

    /// Returns true if the text is twice the size, with fewer things.
    pub(crate) fn is_large(&self) -> bool {
        self.size() == TextSize::Large
    }

    fn size(&self) -> TextSize {
        CONTEXT.try_with(|context| context.size).unwrap_or_default()
    }

    /// Returns the address of the same page in the other size of text.
    pub(crate) fn other_size(&self) -> String {
        self.with_parameter(PARAMETER, self.size().other().word())
    }
}
