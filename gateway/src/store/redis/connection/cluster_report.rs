//! The masters of a cluster and their replicas, as the masters describe them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::replica_set::{Candidate, ReplicaSet, ServerAddress};

/// One node's entry in an answer to `CLUSTER NODES`.
#[derive(Debug, Clone)]
pub(super) struct NodeReport {
    id: String,
    address: ServerAddress,
    is_master: bool,
    /// Most masters take it for dead, or there is no connection to it.
    is_out: bool,
    is_never_promoted: bool,
    master: String,
    epoch: u64,
    slots: Vec<RangeInclusive<u16>>,
}

/// Reads an answer to `CLUSTER NODES`. A node that knows no host of its own leaves it out: it is where it was `asked`.
pub(super) fn read(text: &str, asked: &str, by_name: bool) -> Vec<NodeReport> {
    text.lines()
        .filter_map(|line| read_line(line, asked, by_name))
        .collect()
}

fn read_line(line: &str, asked: &str, by_name: bool) -> Option<NodeReport> {
    let mut words = line.split_ascii_whitespace();
    let mut word = || words.next();
    let (id, place, flags, master) = (word()?, word()?, word()?, word()?);
    let (_, _, epoch, link) = (word()?, word()?, word()?, word()?);
    let has = |flag: &str| flags.split(',').any(|one| one == flag);
    if has("noaddr") || has("handshake") {
        return None;
    }
    let (socket, name) = place.split_once(',').unwrap_or((place, ""));
    // Further members, such as the shard's id, follow the host name.
    let name = name.split(',').next().filter(|name| !name.contains('='));
    let (host, port) = socket.split('@').next()?.rsplit_once(':')?;
    let host = match name {
        Some(name) if by_name && !name.is_empty() => name,
        _ if host.is_empty() => asked,
        _ => host,
    };
    Some(NodeReport {
        id: id.to_owned(),
        address: ServerAddress::new(host.trim_matches(['[', ']']), port.parse().ok()?),
        is_master: has("master"),
        is_out: has("fail") || (link != "connected" && !has("myself")),
        is_never_promoted: has("nofailover"),
        master: master.to_owned(),
        epoch: epoch.parse().ok()?,
        slots: words.filter_map(slots).collect(),
    })
}

/// Reads a slot or a range; a slot that is being moved stands in brackets and is skipped.
fn slots(word: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

/// Joins the reports of the masters that answered, of this many. The owner of a slot by the newest epoch comes first.
///
/// Masters elect a replica by their majority. A replica is therefore left out only if all that answered, and more than
/// half of all, have lost it.
pub(super) fn join(masters: usize, reports: &[Vec<NodeReport>]) -> Vec<ReplicaSet> {
    let is_majority = 2 * reports.len() > masters;
    let mut newest = BTreeMap::<&str, &NodeReport>::new();
    let mut replicas = BTreeMap::<&str, BTreeSet<&str>>::new();
    for node in reports.iter().flatten() {
        let known = newest.entry(&node.id).or_insert(node);
        if node.epoch >= known.epoch {
            *known = node;
        }
        if !node.is_master {
            replicas.entry(&node.master).or_default().insert(&node.id);
        }
    }
    let mut masters: Vec<&NodeReport> = newest
        .values()
        .copied()
        .filter(|node| node.is_master && !node.slots.is_empty())
        .collect();
    masters.sort_by_key(|master| std::cmp::Reverse(master.epoch));
    let set_of = |master: &NodeReport| {
        let (mut promotable, mut never_promoted) = (Vec::new(), Vec::new());
        let mut leaves_out = false;
        for id in replicas.get(&*master.id).into_iter().flatten() {
            let said: Vec<&NodeReport> = reports
                .iter()
                .flatten()
                .filter(|node| node.id == **id)
                .collect();
            let Some(address) = said.first().map(|node| node.address.clone()) else {
                continue;
            };
            if said.iter().all(|node| node.is_never_promoted) {
                never_promoted.push(address);
            } else if !(is_majority && said.iter().all(|node| node.is_out)) {
                promotable.push(Candidate {
                    address,
                    priority: 0,
                    reported: 0,
                });
            } else {
                leaves_out = true;
            }
        }
        ReplicaSet {
            master: master.address.clone(),
            promotable,
            never_promoted,
            leaves_out,
            slots: master.slots.clone(),
            // A replica tells its master the address of its listener, and the cluster that of its announcement.
            same_names: false,
        }
    };
    masters.into_iter().map(set_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODES: &str = "\
a 192.0.2.1:7000@17000 myself,master - 0 0 1 connected 0-5460 [93-<-b]
b 192.0.2.2:7000@17000,b.example,shard-id=x master - 0 1 2 connected 5461-10922 12000
c 192.0.2.3:7000@17000 master,fail - 1 1 3 disconnected 10923-11999
d 192.0.2.4:7000@17000 slave a 0 1 1 connected
e 192.0.2.5:7000@17000 slave,fail? a 1 1 1 connected
f 192.0.2.6:7000@17000 slave,nofailover b 0 1 2 connected
g 192.0.2.7:7000@17000 slave,fail b 1 1 2 disconnected
h :0@0 slave,noaddr b 1 1 2 disconnected
";

    fn hosts(replicas: &[Candidate]) -> Vec<&str> {
        replicas.iter().map(|one| &*one.address.host).collect()
    }

    #[test]
    fn each_master_has_its_slots_and_the_replicas_that_may_take_its_place() {
        let one = || read(NODES, "192.0.2.9", false);
        let sets = join(3, &[one(), one()]);
        let of = |slot| {
            sets.iter()
                .find(|set| set.has_slot(slot))
                .expect("an owner")
        };
        assert_eq!(of(93).master, ServerAddress::new("192.0.2.1", 7000));
        assert_eq!(hosts(&of(93).promotable), ["192.0.2.4", "192.0.2.5"]);
        assert_eq!(of(12_000).master.host, "192.0.2.2");
        assert_eq!(hosts(&of(12_000).promotable), [""; 0]);
        assert_eq!(
            of(12_000).never_promoted,
            [ServerAddress::new("192.0.2.6", 7000)]
        );
        // One master of three cannot say that a replica is dead.
        let sets = join(3, &[one()]);
        let of_b = sets.iter().find(|set| set.has_slot(12_000)).expect("b");
        assert_eq!(hosts(&of_b.promotable), ["192.0.2.7"]);
    }

    #[test]
    fn a_promoted_replica_owns_its_slots_by_its_newer_epoch() {
        let after = "\
a 192.0.2.1:7000@17000 master,fail - 0 0 1 connected 0-5460
d 192.0.2.4:7000@17000 myself,master - 0 1 8 connected 0-5460
";
        let sets = join(1, &[read(after, "", false)]);
        let owner = sets.iter().find(|set| set.has_slot(7)).expect("an owner");
        assert_eq!(owner.master.host, "192.0.2.4");
    }

    #[test]
    fn names_and_missing_hosts_are_read() {
        let by_name = read(NODES, "192.0.2.9", true);
        assert_eq!(by_name[1].address.host, "b.example");
        let alone = "a :7000@17000 myself,master - 0 0 1 connected 0-16383";
        assert_eq!(read(alone, "192.0.2.9", false)[0].address.host, "192.0.2.9");
    }
}
