//! Three masters that share the slots, with or without a replica each.

use saoma_load::ports;

use super::process::signal;
use super::redis_process::{RedisProcess, until};

const MASTERS: usize = 3;
const SLOTS: usize = 16384;

/// The first nodes are the masters that share the slots in the beginning, the others their replicas
/// in the same order.
pub(crate) struct RedisCluster {
    nodes: Vec<RedisProcess>,
}

impl RedisCluster {
    /// Three masters.
    pub(crate) fn start() -> Self {
        Self::of(MASTERS, &[])
    }

    /// Three masters that know no sharded channels, as before version 7.
    pub(crate) fn start_without_sharded_channels() -> Self {
        Self::of(
            MASTERS,
            &[
                "--rename-command",
                "SPUBLISH",
                "",
                "--rename-command",
                "SSUBSCRIBE",
                "",
            ],
        )
    }

    /// Three masters, each with a replica that takes its place.
    pub(crate) fn start_with_replicas() -> Self {
        Self::of(2 * MASTERS, &[])
    }

    fn of(count: usize, arguments: &[&str]) -> Self {
        let buses: Vec<u16> = (0..count).map(|_| ports::reserve().unwrap()).collect();
        let nodes: Vec<_> = buses.iter().map(|bus| node(*bus, arguments)).collect();
        for (index, node) in nodes.iter().enumerate() {
            let _: String = node.tell(&format!("CLUSTER SET-CONFIG-EPOCH {}", index + 1));
            if index < MASTERS {
                let (first, last) = (SLOTS * index / MASTERS, SLOTS * (index + 1) / MASTERS - 1);
                let _: String = node.tell(&format!("CLUSTER ADDSLOTSRANGE {first} {last}"));
            }
            let _: String = nodes[0].tell(&format!(
                "CLUSTER MEET 127.0.0.1 {} {}",
                node.port(),
                buses[index]
            ));
        }
        let cluster = Self { nodes };
        cluster.once_all("know one another", &format!("cluster_known_nodes:{count}"));
        for index in MASTERS..count {
            let master: String = cluster.nodes[index - MASTERS].tell("CLUSTER MYID");
            // It may not have heard yet that the other is a master.
            until("the replica is taken", || {
                let mut replicate = redis::cmd("CLUSTER");
                cluster.nodes[index]
                    .ask::<String>(replicate.arg("REPLICATE").arg(&master))
                    .is_ok()
            });
        }
        cluster.once_all("serve all slots", "cluster_state:ok");
        until("replicas follow", || {
            let info = |node: &RedisProcess| node.tell::<String>("INFO replication");
            cluster.nodes[MASTERS..]
                .iter()
                .map(info)
                .all(|info| info.contains("master_link_status:up"))
        });
        cluster
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<_> = self
            .nodes
            .iter()
            .map(|node| node.address().to_string())
            .collect();
        format!("redis+cluster://{}", hosts.join(","))
    }

    /// Forgets everything that is kept.
    pub(crate) fn flush(&self) {
        for master in &self.nodes[..MASTERS] {
            let _: String = master.tell("FLUSHALL");
        }
    }

    pub(crate) fn slot_of(&self, key: &str) -> u16 {
        self.nodes[0].tell(&format!("CLUSTER KEYSLOT {key}"))
    }

    /// The index of the master that serves a slot.
    pub(crate) fn owner_of(&self, slot: u16) -> usize {
        let slots: Vec<(u16, u16, Vec<redis::Value>)> = {
            let ranges: Vec<Vec<redis::Value>> = self.nodes[0].tell("CLUSTER SLOTS");
            ranges.into_iter().map(range).collect()
        };
        let (.., master) = slots
            .into_iter()
            .find(|(first, last, _)| (*first..=*last).contains(&slot))
            .unwrap();
        let port: u16 = redis::from_redis_value(master[1].clone()).unwrap();
        self.nodes
            .iter()
            .position(|node| node.port() == port)
            .unwrap()
    }

