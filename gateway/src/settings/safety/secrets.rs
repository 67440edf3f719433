//! Secrets that can be guessed.

use std::collections::HashSet;

use super::Findings;
use crate::settings::{Secret, Settings};

/// The shortest secret, in bytes. A random one of as many letters and digits has 95 bits.
const SHORTEST: usize = 16;

/// The fewest different bytes of a secret. A random one of 16 hexadecimal digits has fewer in one of 10,000 cases.
const FEWEST_BYTES: usize = 6;

/// Parts of secrets in examples.
const PLACEHOLDERS: [&str; 4] = ["change-me", "changeme", "change_me", "replace-me"];

impl Settings {
    /// Refuses weak secrets, or warns about them where only this machine reaches the gateway.
    pub(super) fn find_in_secrets(&self, findings: &mut Findings) {
        let is_remote = self.is_remote();
        let mut found = |setting: &str, problem: String| {
            findings.refuse_if(is_remote, setting, &*problem);
            findings.warn_if(!is_remote, setting, problem);
        };
        for client in &self.clients {
            let id = &client.client_id;
            if let Some(problem) = client
                .secret
                .as_ref()
                .and_then(|secret| weakness(secret, id))
            {
                found("clients.secret", format!("the secret of {id:?} {problem}"));
            }
        }
        let introspection = self.identity.introspection.as_ref();
        if let Some(own) = introspection
            && let Some(problem) = weakness(&own.client_secret, &own.client_id)
        {
            let setting = "identity.introspection.client_secret";
            found(setting, format!("the secret {problem}"));
        }
        let mut seen = HashSet::new();
        let secrets = self
            .clients
            .iter()
            .filter_map(|client| client.secret.as_ref());
        let secrets = secrets.chain(introspection.map(|own| &own.client_secret));
        findings.warn_if(
            is_remote
                && !secrets
                    .map(Secret::expose)
                    .all(|secret| seen.insert(secret)),
            "clients.secret",
            "a secret is there twice, so that one party can pose as another: give each its own",
        );
    }
}

/// Returns the weakness of a secret, as the end of a sentence that does not hold the secret.
fn weakness(secret: &Secret, id: &str) -> Option<String> {
    const ADVICE: &str = "make one by `openssl rand -hex 32`";
    let secret = secret.expose();
    let lower = secret.to_ascii_lowercase();
    let bytes: HashSet<u8> = secret.bytes().collect();
    let problem = if PLACEHOLDERS.iter().any(|part| lower.contains(part)) {
        "is that of an example".to_owned()
    } else if secret.len() < SHORTEST {
        format!("is shorter than {SHORTEST} characters")
    } else if secret == id {
        "is the client's id".to_owned()
    } else if bytes.len() < FEWEST_BYTES {
        "repeats a few characters".to_owned()
    } else {
        return None;
    };
    Some(format!("{problem}: {ADVICE}"))
}
