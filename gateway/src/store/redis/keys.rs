//! The names of keys and channels, behind a prefix. The keys of one login share a hash tag, so that a cluster keeps them
//! together; the prefix stands before the tag, and does not move a key to another slot.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use data_encoding::HEXLOWER;
use saoma_protocol::{Digest, LoginId, PersonId, UserCode};
use sha2::{Digest as _, Sha256};

use crate::limits::LimitName;
use crate::store::{CodeOrigin, NodeId};

/// Prefix of all keys and channels by default.
pub(super) const DEFAULT_PREFIX: &str = "saoma:";

/// Names of keys and channels of one installation. Several with different prefixes can share a Redis.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    prefix: Arc<str>,
}

impl Keys {
    /// Creates names behind this prefix.
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.into(),
        }
    }

    /// Returns the text of a script that is written with the default prefix, with this one.
    pub(super) fn in_script(&self, text: &str) -> String {
        text.replace(&format!("'{DEFAULT_PREFIX}"), &format!("'{}", self.prefix))
    }

    /// Returns the prefix.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    fn name(&self, name: std::fmt::Arguments<'_>) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The hash that is a login.
    pub(super) fn login(&self, id: LoginId) -> String {
        self.name(format_args!("login:{{{id}}}"))
    }

    /// The hash that is a session at the provider, in the slot of the login that began it.
    pub(super) fn session(&self, id: LoginId) -> String {
        self.name(format_args!("session:{{{id}}}"))
    }

    /// The hash that holds an authorization code.
    pub(super) fn code(&self, id: LoginId, origin: CodeOrigin) -> String {
        match origin {
            CodeOrigin::Login => self.login(id),
            CodeOrigin::Session(code) => self.name(format_args!("code:{{{id}}}:{code}")),
        }
    }

    /// The index of a person's sessions. The scripts make the same name. SHA-1 is the digest that Redis offers to scripts;
    /// it names the key and proves nothing, because readers of the index compare the person of each session.
    pub(super) fn person(&self, person: &PersonId) -> String {
        let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, person.as_str().as_bytes());
        self.name(format_args!("person:{}", HEXLOWER.encode(digest.as_ref())))
    }

    /// Ended sessions whose clients are still to be told.
    pub(super) fn outbox(&self) -> String {
        self.name(format_args!("outbox"))
    }

    /// Returns the key that leads from a user code to its login.
    pub(super) fn user_code(&self, code: UserCode) -> String {
        self.name(format_args!("code:{code}"))
    }

    /// Returns the key of a name that may be used once.
    pub(super) fn used(&self, name: Digest) -> String {
        self.name(format_args!("used:{name}"))
    }

    /// Returns the key of a pushed request, from the digest of its reference.
    pub(super) fn pushed_request(&self, reference: Digest) -> String {
        self.name(format_args!("pushed:{reference}"))
    }

    /// Returns the key of a limit. It holds a digest only, because the plain key is an address or a person.
    pub(super) fn limit(&self, limit: LimitName, key: &str) -> String {
        let digest = Sha256::digest(key.as_bytes());
        let digest = HEXLOWER.encode(&digest[..16]);
        self.name(format_args!("limit:{}:{digest}", limit.as_str()))
    }

    /// Returns a key of a fence, in the slot of this key. A key without a hash tag is one as a whole.
    pub(super) fn fence(&self, key: &str) -> String {
        match key.find('{') {
            Some(start) => self.name(format_args!("fence:{}", &key[start..])),
            None => self.name(format_args!("fence:{{{key}}}")),
        }
    }

    /// The channel on which a node hears. The scripts make the same name.
    pub(super) fn inbox(&self, node: &NodeId) -> String {
        self.name(format_args!("inbox:{node}"))
    }

    /// The stream of the nodes' announcements.
    pub(super) fn nodes(&self) -> String {
        self.name(format_args!("nodes"))
    }

    /// The version of the data behind the prefix.
    pub(super) fn schema(&self) -> String {
        self.name(format_args!("schema"))
    }

    /// Returns a key that is thrown away. The keys of one name are in one slot.
    pub(super) fn probe(&self, name: &str, kind: &str) -> String {
        self.name(format_args!("probe:{{{name}}}:{kind}"))
    }

    /// Returns keys of one node by which it looks at its store: each in another one of as many equal parts of a cluster's
    /// slots, so that every master with a usual share of them has one.
    pub(super) fn checks(&self, node: &str) -> Vec<String> {
        let part = SLOTS / CHECKED_PARTS;
        (0..CHECKED_PARTS)
            .filter_map(|number| {
                let range = number * part..(number + 1) * part;
                let names =
                    (0..).map(|name: u32| self.name(format_args!("check:{{{node}:{name}}}")));
                // One in 16 lies in the range, so that the search ends long before.
                let mut names = names.take(10_000);
                names.find(|key| range.contains(&slot(key)))
            })
            .collect()
    }
}

/// Slots of a cluster.
const SLOTS: u16 = 16384;

/// Parts of a cluster's slots of which each is looked at.
const CHECKED_PARTS: u16 = 16;

/// Returns the slot of a cluster that holds a key: the CRC16 (XMODEM) of its hash tag, or of the whole key without one.
pub(super) fn slot(key: &str) -> u16 {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or(key, |(tag, _)| if tag.is_empty() { key } else { tag });
    let crc = tag.bytes().fold(0_u16, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            }
        })
    });
    crc % SLOTS
}

#[cfg(test)]
mod tests {
    use super::{CHECKED_PARTS, Keys, SLOTS, slot};

    #[test]
    fn each_part_of_a_cluster_is_looked_at() {
        let slots = Keys::new("hall:")
            .checks("0f1e2d3c")
            .into_iter()
            .map(|key| slot(&key));
        let parts: Vec<u16> = slots.map(|slot| slot / (SLOTS / CHECKED_PARTS)).collect();
        assert_eq!(parts, (0..CHECKED_PARTS).collect::<Vec<_>>());
    }

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(slot("123456789"), 0x31c3);
        assert_eq!(slot("foo"), 12182);
        assert_eq!(slot("saoma:login:{foo}"), 12182);
        assert_eq!(slot("{}foo"), slot("{}foo"));
        assert_eq!(slot("hall:login:{foo}"), 12182, "a prefix moves no key");
    }
}
