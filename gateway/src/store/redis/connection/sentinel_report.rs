//! The replicas of a service, as its Sentinels describe them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::replica_set::{ReplicaSet, ServerAddress};

/// Time since a replica's last answer to a Sentinel after which a broken connection counts as its death. A Sentinel
/// connects to all replicas anew when the master changes.
const BROKEN_FOR_MS: u64 = 2000;

/// One Sentinel's description of a service.
#[derive(Debug, Clone)]
pub(super) struct SentinelReport {
    pub(super) master: ServerAddress,
    /// The Sentinel takes the master for dead.
    pub(super) is_master_down: bool,
    pub(super) replicas: Vec<ReplicaReport>,
}

/// One Sentinel's description of a replica.
#[derive(Debug, Clone)]
pub(super) struct ReplicaReport {
    address: ServerAddress,
    is_down: bool,
    is_master: bool,
    follows: bool,
    /// Time without its master, in milliseconds.
    alone: u64,
    down_after: u64,
    priority: u32,
    offset: u64,
}

impl ReplicaReport {
    /// Reads an entry of the answer to `SENTINEL REPLICAS`.
    pub(super) fn read(entry: &HashMap<String, String>) -> Option<Self> {
        let text = |name: &str| entry.get(name).map_or("", String::as_str);
        let number = |name: &str| text(name).parse::<u64>().ok();
        let has = |flag: &str| text("flags").split(',').any(|one| one == flag);
        let is_silent = number("last-ok-ping-reply").is_none_or(|since| since > BROKEN_FOR_MS);
        Some(Self {
            address: ServerAddress::new(text("ip"), text("port").parse().ok()?),
            is_down: has("s_down") || has("o_down") || (has("disconnected") && is_silent),
            is_master: matches!(text("role-reported"), "master" | "primary"),
            follows: text("master-link-status") == "ok",
            alone: number("master-link-down-time").unwrap_or_default(),
            down_after: number("down-after-milliseconds").unwrap_or(u64::MAX),
            priority: number("slave-priority").map_or(100, |priority| priority as u32),
            offset: number("slave-repl-offset").unwrap_or_default(),
        })
    }
}

impl SentinelReport {
    /// Returns true if this Sentinel would not promote the replica, or would prefer one that follows the master.
    fn passes_over(&self, replica: &ReplicaReport) -> bool {
        // A master that was superseded, or returned after its death, has never followed. One that has followed is being
        // promoted at this moment.
        let was_master = replica.is_master && !replica.follows && replica.offset == 0;
        let is_too_old =
            !self.is_master_down && replica.alone > replica.down_after.saturating_mul(10);
        replica.is_down
            || was_master
            || is_too_old
            || (!replica.follows
                && self
                    .replicas
                    .iter()
                    .any(|other| is_preferred(other, replica)))
    }
}

/// Sentinels promote by priority first, then by the offset. That of a replica without its master stays as it is, and that
/// of one that follows is already higher.
fn is_preferred(other: &ReplicaReport, replica: &ReplicaReport) -> bool {
    !other.is_down
        && !other.is_master
        && other.follows
        && other.priority != 0
        && other.priority <= replica.priority
        && other.offset > replica.offset
}

