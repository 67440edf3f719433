//! A master and its replica, watched by three Sentinels.

use super::redis_process::{RedisProcess, until};

pub const SERVICE: &str = "hall";

/// The Sentinels take a silent master for dead after half a second.
pub struct RedisSentinel {
    servers: [RedisProcess; 2],
    sentinels: Vec<RedisProcess>,
}

impl RedisSentinel {
    /// Starts all of them and waits until they know one another.
    pub fn start() -> Self {
        let master = RedisProcess::start(&[]);
        let replica = RedisProcess::start(&["--replicaof", "127.0.0.1", &master.port().to_string()]);
        until("the replica follows", || replica.tell::<String>("INFO replication").contains("master_link_status:up"));
        let settings = format!(
            "sentinel monitor {SERVICE} 127.0.0.1 {} 2\n\
             sentinel down-after-milliseconds {SERVICE} 500\n\
             sentinel failover-timeout {SERVICE} 3000\n",
            master.port()
        );
        let sentinels: Vec<_> = (0..3).map(|_| RedisProcess::start_sentinel(&settings)).collect();
        let info = |sentinel: &RedisProcess| sentinel.tell::<String>("INFO sentinel");
        until("the Sentinels know one another", || {
            sentinels.iter().map(info).all(|info| info.contains("slaves=1,sentinels=3"))
        });
        Self { servers: [master, replica], sentinels }
    }

    pub fn url(&self) -> String {
        let hosts: Vec<_> = self.sentinels.iter().map(|sentinel| sentinel.address().to_string()).collect();
        format!("redis+sentinel://{}/{SERVICE}", hosts.join(","))
    }

    /// Kills the master, once its replica has all that was written so far.
    pub fn kill_master(&mut self) {
        let replicas: u32 = self.servers[0].tell("WAIT 1 5000");
        assert_eq!(replicas, 1);
        self.servers[0].kill();
    }

    /// Forgets everything that is kept.
    pub fn flush(&self) {
        let _: String = self.servers[0].tell("FLUSHALL");
    }
}
