//! A master with the replicas that may be promoted in its place.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use redis::Value;

/// Address of a server, as its deployment names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ServerAddress {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl ServerAddress {
    pub(super) fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }

    fn is_number(&self) -> bool {
        self.host.parse::<IpAddr>().is_ok()
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// A replica that may be promoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) address: ServerAddress,
    /// Sentinels prefer a lower one.
    pub(crate) priority: u32,
    /// Offset that every Sentinel knows the replica to have reached.
    pub(crate) reported: u64,
}

/// A master with the replicas that may be promoted in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplicaSet {
    /// The master.
    pub(crate) master: ServerAddress,
    /// Replicas that may be promoted, connected to the master or not.
    pub(crate) promotable: Vec<Candidate>,
    /// Replicas that are never promoted.
    pub(crate) never_promoted: Vec<ServerAddress>,
    /// Further replicas are known, and are not promoted for now: they were dead when this was asked.
    pub(crate) leaves_out: bool,
    /// Slots of the master; a cluster alone has them.
    pub(crate) slots: Vec<RangeInclusive<u16>>,
    /// The addresses are those under which the master itself knows its replicas.
    pub(crate) same_names: bool,
}

/// A connected replica, with the offset in the replication stream up to which it has acknowledged everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acknowledgement {
    pub(crate) replica: ServerAddress,
    pub(crate) offset: u64,
}

/// The answer of a master to `ROLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MasterRole {
    /// Offset of the replication stream: everything that was executed before lies below.
    pub(crate) offset: u64,
    /// The connected replicas.
    pub(crate) replicas: Vec<Acknowledgement>,
}

impl MasterRole {
    /// Reads an answer to `ROLE`. Returns `None` if the server is not a master.
    pub(crate) fn read(role: Value) -> Option<Self> {
        let Value::Array(parts) = role else {
            return None;
        };
        let mut parts = parts.into_iter();
        let name: String = redis::from_redis_value(parts.next()?).ok()?;
        if name != "master" {
            return None;
        }
        let offset = redis::from_redis_value(parts.next()?).ok()?;
        let replicas: Vec<(String, u16, u64)> = redis::from_redis_value(parts.next()?).ok()?;
        let replicas = replicas
            .into_iter()
            .map(|(host, port, offset)| Acknowledgement {
                replica: ServerAddress { host, port },
                offset,
            })
            .collect();
        Some(Self { offset, replicas })
    }
}

impl ReplicaSet {
    /// Returns true if the master serves this slot.
    pub(crate) fn has_slot(&self, slot: u16) -> bool {
        self.slots.iter().any(|range| range.contains(&slot))
    }

    /// Returns the number of replicas that can answer, given those that were connected last.
    pub(crate) fn number(&self, connected: &[Acknowledgement]) -> usize {
        match self.counted(connected).count() {
            0 => self.promotable.len(),
            connected => connected,
        }
    }

    /// Returns the replicas that may be promoted and are not connected, as far as they can be told by name.
    pub(crate) fn missing(&self, connected: &[Acknowledgement]) -> Vec<&Candidate> {
        if !self.is_compared_by_name(connected) {
            return Vec::new();
        }
        let is_missing =
            |replica: &&Candidate| !connected.iter().any(|one| one.replica == replica.address);
        self.promotable.iter().filter(is_missing).collect()
    }

    /// Returns the set without these replicas.
    pub(crate) fn without(mut self, replicas: &[ServerAddress]) -> Self {
        self.promotable
            .retain(|replica| !replicas.contains(&replica.address));
        self
    }

    /// Returns the offset up to which every replica that may be promoted has everything: 0 if one of them is not
    /// connected, `None` if there is no such replica.
    pub(crate) fn kept_up_to(&self, connected: &[Acknowledgement]) -> Option<u64> {
        let least = self.counted(connected).map(|one| one.offset).min();
        let is_missing = if self.is_compared_by_name(connected) {
            !self
                .promotable
                .iter()
                .all(|replica| connected.iter().any(|one| one.replica == replica.address))
        } else {
            self.counted(connected).count() < self.promotable.len()
        };
        if is_missing { Some(0) } else { least }
    }

