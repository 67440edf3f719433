//! The browser or device that asks, or is logged in, in words.

use saoma_protocol::{Place, RequesterContext};

use crate::pages::Texts;

/// Returns where it is. If that is unknown, the address is that of a proxy, which tells the person nothing.
pub(super) fn place(requester: &RequesterContext, texts: &Texts) -> String {
    let texts = &texts.phone;
    let place = match (&requester.place_name, requester.place) {
        // The address may be a proxy's, such as 127.0.0.1, and would mislead.
        (_, Place::Unknown) => return texts.place_unknown.to_owned(),
        (Some(name), _) => name,
        (None, Place::SameMachine) => texts.same_machine,
        (None, Place::LocalNetwork) => texts.local_network,
        (None, Place::Internet) => texts.internet,
    };
    texts.requester_place(&requester.address, place)
}

/// Returns browser and system, as far as the browser says.
pub(super) fn browser(requester: &RequesterContext) -> Option<String> {
    let parts = [&requester.browser, &requester.system];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}
