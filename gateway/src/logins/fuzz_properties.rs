//! Properties of redirect URIs and of the parameters that a browser adds.
#![allow(
    clippy::expect_used,
    reason = "a property that does not hold says so by panicking"
)]

use saoma_protocol::{AuthorizationCode, LoginId};
use url::Url;

use super::open::answer_uri;
use crate::fuzz_input::lines;
use crate::store::LoginRequest;

const ISSUER: &str = "https://login.example";

/// Threat T26: a redirect leads to where the registered URI leads, with all that is in it, and has the `state` as it
/// came, `iss` and `code` behind, each once more than the registered URI has it. First line: the URI, then the state.
pub(crate) fn redirect(bytes: &[u8]) {
    let Some([registered, state]) = lines(bytes) else {
        return;
    };
    let Some(uri) = Url::parse(registered).ok().filter(may_be_registered) else {
        return;
    };
    let code = AuthorizationCode::from_random(LoginId::from_random([7; 15]), [9; 32]);
    for state in [None, Some(state)] {
        let location = Url::parse(
            &(answer_uri(registered, state, ISSUER) + &LoginRequest::answer_parameter(&code)),
        )
        .expect("a URL");
        let place = |url: &Url| {
            let user = (url.username().to_owned(), url.password().map(str::to_owned));
            (
                url.origin(),
                user,
                url.path().to_owned(),
                url.fragment().map(str::to_owned),
            )
        };
        assert_eq!(place(&location), place(&uri));
        let query = location.query().expect("a query");
        assert!(
            query.starts_with(uri.query().unwrap_or_default()),
            "{location}"
        );
        let code = code.to_string();
        let added = state
            .map(|state| ("state", state))
            .into_iter()
            .chain([("iss", ISSUER), ("code", &code)]);
        let added = added.map(|(name, value)| (name.into(), value.into()));
        assert!(
            location.query_pairs().eq(uri.query_pairs().chain(added)),
            "{location}"
        );
    }
}

fn may_be_registered(uri: &Url) -> bool {
    matches!(uri.scheme(), "http" | "https") && uri.password().is_none() && uri.fragment().is_none()
}
