//! Addresses to which the browsers of a relying party may be sent.

use url::Url;

/// Beginnings of the addresses on which an app listens on the browser's own machine (RFC 8252 §7.3).
const LOOPBACK: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// The registered redirect URIs of a client.
#[derive(Debug)]
pub(super) struct RedirectUris {
    registered: Vec<String>,
    /// The client is an app on the browser's machine.
    is_native: bool,
}

impl RedirectUris {
    /// Creates the list of these URIs.
    pub(super) const fn new(registered: Vec<String>, is_native: bool) -> Self {
        Self {
            registered,
            is_native,
        }
    }

    /// Returns true if a browser may be sent to this URI: it must equal a registered one, character by character. An app
    /// listens on any port that is free at the time, so that on loopback addresses the port may differ.
    pub(super) fn admit(&self, uri: &str) -> bool {
        let is_same = |registered: &String| {
            registered == uri
                || self.is_native
                    && loopback(uri).is_some_and(|asked| loopback(registered) == Some(asked))
        };
        self.registered.iter().any(is_same)
    }
}

/// Returns the two parts of a loopback address around its port.
fn loopback(uri: &str) -> Option<(&'static str, &str)> {
    let host = LOOPBACK.into_iter().find(|host| uri.starts_with(host))?;
    let rest = &uri[host.len()..];
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit());
            let (port, rest) = rest.split_at(end.unwrap_or(rest.len()));
            port.parse::<u16>().ok().filter(|port| *port > 0)?;
            rest
        }
    };
    // What follows the host is a path or a query, and no longer a name.
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest))
}

/// Returns the origin where a browser lands, which a person should see before confirming. For an app on the browser's
/// machine it is a loopback address, or the app's own scheme, such as `com.example.app:`.
pub(crate) fn landing_origin(redirect_uri: &str) -> String {
    let Ok(uri) = Url::parse(redirect_uri) else {
        return redirect_uri.to_owned();
    };
    match uri.scheme() {
        "http" | "https" => uri.origin().ascii_serialization(),
        scheme => format!("{scheme}:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_redirect_uri_is_admitted() {
        let uris = vec![
            "https://hall.example/callback".into(),
            "http://127.0.0.1:8081/callback".into(),
        ];
        let registered = RedirectUris::new(uris, false);
        assert!(registered.admit("https://hall.example/callback"));
        assert!(registered.admit("http://127.0.0.1:8081/callback"));
        for other in [
            "https://hall.example/callback/",
            "https://hall.example/callback?x=1",
            "https://hall.example/callback/../evil",
            "https://HALL.example/callback",
            "http://hall.example/callback",
            "https://hall.example.evil.example/callback",
            "http://127.0.0.1:8082/callback",
            "http://127.0.0.1/callback",
            "",
        ] {
            assert!(!registered.admit(other), "{other}");
        }
    }

    /// RFC 8252 §7.3 and §8.10: an app may choose the port, and nothing else.
    #[test]
    fn an_app_may_choose_the_port_on_a_loopback_address_only() {
        let uris = vec![
            "http://127.0.0.1/callback".into(),
            "http://[::1]:8400/callback?from=saoma".into(),
            "com.example.app:/callback".into(),
            "https://app.example/callback".into(),
        ];
        let registered = RedirectUris::new(uris, true);
        for admitted in [
            "http://127.0.0.1/callback",
            "http://127.0.0.1:1/callback",
            "http://127.0.0.1:65535/callback",
            "http://[::1]/callback?from=saoma",
            "http://[::1]:51004/callback?from=saoma",
            "com.example.app:/callback",
            "https://app.example/callback",
        ] {
            assert!(registered.admit(admitted), "{admitted}");
        }
        for other in [
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:80@evil.example/callback",
            "http://127.0.0.1@evil.example/callback",
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1:8400/callback/",
            "http://127.0.0.1:8400/callback?x=1",
            "http://127.0.0.1:8400/callback?from=saoma",
            "http://127.0.0.2:8400/callback",
            "http://localhost:8400/callback",
            "https://127.0.0.1:8400/callback",
            "http://[::1]:51004/callback",
            "com.example.app:/other",
            "com.example.app:80/callback",
            "https://app.example:8443/callback",
        ] {
            assert!(!registered.admit(other), "{other}");
        }
    }

    #[test]
    fn people_see_where_a_browser_lands() {
        for (uri, shown) in [
            ("https://hall.example/callback?a=b", "https://hall.example"),
            ("https://hall.example:8443/", "https://hall.example:8443"),
            ("http://127.0.0.1:51004/callback", "http://127.0.0.1:51004"),
            ("http://[::1]/callback", "http://[::1]"),
            ("com.example.app:/callback", "com.example.app:"),
        ] {
            assert_eq!(landing_origin(uri), shown);
        }
    }
}
