//! A master and its replicas, watched by three Sentinels.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::process::signal;
use super::redis_process::{RedisProcess, ask, until};

pub(crate) const SERVICE: &str = "hall";

/// Time without the processor after which a Sentinel goes into tilt mode, and a margin.
const STARVED: Duration = Duration::from_millis(2300);

pub(crate) struct RedisSentinel {
    servers: Vec<RedisProcess>,
    sentinels: Vec<RedisProcess>,
}

impl RedisSentinel {
    /// Starts a master with one replica, and waits until the Sentinels know one another. They take
    /// a silent master for dead after half a second.
    pub(crate) fn start() -> Self {
        Self::start_with(1, 500, "")
    }

    /// Starts a master with two replicas that takes writes only while one of them follows: one that
    /// was superseded without its knowledge takes none once both have left it. The Sentinels are
    /// patient enough for a machine that has other things to do.
    pub(crate) fn start_guarded() -> Self {
        Self::start_with(2, 5000, "min-replicas-to-write 1")
    }

    /// Starts a master with two replicas that takes writes whether they follow or not, and
    /// Sentinels that take nothing for dead while a test lasts.
    pub(crate) fn start_patient() -> Self {
        Self::start_with(2, 60_000, "")
    }

    fn start_with(replicas: usize, down_after_ms: u32, settings: &str) -> Self {
        let master = RedisProcess::start_by_file(settings);
        let port = master.port().to_string();
        let follow =
            |_| RedisProcess::start_by_file(&format!("replicaof 127.0.0.1 {port}\n{settings}"));
        let servers: Vec<_> = std::iter::once(master)
            .chain((0..replicas).map(follow))
            .collect();
        until("the replicas follow", || follows(&servers, 0, replicas));
        let settings = format!(
            "sentinel monitor {SERVICE} 127.0.0.1 {port} 2\n\
             sentinel down-after-milliseconds {SERVICE} {down_after_ms}\n\
             sentinel failover-timeout {SERVICE} 3000\n",
        );
        let sentinels: Vec<_> = (0..3)
            .map(|_| RedisProcess::start_sentinel(&settings))
            .collect();
        let info = |sentinel: &RedisProcess| sentinel.tell::<String>("INFO sentinel");
        let known = format!("slaves={replicas},sentinels=3");
        until("the Sentinels know one another", || {
            sentinels.iter().map(info).all(|info| info.contains(&known))
        });
        Self { servers, sentinels }
    }

    pub(crate) fn url(&self) -> String {
        let hosts: Vec<_> = self
            .sentinels
            .iter()
            .map(|sentinel| sentinel.address().to_string())
            .collect();
        format!("redis+sentinel://{}/{SERVICE}", hosts.join(","))
    }

    /// The master's own address.
    pub(crate) fn master_url(&self) -> String {
        let master = self.master().expect("the Sentinels agree");
        format!("redis://{}", self.servers[master].address())
    }

    /// Ends the connections of all replicas to the master.
    pub(crate) fn drop_replicas(&self) {
        let master = self.master().expect("the Sentinels agree");
        let _: u32 = self.servers[master].tell("CLIENT KILL TYPE replica");
    }

    /// The server that all Sentinels name, once they agree.
    pub(crate) fn master(&self) -> Option<usize> {
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(SERVICE);
        // One that gets no processor does not agree.
        let answers = self.sentinels.iter().map(|sentinel| {
            let (_, port) = sentinel.ask::<(String, u16)>(&question).ok()?;
            Some(port)
        });
        let mut named: Vec<u16> = answers.collect::<Option<_>>()?;
        named.dedup();
        let [port] = named[..] else { return None };
        self.servers.iter().position(|server| server.port() == port)
    }

    /// Returns true if all servers run and follow the master that the Sentinels name.
    pub(crate) fn is_whole(&self) -> bool {
        let Some(master) = self.master() else {
            return false;
        };
        self.servers.iter().all(RedisProcess::runs)
            && follows(&self.servers, master, self.servers.len() - 1)
    }

    /// Kills the master, even if its replicas lack writes. Returns its number.
    pub(crate) fn kill_master(&mut self) -> usize {
        let master = self.master().expect("the Sentinels agree");
        self.servers[master].kill();
        master
    }

    /// The replicas of the master that the Sentinels name.
    pub(crate) fn replicas(&self) -> Vec<usize> {
        let master = self.master().expect("the Sentinels agree");
        (0..self.servers.len())
            .filter(|server| *server != master)
            .collect()
    }

    /// Kills a server.
    pub(crate) fn kill(&mut self, server: usize) {
        self.servers[server].kill();
    }

    /// Stops a server without ending its connections.
    pub(crate) fn freeze(&self, server: usize) {
        signal(self.servers[server].process(), "STOP");
    }

