//! The browser behind a request, as the login's person will see it.

use http::header::{ORIGIN, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use saoma_protocol::{Place, RequesterContext};
use woothee::parser::Parser;

use crate::client_address::ClientAddress;
use crate::logins::OpenContext;
use crate::metrics::Transport;

/// Reads the context of an open from the request's headers.
pub(crate) fn open_context(
    headers: &HeaderMap,
    address: ClientAddress,
    place: Place,
    transport: Transport,
) -> OpenContext {
    OpenContext {
        origin: origin(headers).map(str::to_owned),
        requester: requester(headers, &address, place),
        address,
        transport,
    }
}

/// Returns the page's origin. Browsers send it with every socket and every POST, and no page can
/// forge it.
pub(super) fn origin(headers: &HeaderMap) -> Option<&str> {
    single(headers, &ORIGIN)?.to_str().ok()
}

/// Returns the value of a header that may occur once; `None` if it is repeated, which makes it
/// ambiguous.
pub(super) fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).into_iter();
    values.next().filter(|_| values.next().is_none())
}

/// Describes the browser. Its name and system come from a parser with a fixed vocabulary, so that no
/// text of an attacker's making reaches the phone's screen (threat T17).
pub(super) fn requester(
    headers: &HeaderMap,
    address: &ClientAddress,
    place: Place,
) -> RequesterContext {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    let parsed = Parser::new().parse(agent);
    let known = |text: &str| (!text.is_empty() && text != "UNKNOWN").then(|| text.to_owned());
    RequesterContext {
        address: address.ip().to_string(),
        place,
        place_name: None,
        browser: parsed
            .as_ref()
            .and_then(|agent| known(agent.name))
            .map(|name| with_major_version(name, agent)),
        system: parsed.as_ref().and_then(|agent| known(agent.os)),
    }
}

/// Appends the digits of the version's first part to the browser's name.
fn with_major_version(name: String, agent: &str) -> String {
    let version = agent
        .split_once(&format!("{name}/"))
        .map_or("", |(_, rest)| rest);
    let major: String = version
        .chars()
        .take_while(char::is_ascii_digit)
        .take(4)
        .collect();
    if major.is_empty() {
        name
    } else {
        format!("{name} {major}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

    fn seen(agent: &str) -> RequesterContext {
        let headers = HeaderMap::from_iter([(USER_AGENT, agent.parse().expect("a header value"))]);
        let address = ClientAddress::from_ip([127, 0, 0, 1].into());
        requester(&headers, &address, Place::SameMachine)
    }

    #[test]
    fn the_person_sees_browser_and_system() {
        let context = seen(CHROME);
        assert_eq!(context.browser.as_deref(), Some("Chrome 156"));
        assert_eq!(context.system.as_deref(), Some("Linux"));
    }

    #[test]
    fn words_of_the_browsers_own_making_are_not_shown() {
        let context = seen("Your bank, please confirm");
        assert_eq!((context.browser, context.system), (None, None));
    }
}
