//! Secrets that can be guessed.

use std::collections::HashSet;
use std::path::PathBuf;

use super::Findings;
use crate::settings::{Secret, Settings};

/// The shortest secret, in bytes. A random one of as many letters and digits has 95 bits.
const SHORTEST: usize = 16;

/// The fewest different bytes of a secret. A random one of 16 hexadecimal digits has fewer in one of 10,000 cases.
const FEWEST_BYTES: usize = 6;

/// Parts of secrets in examples.
const PLACEHOLDERS: [&str; 6] = [
    "change-me",
    "changeme",
    "change_me",
    "replace-me",
    "replaceme",
    "replace_me",
];

/// Words in secrets that people think of. Without them the rest of a secret must be long enough by itself.
const WORDS: [&str; 14] = [
    "password", "passwort", "passwd", "secret", "example", "default", "welcome", "letmein",
    "qwerty", "asdfgh", "admin", "client", "gateway", "test",
];

/// The fewest characters of a secret that are not of a common word.
const FEWEST_BESIDE_WORDS: usize = 10;

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
            if let Some(secret) = written(client.secret.as_ref(), client.secret_file.as_ref())
                && let Some(problem) = weakness(secret.expose(), id)
            {
                found("clients.secret", format!("the secret of {id:?} {problem}"));
            }
        }
        let introspection = self.identity.introspection.as_ref();
        if let Some(own) = introspection
            && let Some(secret) = written(Some(&own.client_secret), own.client_secret_file.as_ref())
            && let Some(problem) = weakness(secret.expose(), &own.client_id)
        {
            let setting = "identity.introspection.client_secret";
            found(setting, format!("the secret {problem}"));
        }
        let events = self.identity.events.as_ref();
        if let Some(own) = events
            && let Some(problem) = weakness(own.client_secret.expose(), &own.client_id)
        {
            let setting = "identity.events.client_secret";
            found(setting, format!("the secret {problem}"));
        }
        if let Some(own) = &self.identity.standing
            && let Some(problem) = weakness(own.client_secret.expose(), &own.client_id)
        {
            let setting = "identity.standing.client_secret";
            found(setting, format!("the secret {problem}"));
        }
        let sources = self.identity.all_sources();
        for source in sources.iter().skip(1) {
            let introspection = source.introspection.and_then(|own| {
                let secret = written(Some(&own.client_secret), own.client_secret_file.as_ref())?;
                Some(("introspection", secret, &own.client_id))
            });
            let standing = source
                .standing
                .map(|own| ("standing", own.client_secret.clone(), &own.client_id));
            let events = source
                .events
                .map(|own| ("events", own.client_secret.clone(), &own.client_id));
            for (section, secret, id) in introspection.into_iter().chain(standing).chain(events) {
                if let Some(problem) = weakness(secret.expose(), id) {
                    let setting = format!("{}.{section}.client_secret", source.path);
                    found(&setting, format!("the secret {problem}"));
                }
            }
        }
        let mut seen = HashSet::new();
        let secrets = self
            .clients
            .iter()
            .filter_map(|client| client.secret.as_ref());
        let own = introspection.map(|own| &own.client_secret);
        let secrets = secrets
            .chain(own.filter(|secret| !secret.is_empty()))
            .chain(
                sources
                    .iter()
                    .filter_map(|source| Some(&source.events?.client_secret)),
            );
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

/// Returns the secret that is given, or the one in the file. A file that holds none is told elsewhere.
fn written(secret: Option<&Secret>, file: Option<&PathBuf>) -> Option<Secret> {
    match file {
        Some(path) => Secret::read(path).ok(),
        None => secret.filter(|secret| !secret.is_empty()).cloned(),
    }
}

/// Returns the weakness of a secret, as the end of a sentence that does not hold the secret: *is shorter than 16
/// characters: make one by …*. It knows faults that are certain, and does not estimate the strength of the rest.
/// `id` is the name of the party whose secret it is.
pub fn weakness(secret: &str, id: &str) -> Option<String> {
    const ADVICE: &str = "make one by `openssl rand -hex 32`";
    let lower = secret.to_ascii_lowercase();
    let bytes: HashSet<u8> = secret.bytes().collect();
    let problem = if PLACEHOLDERS.iter().any(|part| lower.contains(part)) {
        "is that of an example".to_owned()
    } else if secret.len() < SHORTEST {
        format!("is shorter than {SHORTEST} characters")
    } else if secret == id {
        "is the client's id".to_owned()
    } else if bytes.len() < FEWEST_BYTES || repeats(lower.as_bytes()) {
        "repeats a few characters".to_owned()
    } else if counts_up(lower.as_bytes()) {
        "is a row of the alphabet or of digits".to_owned()
    } else if is_of_words(&lower, id) {
        "is made of common words".to_owned()
    } else {
        return None;
    };
    Some(format!("{problem}: {ADVICE}"))
}

/// Returns true for a text that is a shorter one written twice or more often.
fn repeats(secret: &[u8]) -> bool {
    (1..=secret.len() / 2).any(|period| {
        secret
            .iter()
            .zip(secret.iter().skip(period))
            .all(|(first, later)| first == later)
    })
}

/// Returns true if most characters are the neighbours of those before them, such as in `abcdefgh12345678`.
fn counts_up(secret: &[u8]) -> bool {
    let steps = secret.iter().zip(secret.iter().skip(1));
    let near = steps
        .filter(|(first, next)| first.abs_diff(**next) <= 1)
        .count();
    near * 4 >= secret.len() * 3
}

/// Returns true if hardly anything is left of a secret without common words.
fn is_of_words(lower: &str, id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    let words = WORDS.iter().copied().chain([&*id]);
    let rest = words
        .filter(|word| word.len() >= 4)
        .fold(lower.to_owned(), |rest, word| rest.replace(word, ""));
    rest.len() < FEWEST_BESIDE_WORDS && rest.len() < lower.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row A13: secrets that people think of, and those that a generator makes.
    #[test]
    fn a13_secrets_that_people_think_of_are_told_from_made_ones() {
        for weak in [
            "",
            "ab12",
            "passwordpassword",
            "Password12345678",
            "mysecretpassword1",
            "client-secret-123",
            "service-hall-test",
            "aaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "0123456789abcdef",
            "abcdefghijklmnop",
            "1234567812345678",
            "qwertyuiopasdfgh",
            "change-me-too-please",
            "hunter22hunter22hunter22",
        ] {
            let problem = weakness(weak, "service-hall").expect(weak);
            assert!(problem.contains("openssl rand"), "{problem}");
            assert!(weak.is_empty() || !problem.contains(weak), "{problem}");
        }
        for made in [
            "6b8f0c2d4e1a7395",
            "0f9e8d7c6b5a4321",
            "8f14e45fceea167a5a36dedd4bea2543",
            "kY3x9QmPz2LvT8wA",
            "client-secret-8f14e45fceea167a",
            "correct horse battery staple",
            "a secret of the gateway",
        ] {
            assert_eq!(weakness(made, "service-hall"), None, "{made}");
        }
    }
}
