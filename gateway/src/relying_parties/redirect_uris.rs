//! Addresses to which the browsers of a relying party may be sent.

use url::Url;

/// The registered redirect URIs of a client.
#[derive(Debug)]
pub(super) struct RedirectUris(Vec<String>);

impl RedirectUris {
    /// Creates the list of these URIs.
    pub(super) const fn new(uris: Vec<String>) -> Self {
        Self(uris)
    }

    /// Returns true if a browser may be sent to this URI: it must equal a registered one, character by character.
    pub(super) fn admit(&self, uri: &str) -> bool {
        self.0.iter().any(|registered| registered == uri)
    }
}

/// Returns the origin where a browser lands, which a person should see before confirming.
pub(crate) fn landing_origin(redirect_uri: &str) -> String {
    Url::parse(redirect_uri).map_or_else(
        |_| redirect_uri.to_owned(),
        |uri| uri.origin().ascii_serialization(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_redirect_uri_is_admitted() {
        let registered = RedirectUris::new(vec!["https://hall.example/callback".into()]);
        assert!(registered.admit("https://hall.example/callback"));
        for other in [
            "https://hall.example/callback/",
            "https://hall.example/callback?x=1",
            "https://hall.example/callback/../evil",
            "https://HALL.example/callback",
            "http://hall.example/callback",
            "https://hall.example.evil.example/callback",
            "",
        ] {
            assert!(!registered.admit(other), "{other}");
        }
    }
}
