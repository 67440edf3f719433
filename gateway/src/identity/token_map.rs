//! A bounded map by tokens, which keeps digests: a dump of its memory holds no token.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

/// Minimum number of current entries that are kept; the maximum is twice this number.
const KEPT: usize = 4096;

/// The digest of a token.
pub(super) type TokenDigest = [u8; 32];

/// Returns the digest of a token.
pub(super) fn digest(token: &str) -> TokenDigest {
    Sha256::digest(token.as_bytes()).into()
}

/// Values by token, each until an instant. Makes room by dropping the older half.
#[derive(Debug)]
pub(super) struct TokenMap<T> {
    newer: HashMap<TokenDigest, Entry<T>>,
    older: HashMap<TokenDigest, Entry<T>>,
}

#[derive(Debug)]
struct Entry<T> {
    value: T,
    /// In seconds of the clock that the owner reads.
    until: f64,
}

impl<T> Default for TokenMap<T> {
    fn default() -> Self {
        Self {
            newer: HashMap::new(),
            older: HashMap::new(),
        }
    }
}

impl<T> TokenMap<T> {
    /// Returns the value of a token, unless its time is over at `now`.
    pub(super) fn get(&self, token: &TokenDigest, now: f64) -> Option<&T> {
        let entry = self.newer.get(token).or_else(|| self.older.get(token))?;
        (now < entry.until).then_some(&entry.value)
    }

    /// Keeps a value until an instant.
    pub(super) fn keep(&mut self, token: TokenDigest, value: T, until: f64) {
        if self.newer.len() >= KEPT {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(token, Entry { value, until });
    }

    /// Drops the value of a token.
    pub(super) fn forget(&mut self, token: &TokenDigest) {
        self.newer.remove(token);
        self.older.remove(token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_remembered_until_it_ends() {
        let mut map = TokenMap::default();
        let token = digest("token");
        map.keep(token, "person", 100.0);
        assert_eq!(map.get(&token, 99.9), Some(&"person"));
        assert_eq!(map.get(&token, 100.0), None);
        assert_eq!(map.get(&digest("another"), 0.0), None);
        map.forget(&token);
        assert_eq!(map.get(&token, 99.9), None);
    }

    #[test]
    fn many_tokens_take_no_more_room_than_a_few_thousand() {
        let mut map = TokenMap::default();
        let token = |number: usize| digest(&number.to_string());
        for number in 0..3 * KEPT {
            map.keep(token(number), (), 100.0);
        }
        assert_eq!(map.newer.len() + map.older.len(), 2 * KEPT);
        assert!(
            map.get(&token(3 * KEPT - KEPT), 0.0).is_some(),
            "the newest are remembered"
        );
        assert!(map.get(&token(0), 0.0).is_none());
    }
}
