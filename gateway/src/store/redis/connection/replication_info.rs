//! A server's own account of its replication.

use super::replica_set::{Acknowledgement, Candidate, ReplicaSet};

/// The answer of a server to `INFO replication`, as far as it is needed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ReplicationInfo {
    is_master: bool,
    is_linked: bool,
    offset: u64,
    /// Name of the server's data stream.
    id: String,
    /// Name of the stream that it followed before it was promoted.
    former_id: String,
}

impl ReplicationInfo {
    pub(super) fn read(text: &str) -> Self {
        let mut info = Self::default();
        for line in text.lines() {
            let Some((name, value)) = line.trim_end().split_once(':') else {
                continue;
            };
            match name {
                "role" => info.is_master = value == "master",
                "master_link_status" => info.is_linked = value == "up",
                "slave_repl_offset" => info.offset = value.parse().unwrap_or(u64::MAX),
                "master_replid" => value.clone_into(&mut info.id),
                "master_replid2" => value.clone_into(&mut info.former_id),
                _ => {}
            }
        }
        info
    }

    /// Returns true if this is the account of a server that is alive, is not connected to its master and does not endanger
    /// the steps up to an offset. `master` is the master's own account.
    ///
    /// It may have the steps by way of another replica. A master that returned after its death, or was superseded, has a
    /// stream of its own until the Sentinels make it a replica. A replica that is being copied, or lost its master, has a
    /// copy that ends before that of one that follows, and the Sentinels prefer the latter; so has one that follows such a
    /// master. The Sentinels must know that already, as they learn of offsets every 10 s only.
    pub(super) fn is_harmless(
        &self,
        master: &Self,
        candidate: &Candidate,
        set: &ReplicaSet,
        connected: &[Acknowledgement],
        below: u64,
    ) -> bool {
        if !master.is_master || master.id.is_empty() {
            return false;
        }
        if self.is_master {
            // One that has just been promoted continues the master's stream.
            return self.former_id != master.id && self.id != master.id;
        }
        let is_in_stream = self.id == master.id;
        if is_in_stream && self.offset >= below {
            return true;
        }
        !(self.is_linked && is_in_stream)
            && set.promotable.iter().any(|other| {
                other.priority <= candidate.priority
                    && other.reported > self.offset
                    && connected.iter().any(|one| one.replica == other.address)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::redis::connection::replica_set::ServerAddress;

    fn info(text: &str) -> ReplicationInfo {
        ReplicationInfo::read(text)
    }

    fn candidate(port: u16, priority: u32) -> Candidate {
        Candidate {
            address: ServerAddress::new("192.0.2.1", port),
            priority,
            reported: 1000,
        }
    }

    #[test]
    fn a_server_that_does_not_follow_is_harmless_unless_it_may_be_promoted() {
        let set = ReplicaSet {
            master: ServerAddress::new("192.0.2.1", 1),
            promotable: vec![candidate(2, 100), candidate(3, 100)],
            never_promoted: Vec::new(),
            leaves_out: false,
            slots: Vec::new(),
            same_names: true,
        };
        let connected = [Acknowledgement {
            replica: ServerAddress::new("192.0.2.1", 2),
            offset: 2000,
        }];
        let master = info("role:master\r\nmaster_replid:aa\r\nmaster_replid2:00\r\n");
        let is_harmless = |text: &str, priority| {
            info(text).is_harmless(&master, &candidate(3, priority), &set, &connected, 2000)
        };
        assert!(is_harmless(
            "role:master\r\nmaster_replid:bb\r\nmaster_replid2:00\r\n",
            100
        ));
        assert!(
            !is_harmless(
                "role:master\r\nmaster_replid:bb\r\nmaster_replid2:aa\r\n",
                100
            ),
            "it has been promoted"
        );
        let copied = "role:slave\r\nmaster_link_status:down\r\nslave_repl_offset:0\r\n";
        assert!(is_harmless(copied, 100));
        assert!(!is_harmless(copied, 10), "it is preferred");
        assert!(
            !info(copied).is_harmless(&master, &candidate(3, 100), &set, &[], 2000),
            "it is the only one"
        );
        let ahead = "role:slave\r\nmaster_link_status:down\r\nslave_repl_offset:1000\r\n";
        assert!(
            !is_harmless(ahead, 100),
            "the Sentinels may take it to be as far"
        );
        let linked =
            "role:slave\r\nmaster_link_status:up\r\nmaster_replid:aa\r\nslave_repl_offset:";
        let behind = format!("{linked}1999\r\n");
        assert!(!is_harmless(&behind, 100), "it lacks a step");
        let by_another = format!("{linked}2000\r\n");
        assert!(is_harmless(&by_another, 100), "it has the steps");
        let astray =
            "role:slave\r\nmaster_link_status:up\r\nmaster_replid:bb\r\nslave_repl_offset:0\r\n";
        assert!(is_harmless(astray, 100), "it follows another master");
        assert!(!info(copied).is_harmless(
            &info("role:slave\r\n"),
            &candidate(3, 100),
            &set,
            &connected,
            2000
        ));
    }
}
