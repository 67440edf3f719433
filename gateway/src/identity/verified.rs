//! A cache of verified tokens: a phone sends the same token with its scan and with its confirm.
//!
//! A token's content never changes, so a second verification would have the same result, and it costs more than the rest
//! of a confirm.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::Person;

/// Minimum number of valid tokens that are kept; the maximum is twice this number.
const KEPT: usize = 4096;

/// The cache keeps digests, so that a dump of its memory holds no token.
type TokenDigest = [u8; 32];

/// Persons by token. Makes room by dropping the older half.
#[derive(Debug, Default)]
pub(super) struct Verified {
    newer: HashMap<TokenDigest, Entry>,
    older: HashMap<TokenDigest, Entry>,
}

#[derive(Debug)]
struct Entry {
    person: Arc<Person>,
    /// The token's end in Unix seconds.
    until: f64,
}

impl Verified {
    /// Returns the key of a token in the cache.
    pub(super) fn digest(token: &str) -> TokenDigest {
        Sha256::digest(token.as_bytes()).into()
    }

    /// Returns the person of a token that was verified before and has not ended at `now`, in Unix seconds.
    pub(super) fn get(&self, token: &TokenDigest, now: f64) -> Option<Arc<Person>> {
        let entry = self.newer.get(token).or_else(|| self.older.get(token))?;
        (now < entry.until).then(|| Arc::clone(&entry.person))
    }

    /// Keeps the person of a token until it ends.
    pub(super) fn keep(&mut self, token: TokenDigest, person: Arc<Person>, until: f64) {
        if self.newer.len() >= KEPT {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(token, Entry { person, until });
    }
}

#[cfg(test)]
mod tests {
    use saoma_protocol::PersonId;

    use super::*;

    fn person() -> Arc<Person> {
        Arc::new(Person {
            id: PersonId::new("c-1"),
            name: "示例甲".into(),
            identities: Vec::new(),
            ineligible_reason: None,
        })
    }

    #[test]
    fn a_token_is_remembered_until_it_ends() {
        let mut verified = Verified::default();
        let token = Verified::digest("token");
        verified.keep(token, person(), 100.0);
        assert_eq!(verified.get(&token, 99.9), Some(person()));
        assert_eq!(verified.get(&token, 100.0), None);
        assert_eq!(verified.get(&Verified::digest("another"), 0.0), None);
    }

    #[test]
    fn many_tokens_take_no_more_room_than_a_few_thousand() {
        let mut verified = Verified::default();
        let token = |number: usize| Verified::digest(&number.to_string());
        for number in 0..3 * KEPT {
            verified.keep(token(number), person(), 100.0);
        }
        assert_eq!(verified.newer.len() + verified.older.len(), 2 * KEPT);
        assert!(
            verified.get(&token(3 * KEPT - KEPT), 0.0).is_some(),
            "the newest are remembered"
        );
        assert!(verified.get(&token(0), 0.0).is_none());
    }
}
