//! Properties of the readers of a browser's headers.
#![allow(
    clippy::expect_used,
    reason = "a property that does not hold says so by panicking"
)]

use std::collections::HashSet;
use std::sync::LazyLock;

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderValue};
use saoma_protocol::Place;
use woothee::dataset::DATASET;

use super::http_request::last_event_id as read;
use super::requester::requester;
use crate::client_address::ClientAddress;

/// A `Last-Event-ID` is a number in digits, or refused.
pub(crate) fn last_event_id(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    if let Ok(seq) = read(&HeaderMap::from_iter([(
        "last-event-id".parse().expect("a name"),
        value,
    )])) {
        let digits = String::from_utf8_lossy(bytes)
            .trim_start_matches('+')
            .trim_start_matches('0')
            .to_owned();
        assert_eq!(
            if digits.is_empty() { "0" } else { &digits },
            seq.to_string()
        );
    }
}

/// Every name of a browser or system that the parser knows.
static VOCABULARY: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    DATASET
        .values()
        .flat_map(|known| [known.name, known.os])
        .collect()
});

/// Threat T17: of a browser's words about itself the person is shown known names and a version's digits alone.
pub(crate) fn user_agent(bytes: &[u8]) {
    let Ok(agent) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    let headers = HeaderMap::from_iter([(USER_AGENT, agent)]);
    let shown = requester(
        &headers,
        &ClientAddress::from_ip([192, 0, 2, 1].into()),
        Place::Internet,
    );
    assert_eq!(shown.address, "192.0.2.1");
    if let Some(browser) = shown.browser {
        let versioned = browser
            .rsplit_once(' ')
            .filter(|(_, version)| version.bytes().all(|b| b.is_ascii_digit()));
        let name = versioned.map_or(browser.as_str(), |(name, _)| name);
        assert!(
            VOCABULARY.contains(name) || VOCABULARY.contains(browser.as_str()),
            "{browser:?}"
        );
        assert!(
            versioned.is_none_or(|(_, version)| version.len() <= 4),
            "{browser:?}"
        );
    }
    assert!(
        shown
            .system
            .as_deref()
            .is_none_or(|system| VOCABULARY.contains(system)),
        "{:?}",
        shown.system
    );
}
