//! HTTP Basic, as OAuth clients use it: some encode id and secret before they join them, as RFC 6749 §2.3.1 says, and
//! some send them as they are.

use http::HeaderMap;
use url::form_urlencoded;

use crate::http::basic_credentials::basic_credentials;

/// A text that has two readings: decoded from the form encoding, and as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Readings {
    decoded: String,
    /// `None` where it is the same text.
    as_sent: Option<String>,
}

impl Readings {
    /// A text with one reading.
    pub(super) fn one(text: &str) -> Self {
        Self {
            decoded: text.to_owned(),
            as_sent: None,
        }
    }

    fn of(sent: &str) -> Self {
        let decoded = form_decoded(sent);
        let as_sent = (decoded != sent).then(|| sent.to_owned());
        Self { decoded, as_sent }
    }

    /// Returns the readings, the decoded one first.
    pub(super) fn all(&self) -> Vec<&str> {
        let sent = self.as_sent.as_deref();
        std::iter::once(self.decoded.as_str()).chain(sent).collect()
    }
}

/// Returns id and secret of a request. An empty secret counts as left out: clients without one send it so.
pub(super) fn credentials(headers: &HeaderMap) -> Option<(Readings, Option<Readings>)> {
    let (id, secret) = basic_credentials(headers)?;
    let secret = (!secret.is_empty()).then(|| Readings::of(&secret));
    Some((Readings::of(&id), secret))
}

fn form_decoded(text: &str) -> String {
    // A value of form encoding holds no separators of its own.
    form_urlencoded::parse(format!("value={}", text.replace('&', "%26")).as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
