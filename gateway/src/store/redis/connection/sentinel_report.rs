//! The replicas of a service, as its Sentinels describe them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::replica_set::{Candidate, ReplicaSet, ServerAddress};

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
            alone: number("master-link-down-time").unwrap_or_default(),
            down_after: number("down-after-milliseconds").unwrap_or(u64::MAX),
            priority: number("slave-priority").map_or(100, |priority| priority as u32),
            offset: number("slave-repl-offset").unwrap_or_default(),
        })
    }
}

impl SentinelReport {
    /// Returns true if this Sentinel would not promote the replica.
    fn passes_over(&self, replica: &ReplicaReport) -> bool {
        let is_too_old =
            !self.is_master_down && replica.alone > replica.down_after.saturating_mul(10);
        replica.is_down || is_too_old
    }
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
    let mut leaves_out = false;
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
            promotable.push(Candidate {
                address: address.clone(),
                priority: least(&said, |replica| replica.priority),
                reported: least(&said, |replica| replica.offset),
            });
        } else {
            leaves_out = true;
        }
    }
    Some(ReplicaSet {
        master: master.clone(),
        promotable,
        never_promoted,
        leaves_out,
        slots: Vec::new(),
        same_names: true,
    })
}

fn least<T: Ord + Default>(
    said: &[(&SentinelReport, &ReplicaReport)],
    value: impl Fn(&ReplicaReport) -> T,
) -> T {
    let values = said.iter().map(|(_, replica)| value(replica));
    values.min().unwrap_or_default()
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
        assert_eq!(
            set.leaves_out,
            set.promotable.len() < reports[0].replicas.len()
        );
        assert_eq!(set.master, address(1));
        set.promotable.iter().map(|one| one.address.port).collect()
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
        let dead = [
            ("flags", "slave,disconnected"),
            ("last-ok-ping-reply", "2500"),
        ];
        let too_long_alone = [("master-link-down-time", "50001")];
        for out in [&dead[..], &too_long_alone] {
            let one = report(1, &[replica(2, &[]), replica(3, out)]);
            assert_eq!(promotable(&[one.clone(), one]), [2], "{out:?}");
        }
        let connected_anew = [("flags", "slave,disconnected")];
        let being_promoted = [("role-reported", "master")];
        for still in [&connected_anew[..], &being_promoted] {
            let one = report(1, &[replica(2, &[]), replica(3, still)]);
            assert_eq!(promotable(&[one.clone(), one]), [2, 3], "{still:?}");
        }
        let down = SentinelReport {
            is_master_down: true,
            ..report(1, &[replica(3, &too_long_alone)])
        };
        assert_eq!(promotable(&[down.clone(), down]), [3], "its master is down");
    }

    #[test]
    fn the_least_offset_of_all_reports_counts() {
        let behind = report(1, &[replica(2, &[("slave-repl-offset", "900")])]);
        let set = join(3, &[report(1, &[replica(2, &[])]), behind]).expect("a master");
        assert_eq!(
            (set.promotable[0].reported, set.promotable[0].priority),
            (900, 100)
        );
    }

    #[test]
    fn a_priority_of_0_is_never_promoted() {
        let one = report(
            1,
            &[replica(2, &[]), replica(3, &[("slave-priority", "0")])],
        );
        let set = join(3, &[one]).expect("a master");
        assert_eq!(set.promotable.len(), 1);
        assert_eq!(set.never_promoted, [address(3)]);
    }

    #[test]
    fn sentinels_that_disagree_name_no_master_until_more_than_half_agree() {
        let before = || report(1, &[replica(2, &[]), replica(3, &[])]);
        let after = || {
            report(
                2,
                &[replica(1, &[("role-reported", "master")]), replica(3, &[])],
            )
        };
        assert_eq!(join(3, &[before(), after()]), None);
        assert_eq!(join(3, &[]), None);
        let set = join(3, &[before(), after(), after()]).expect("a master");
        assert_eq!(set.master, address(2));
        assert_eq!(set.promotable.len(), 2, "the old one may be alive");
        // The new master is still a replica for most of them.
        assert_eq!(promotable(&[before(), before(), after()]), [2, 3]);
    }
}
