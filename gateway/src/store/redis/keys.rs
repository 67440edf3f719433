//! The names of keys and channels. The keys of one login share a hash tag, so that a cluster keeps them together.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use data_encoding::HEXLOWER;
use saoma_protocol::{Digest, LoginId, PersonId, UserCode};

use crate::store::{CodeOrigin, NodeId};

/// The hash that is a login.
pub(super) fn login(id: LoginId) -> String {
    format!("saoma:login:{{{id}}}")
}

/// The hash that is a session at the provider, in the slot of the login that began it.
pub(super) fn session(id: LoginId) -> String {
    format!("saoma:session:{{{id}}}")
}

/// The hash that holds an authorization code.
pub(super) fn code(id: LoginId, origin: CodeOrigin) -> String {
    match origin {
        CodeOrigin::Login => login(id),
        CodeOrigin::Session(code) => format!("saoma:code:{{{id}}}:{code}"),
    }
}

/// The index of a person's sessions. The scripts make the same name. SHA-1 is the digest that Redis offers to scripts; it
/// names the key and proves nothing, because readers of the index compare the person of each session.
pub(super) fn person(person: &PersonId) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, person.as_str().as_bytes());
    format!("saoma:person:{}", HEXLOWER.encode(digest.as_ref()))
}

/// Ended sessions whose clients are still to be told.
pub(super) const OUTBOX: &str = "saoma:outbox";

/// Returns the key that leads from a user code to its login.
pub(super) fn user_code(code: UserCode) -> String {
    format!("saoma:code:{code}")
}

/// Returns the key of a name that may be used once.
pub(super) fn used(name: Digest) -> String {
    format!("saoma:used:{name}")
}

/// Returns the key of a pushed request, from the digest of its reference.
pub(super) fn pushed_request(reference: Digest) -> String {
    format!("saoma:pushed:{reference}")
}

/// The channel on which a node hears. The scripts make the same name.
pub(super) fn inbox(node: &NodeId) -> String {
    format!("saoma:inbox:{node}")
}

/// Returns keys of one node by which it looks at its store: each in another one of as many equal parts of a cluster's
/// slots, so that every master with a usual share of them has one.
pub(super) fn checks(node: &str) -> Vec<String> {
    let part = SLOTS / CHECKED_PARTS;
    (0..CHECKED_PARTS)
        .filter_map(|number| {
            let range = number * part..(number + 1) * part;
            let names = (0..).map(|name: u32| format!("saoma:check:{{{node}:{name}}}"));
            // One in 16 lies in the range, so that the search ends long before.
            let mut names = names.take(10_000);
            names.find(|key| range.contains(&slot(key)))
        })
        .collect()
}

/// The stream of the nodes' announcements.
pub(super) const NODES: &str = "saoma:nodes";

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
    use super::{CHECKED_PARTS, SLOTS, checks, slot};

    #[test]
    fn each_part_of_a_cluster_is_looked_at() {
        let slots = checks("0f1e2d3c").into_iter().map(|key| slot(&key));
        let parts: Vec<u16> = slots.map(|slot| slot / (SLOTS / CHECKED_PARTS)).collect();
        assert_eq!(parts, (0..CHECKED_PARTS).collect::<Vec<_>>());
    }

    #[test]
    fn slots_are_those_of_the_specification() {
        assert_eq!(slot("123456789"), 0x31c3);
        assert_eq!(slot("foo"), 12182);
        assert_eq!(slot("saoma:login:{foo}"), 12182);
        assert_eq!(slot("{}foo"), slot("{}foo"));
    }
}