    /// Lets a stopped server go on.
    pub(crate) fn thaw(&self, server: usize) {
        signal(self.servers[server].process(), "CONT");
    }

    /// Returns a field of a login as a server has it.
    pub(crate) fn field(&self, server: usize, login: &str, field: &str) -> Option<String> {
        self.servers[server].tell(&format!("HGET {login} {field}"))
    }

    /// Restarts a killed server, empty and in its last role. The Sentinels make a master a replica.
    pub(crate) fn restart(&mut self, server: usize) {
        self.servers[server].restart();
    }

    /// Asks the master for no writes for this time, so that its replicas have all that it has.
    pub(crate) fn pause_writes(&self, time: Duration) {
        let master = self.master().expect("the Sentinels agree");
        let pause = format!("CLIENT PAUSE {} WRITE", time.as_millis());
        let _: String = self.servers[master].tell(&pause);
    }

    /// Starves the Sentinels until all of them are in tilt mode, in which they take part in no
    /// failover. It lasts for this time instead of the 30 s of Redis.
    pub(crate) fn tilt(&self, time: Duration) {
        for sentinel in &self.sentinels {
            let shorten = format!("SENTINEL DEBUG TILT-PERIOD {}", time.as_millis());
            let _: String = sentinel.tell(&shorten);
        }
        let signal_all = |name| {
            let processes = self.sentinels.iter().map(RedisProcess::process);
            processes.for_each(|process| signal(process, name));
        };
        let watch = self.tilt_watch();
        until("all Sentinels are in tilt mode", || {
            signal_all("STOP");
            std::thread::sleep(STARVED);
            signal_all("CONT");
            watch.tilted() == self.sentinels.len()
        });
    }

    /// Watches for the tilt mode of the Sentinels, beside the tests that use them.
    pub(crate) fn tilt_watch(&self) -> TiltWatch {
        TiltWatch(self.sentinels.iter().map(RedisProcess::address).collect())
    }

    /// Orders a failover. Returns false if the Sentinels refuse, for instance because their view of
    /// the replicas is stale.
    pub(crate) fn fail_over(&self) -> bool {
        let mut order = redis::cmd("SENTINEL");
        order.arg("FAILOVER").arg(SERVICE);
        self.sentinels[0].ask::<String>(&order).is_ok()
    }

    /// Returns true if a server considers itself a master.
    pub(crate) fn claims_to_be_master(&self, server: usize) -> bool {
        self.servers[server]
            .tell::<String>("INFO replication")
            .contains("role:master")
    }

    /// Ends the connections of all subscribers of the master.
    pub(crate) fn drop_subscribers(&self) {
        if let Some(master) = self.master() {
            let _: u32 = self.servers[master].tell("CLIENT KILL TYPE pubsub");
        }
    }

    /// The logs of the servers and of the Sentinels.
    pub(crate) fn logs(&self) -> Vec<(String, PathBuf)> {
        let named = |kind: &str, processes: &[RedisProcess]| -> Vec<_> {
            let logs = processes.iter().enumerate();
            logs.map(|(number, one)| (format!("{kind}-{number}-{}.log", one.port()), one.log()))
                .collect()
        };
        [
            named("redis", &self.servers),
            named("sentinel", &self.sentinels),
        ]
        .concat()
    }

    /// Returns all keys without expiry.
    pub(crate) fn keys_without_end(&self) -> Vec<String> {
        self.servers[self.master().expect("the Sentinels agree")].keys_without_end()
    }

    /// Forgets everything that is kept.
    pub(crate) fn flush(&self) {
        let _: String = self.servers[0].tell("FLUSHALL");
    }
}

/// The Sentinels, asked for their tilt mode: one that had no processor or no disk for two seconds, or
/// whose clock was set, takes part in no failover for the next 30 s.
pub(crate) struct TiltWatch(Vec<SocketAddr>);

impl TiltWatch {
    /// Returns the number of Sentinels in tilt mode.
    pub(crate) fn tilted(&self) -> usize {
        let is_tilted = |sentinel: &&SocketAddr| {
            let info = ask::<String>(**sentinel, redis::cmd("INFO").arg("sentinel"));
            info.is_ok_and(|info| info.contains("sentinel_tilt:1"))
        };
        self.0.iter().filter(is_tilted).count()
    }
}

/// Returns true if this number of replicas follow the server.
fn follows(servers: &[RedisProcess], master: usize, replicas: usize) -> bool {
    let Ok(info) = servers[master].ask::<String>(redis::cmd("INFO").arg("replication")) else {
        return false;
    };
    info.contains("role:master") && info.matches(",state=online,").count() == replicas
}