    /// The connected replicas that count: one that has just come may be promoted, too.
    fn counted<'a>(
        &'a self,
        connected: &'a [Acknowledgement],
    ) -> impl Iterator<Item = &'a Acknowledgement> {
        connected
            .iter()
            .filter(|one| !self.never_promoted.contains(&one.replica))
    }

    /// A host name may stand for an address on the other side, so replicas are then compared by their number.
    fn is_compared_by_name(&self, connected: &[Acknowledgement]) -> bool {
        self.same_names
            && self
                .promotable
                .iter()
                .all(|replica| replica.address.is_number())
            && connected.iter().all(|one| one.replica.is_number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> ServerAddress {
        ServerAddress::new("192.0.2.1", port)
    }

    fn candidate(port: u16) -> Candidate {
        Candidate {
            address: address(port),
            priority: 100,
            reported: 0,
        }
    }

    fn set(promotable: &[u16]) -> ReplicaSet {
        ReplicaSet {
            master: address(1),
            promotable: promotable.iter().copied().map(candidate).collect(),
            never_promoted: vec![address(9)],
            leaves_out: false,
            slots: Vec::new(),
            same_names: true,
        }
    }

    fn connected(replicas: &[(u16, u64)]) -> Vec<Acknowledgement> {
        replicas
            .iter()
            .map(|(port, offset)| Acknowledgement {
                replica: address(*port),
                offset: *offset,
            })
            .collect()
    }

    #[test]
    fn the_slowest_replica_that_may_be_promoted_decides() {
        let set = set(&[2, 3]);
        assert_eq!(set.kept_up_to(&connected(&[(2, 70), (3, 50)])), Some(50));
        // Port 9 is never promoted, 4 has just come.
        assert_eq!(
            set.kept_up_to(&connected(&[(2, 70), (3, 50), (9, 10)])),
            Some(50)
        );
        assert_eq!(
            set.kept_up_to(&connected(&[(2, 70), (3, 50), (4, 20)])),
            Some(20)
        );
        assert_eq!(set.number(&connected(&[(2, 70), (4, 20), (9, 1)])), 2);
        assert_eq!(set.number(&connected(&[])), 2);
    }

    #[test]
    fn a_replica_that_left_is_missed_even_if_another_came() {
        let set = set(&[2, 3]);
        assert_eq!(set.kept_up_to(&connected(&[])), Some(0));
        assert_eq!(set.kept_up_to(&connected(&[(2, 70)])), Some(0));
        assert_eq!(set.kept_up_to(&connected(&[(2, 70), (4, 70)])), Some(0));
        assert_eq!(
            set.missing(&connected(&[(2, 70), (4, 70)])),
            [&candidate(3)]
        );
        let without = set.without(&[address(3)]);
        assert_eq!(without.kept_up_to(&connected(&[(2, 70)])), Some(70));
    }

    #[test]
    fn without_a_replica_there_is_nothing_to_wait_for() {
        assert_eq!(set(&[]).kept_up_to(&connected(&[(9, 10)])), None);
        assert_eq!(set(&[]).number(&connected(&[(9, 10)])), 0);
        assert_eq!(set(&[]).kept_up_to(&connected(&[(2, 10)])), Some(10));
    }

    #[test]
    fn host_names_are_compared_by_number() {
        let named = ReplicaSet {
            promotable: vec![Candidate {
                address: ServerAddress::new("replica-a", 6379),
                ..candidate(2)
            }],
            ..set(&[])
        };
        assert_eq!(named.kept_up_to(&connected(&[(2, 70)])), Some(70));
        assert_eq!(named.kept_up_to(&connected(&[(9, 70)])), Some(0));
        assert_eq!(named.number(&connected(&[(2, 70)])), 1);
    }

    #[test]
    fn a_role_is_read() {
        let text = |text: &str| Value::BulkString(text.into());
        let replica = Value::Array(vec![text("192.0.2.1"), text("2"), text("70")]);
        let role = Value::Array(vec![
            text("master"),
            Value::Int(80),
            Value::Array(vec![replica]),
        ]);
        let read = MasterRole::read(role).expect("a master");
        assert_eq!((read.offset, read.replicas), (80, connected(&[(2, 70)])));
        assert_eq!(
            MasterRole::read(Value::Array(vec![text("slave"), text("192.0.2.1")])),
            None
        );
    }
}
