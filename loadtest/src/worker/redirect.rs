//! The address that a confirmed browser is sent to.

use url::Url;

/// Returns the parameters `state` and `code` of the address that a browser is sent to.
pub(super) fn state_and_code(redirect_to: &str) -> (String, String) {
    let url = Url::parse(redirect_to).ok();
    let parameter = |wanted: &str| {
        let found = url
            .as_ref()
            .and_then(|url| url.query_pairs().find(|(name, _)| name == wanted));
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    (parameter("state"), parameter("code"))
}
