//! Receive keys that show by themselves that the gateway has made them.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA256};
use saoma_protocol::{LoginId, ReceiveKey};

use crate::random;

/// Random bytes of a key.
const RANDOM: usize = 20;

/// Makes receive keys, and recognises those of any node with the same secrets without asking the store.
///
/// A key holds 160 random bits, which the store compares, and 96 bits of a MAC over them and the login's id. The MAC
/// grants nothing: it tells a browser with a login from a stranger with an invented key, so that what strangers ask
/// reaches the store within their own limit alone.
pub(crate) struct ReceiveKeys(Vec<hmac::Key>);

impl ReceiveKeys {
    /// Creates keys from secrets. The first makes keys, all recognise them.
    pub(crate) fn new(secrets: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let keys = secrets
            .into_iter()
            .map(|secret| hmac::Key::new(HMAC_SHA256, &secret));
        Self(keys.collect())
    }

    /// Makes the receive key of a login.
    pub(super) fn make(&self, id: LoginId) -> ReceiveKey {
        let mut bytes = random::bytes();
        if let Some(key) = self.0.first() {
            let (random, mac) = bytes.split_at_mut(RANDOM);
            let tag = tag(key, id, random);
            mac.copy_from_slice(&tag.as_ref()[..mac.len()]);
        }
        ReceiveKey::from_random(bytes)
    }

    /// Returns true if a node with one of these secrets has made the key for this login.
    pub(super) fn made(&self, id: LoginId, receive_key: &ReceiveKey) -> bool {
        let (random, mac) = receive_key.as_bytes().split_at(RANDOM);
        self.0.iter().any(|key| {
            let tag = tag(key, id, random);
            verify_slices_are_equal(&tag.as_ref()[..mac.len()], mac).is_ok()
        })
    }
}

fn tag(key: &hmac::Key, id: LoginId, random: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(id.to_string().as_bytes());
    context.update(random);
    context.sign()
}

impl fmt::Debug for ReceiveKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceiveKeys({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recognised_for_its_login_by_every_node_with_the_secret() {
        let [first, second] = [1, 2].map(|byte| LoginId::from_random([byte; LoginId::BYTES]));
        let node = ReceiveKeys::new([[1; 32]]);
        let key = node.make(first);
        assert!(node.made(first, &key));
        assert!(!node.made(second, &key));
        assert!(!node.made(first, &ReceiveKey::from_random([7; 32])));
        assert!(ReceiveKeys::new([[2; 32], [1; 32]]).made(first, &key));
        assert!(!ReceiveKeys::new([[2; 32]]).made(first, &key));
        assert_ne!(node.make(first), key);
    }
}
