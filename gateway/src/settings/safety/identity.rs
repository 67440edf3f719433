//! Addresses of the app's backend at which others can listen or answer.

use super::{Findings, is_foreign_http};
use crate::settings::Settings;

impl Settings {
    pub(super) fn find_in_identity(&self, findings: &mut Findings) {
        for source in self.identity.all_sources() {
            let setting = |member: &str| format!("{}.{member}", source.path);
            if let Some(introspection) = source.introspection {
                findings.refuse_if(
                    is_foreign_http(&introspection.url),
                    &setting("introspection.url"),
                    "give an https URL: over http from another machine tokens can be read, and answers changed",
                );
                findings.warn_if(
                    introspection.trust_introspection,
                    &setting("introspection.trust_introspection"),
                    "every token that the endpoint calls active logs in, also one of another app or service of the same backend: \
                     give audience, scope or client instead if its answers hold them",
                );
            }
            if let Some(standing) = source.standing {
                findings.refuse_if(
                    is_foreign_http(&standing.url),
                    &setting("standing.url"),
                    "give an https URL: over http from another machine answers can be changed",
                );
            }
            if let Some(jwks) = source.jwks {
                findings.refuse_if(
                    is_foreign_http(&jwks.url),
                    &setting("jwks.url"),
                    "give an https URL: over http from another machine the keys can be exchanged",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTROSPECTION: &str = "client_id = 'a', client_secret = 'b', audience = 'saoma'";
    const JWKS: &str = "issuer = 'i', audience = 'saoma'";

    fn refused(section: &str, url: &str, members: &str) -> Vec<String> {
        let toml = format!("identity.{section} = {{ url = '{url}', {members} }}");
        let settings = Settings::from_toml(&toml).expect("settings");
        let mut findings = Findings::default();
        settings.find_in_identity(&mut findings);
        findings
            .refused
            .into_iter()
            .map(|found| found.setting)
            .collect()
    }

    /// Row A12: tokens and keys do not cross a network in the clear.
    #[test]
    fn http_is_for_this_machine_alone() {
        for (url, is_taken) in [
            ("https://app.example/x", true),
            ("http://localhost:3000/x", true),
            ("http://app.localhost/x", true),
            ("http://127.0.0.1:3000/x", true),
            ("http://127.8.8.8/x", true),
            ("http://[::1]/x", true),
            ("http://[::ffff:127.0.0.1]/x", true),
            ("http://app.example/x", false),
            ("http://10.0.0.1/x", false),
            ("http://localhost.example/x", false),
        ] {
            let introspection = refused("introspection", url, INTROSPECTION);
            let jwks = refused("jwks", url, JWKS);
            assert_eq!(
                introspection.is_empty(),
                is_taken,
                "{url} {introspection:?}"
            );
            assert_eq!(jwks.is_empty(), is_taken, "{url} {jwks:?}");
        }
        assert!(refused("jwks", "file:///keys.json", JWKS).is_empty());
    }
}