/// Joins the reports of the Sentinels that answered, of this many. Returns `None` if they name no master together.
///
/// Any of them may lead the next failover. A replica is therefore left out only if all of them pass it over, and only
/// if they are more than half, without which there is no failover.
pub(super) fn join(sentinels: usize, reports: &[SentinelReport]) -> Option<ReplicaSet> {
    let is_majority = |number: usize| 2 * number > sentinels;
    let mut named = BTreeMap::<&ServerAddress, usize>::new();
    for report in reports {
        *named.entry(&report.master).or_default() += 1;
    }
    let (master, number) = named.into_iter().max_by_key(|(_, number)| *number)?;
    if !is_majority(number) && number < reports.len() {
        return None;
    }
    // A Sentinel that names another master gets no vote for a failover of this one.
    let reports: Vec<&SentinelReport> = reports
        .iter()
        .filter(|report| report.master == *master)
        .collect();
    let addresses: BTreeSet<&ServerAddress> = reports
        .iter()
        .flat_map(|report| &report.replicas)
        .map(|replica| &replica.address)
        .collect();
    let (mut promotable, mut never_promoted) = (Vec::new(), Vec::new());
    for address in addresses {
        // One that a Sentinel does not know cannot be promoted by it.
        let said = reports.iter().filter_map(|report| {
            let replica = report.replicas.iter().find(|one| one.address == *address)?;
            Some((*report, replica))
        });
        let said: Vec<_> = said.collect();
        if said.iter().all(|(_, replica)| replica.priority == 0) {
            never_promoted.push(address.clone());
        } else if !is_majority(reports.len())
            || !said
                .iter()
                .all(|(report, replica)| report.passes_over(replica))
        {
            promotable.push(address.clone());
        }
    }
    Some(ReplicaSet {
        master: master.clone(),
        promotable,
        never_promoted,
        slots: Vec::new(),
        same_names: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> ServerAddress {
        ServerAddress::new("192.0.2.1", port)
    }

    fn replica(port: u16, more: &[(&str, &str)]) -> ReplicaReport {
        let port = port.to_string();
        let usual = [
            ("ip", "192.0.2.1"),
            ("port", &*port),
            ("flags", "slave"),
            ("last-ok-ping-reply", "300"),
            ("role-reported", "slave"),
            ("master-link-status", "ok"),
            ("master-link-down-time", "0"),
            ("down-after-milliseconds", "5000"),
            ("slave-priority", "100"),
            ("slave-repl-offset", "1000"),
        ];
        let entry = usual
            .iter()
            .chain(more)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        ReplicaReport::read(&entry).expect("an entry")
    }

    const NEVER_FOLLOWED: [(&str, &str); 3] = [
        ("role-reported", "master"),
        ("master-link-status", "err"),
        ("slave-repl-offset", "0"),
    ];

    fn report(master: u16, replicas: &[ReplicaReport]) -> SentinelReport {
        SentinelReport {
            master: address(master),
            is_master_down: false,
            replicas: replicas.to_vec(),
        }
    }

    /// Ports of the replicas that may be promoted in place of the master at port 1.
    fn promotable(reports: &[SentinelReport]) -> Vec<u16> {
        let set = join(3, reports).expect("a master");
        assert_eq!(set.master, address(1));
        set.promotable.iter().map(|one| one.port).collect()
    }

    #[test]
    fn a_replica_is_left_out_only_if_all_of_a_majority_pass_it_over() {
        let well = || report(1, &[replica(2, &[]), replica(3, &[])]);
        let without_3 = || {
            report(
                1,
                &[replica(2, &[]), replica(3, &[("flags", "s_down,slave")])],
            )
        };
        assert_eq!(promotable(&[well(), well(), well()]), [2, 3]);
        assert_eq!(promotable(&[without_3(), without_3(), well()]), [2, 3]);
        assert_eq!(promotable(&[without_3(), without_3()]), [2]);
        assert_eq!(promotable(&[without_3()]), [2, 3], "one of three Sentinels");
    }

    #[test]
    fn what_sentinels_do_not_promote_is_not_waited_for() {
        for (out, why) in [
            (
                replica(
                    3,
                    &[
                        ("flags", "slave,disconnected"),
                        ("last-ok-ping-reply", "2500"),
                    ],
                ),
                "dead",
            ),
            (replica(3, &NEVER_FOLLOWED), "returned as a master"),
            (
                replica(
                    3,
                    &[("master-link-status", "err"), ("slave-repl-offset", "0")],
                ),
                "in its first copy",
            ),
            (
                replica(
                    3,
                    &[
                        ("master-link-down-time", "50001"),
                        ("slave-repl-offset", "2000"),
                    ],
                ),
                "too long alone",
            ),
        ] {
            let one = report(1, &[replica(2, &[]), out]);
            assert_eq!(promotable(&[one.clone(), one]), [2], "{why}");
        }
        for (still, why) in [
            (
                replica(3, &[("flags", "slave,disconnected")]),
                "connected anew",
            ),
            (
                replica(
                    3,
                    &[("master-link-status", "err"), ("slave-repl-offset", "1000")],
                ),
                "as far as the other",
            ),
            (
                replica(
                    3,
                    &[
                        ("master-link-status", "err"),
                        ("slave-repl-offset", "0"),
                        ("slave-priority", "10"),
                    ],
                ),
                "preferred",
            ),
        ] {
            let one = report(1, &[replica(2, &[]), still]);
            assert_eq!(promotable(&[one.clone(), one]), [2, 3], "{why}");
        }
        let promoted = report(
            1,
            &[replica(2, &[]), replica(3, &[("role-reported", "master")])],
        );
        assert_eq!(
            promotable(&[promoted.clone(), promoted]),
            [2, 3],
            "being promoted"
        );
        let too_old = [
            ("master-link-status", "err"),
            ("master-link-down-time", "50001"),
        ];
        let down = SentinelReport {
            is_master_down: true,
            ..report(1, &[replica(3, &too_old)])
        };
        assert_eq!(promotable(&[down.clone(), down]), [3], "its master is down");
        let alone = report(
            1,
            &[replica(
                3,
                &[("master-link-status", "err"), ("slave-repl-offset", "0")],
            )],
        );
        assert_eq!(
            promotable(&[alone.clone(), alone]),
            [3],
            "there is no other"
        );
    }

    #[test]
    fn a_priority_of_0_is_never_promoted() {
        let one = report(
            1,
            &[replica(2, &[]), replica(3, &[("slave-priority", "0")])],
        );
        let set = join(3, &[one]).expect("a master");
        assert_eq!(set.promotable, [address(2)]);
        assert_eq!(set.never_promoted, [address(3)]);
    }

    #[test]
    fn sentinels_that_disagree_name_no_master_until_more_than_half_agree() {
        let before = || report(1, &[replica(2, &[]), replica(3, &[])]);
        let after = || report(2, &[replica(1, &NEVER_FOLLOWED), replica(3, &[])]);
        assert_eq!(join(3, &[before(), after()]), None);
        assert_eq!(join(3, &[]), None);
        let set = join(3, &[before(), after(), after()]).expect("a master");
        assert_eq!(set.master, address(2));
        assert_eq!(set.promotable, [address(3)]);
        // The new master is still a replica for most of them.
        assert_eq!(promotable(&[before(), before(), after()]), [2, 3]);
    }
}