    /// The channels of all nodes that are listened to.
    pub(crate) fn inboxes(&self) -> Vec<(usize, String)> {
        let heard = |(index, node): (usize, &RedisProcess)| {
            let channels: Vec<String> = node.tell("PUBSUB SHARDCHANNELS");
            channels
                .into_iter()
                .map(move |channel| (index, channel))
                .collect::<Vec<_>>()
        };
        self.nodes.iter().enumerate().flat_map(heard).collect()
    }

    /// Moves a slot to the next master, with the keys in it, as `redis-cli --cluster reshard` does.
    pub(crate) fn move_slot(&self, slot: u16) {
        let (from, to) = (self.owner_of(slot), (self.owner_of(slot) + 1) % MASTERS);
        let (from, to) = (&self.nodes[from], &self.nodes[to]);
        let (from_id, to_id): (String, String) =
            (from.tell("CLUSTER MYID"), to.tell("CLUSTER MYID"));
        let _: String = to.tell(&format!("CLUSTER SETSLOT {slot} IMPORTING {from_id}"));
        let _: String = from.tell(&format!("CLUSTER SETSLOT {slot} MIGRATING {to_id}"));
        loop {
            let keys: Vec<String> = from.tell(&format!("CLUSTER GETKEYSINSLOT {slot} 100"));
            if keys.is_empty() {
                break;
            }
            for key in keys {
                // A key that ended meanwhile is answered with NOKEY.
                let _: String = from.tell(&format!("MIGRATE 127.0.0.1 {} {key} 0 5000", to.port()));
            }
        }
        for node in [to, from].into_iter().chain(&self.nodes[..MASTERS]) {
            let _: String = node.tell(&format!("CLUSTER SETSLOT {slot} NODE {to_id}"));
        }
    }

    /// Kills the master that serves a slot, even if its replica lacks writes. Returns its number.
    pub(crate) fn kill_owner_of(&mut self, slot: u16) -> usize {
        let owner = self.owner_of(slot);
        self.nodes[owner].kill();
        owner
    }

    /// The replica of the master that serves a slot, as long as each is what it was in the
    /// beginning.
    pub(crate) fn replica_of(&self, slot: u16) -> usize {
        self.owner_of(slot) + MASTERS
    }

    /// Stops a node without ending its connections.
    pub(crate) fn freeze(&self, node: usize) {
        signal(self.nodes[node].process(), "STOP");
    }

    /// Lets a stopped node go on.
    pub(crate) fn thaw(&self, node: usize) {
        signal(self.nodes[node].process(), "CONT");
    }

    /// Has a replica take its master's place.
    pub(crate) fn fail_over_to(&self, replica: usize) {
        let _: String = self.nodes[replica].tell("CLUSTER FAILOVER");
    }

    /// Kills all nodes without a word.
    pub(crate) fn kill_all(&mut self) {
        self.nodes.iter_mut().for_each(RedisProcess::kill);
    }

    /// Starts them again: they know one another, and nothing else.
    pub(crate) fn restart_all(&mut self) {
        self.nodes.iter_mut().for_each(RedisProcess::restart);
        self.once_all("serve all slots again", "cluster_state:ok");
    }

    fn once_all(&self, what: &str, said: &str) {
        let info = |node: &RedisProcess| node.tell::<String>("CLUSTER INFO");
        until(what, || {
            self.nodes.iter().map(info).all(|info| info.contains(said))
        });
    }
}

fn node(bus: u16, more: &[&str]) -> RedisProcess {
    let bus = bus.to_string();
    let cluster = [
        "--cluster-enabled",
        "yes",
        "--cluster-port",
        &bus,
        "--cluster-node-timeout",
        "1000",
    ];
    let eager = ["--cluster-replica-validity-factor", "0"];
    RedisProcess::start(&[&cluster[..], &eager, more].concat())
}

/// First and last slot, and the master's host, port and more.
fn range(range: Vec<redis::Value>) -> (u16, u16, Vec<redis::Value>) {
    let mut range = range.into_iter();
    let mut next = || range.next().unwrap();
    let number = |value| redis::from_redis_value(value).unwrap();
    (
        number(next()),
        number(next()),
        redis::from_redis_value(next()).unwrap(),
    )
}
