//! Scopes of authentication requests.

/// The scope that asks for a refresh token (OIDC Core §11).
pub(crate) const OFFLINE_ACCESS: &str = "offline_access";

/// Scopes that the provider grants; others are ignored (OIDC Core §3.1.2.1).
pub(crate) const KNOWN: [&str; 7] = [
    "openid",
    "profile",
    "email",
    "phone",
    "address",
    "groups",
    OFFLINE_ACCESS,
];

/// Returns true if the request is one of OpenID Connect.
pub(crate) fn has_openid(requested: &str) -> bool {
    words(requested).any(|scope| scope == "openid")
}

/// Returns the scope that is granted for a request: its known values, each once, `offline_access` for a client with
/// refresh tokens only. The client is told it where it differs
/// from what it has asked for (RFC 6749 §3.3).
pub(crate) fn granted(requested: &str, has_refresh_tokens: bool) -> String {
    let mut granted: Vec<&str> = Vec::new();
    for scope in words(requested).filter(|scope| KNOWN.contains(scope)) {
        if scope == OFFLINE_ACCESS && !has_refresh_tokens {
            continue;
        }
        if !granted.contains(&scope) {
            granted.push(scope);
        }
    }
    granted.join(" ")
}

fn words(scope: &str) -> impl Iterator<Item = &str> {
    scope.split(' ').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k8_only_known_scopes_are_granted_and_each_once() {
        for (requested, expected) in [
            ("openid", "openid"),
            ("profile openid", "profile openid"),
            ("openid made:up", "openid"),
            ("openid  openid profile openid", "openid profile"),
            ("openidx", ""),
            ("openid offline_access", "openid"),
        ] {
            assert_eq!(granted(requested, false), expected);
        }
        let offline = granted("openid offline_access profile", true);
        assert_eq!(offline, "openid offline_access profile");
    }

    #[test]
    fn a_request_of_openid_says_so() {
        assert!(has_openid("profile openid"));
        assert!(!has_openid("profile openidx"));
    }
}
