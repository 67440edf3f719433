//! Chaos test: a confirmed login reaches its browser exactly once under any injected fault.
//!
//! A run has three gateway nodes, each a process of its own, and a Redis, with a fault proxy on
//! every link. Virtual users log in all the time: their browsers reconnect (WebSocket, event
//! stream, long poll), their phones and the portal retry. Two fault injectors run side by side, one
//! on the links and one on the processes, so that faults overlap. The oracle records every request
//! and answer and reports each invariant violation.
//!
//! With `SHAPE=sentinel` the store is a master with two replicas that Sentinels watch, and
//! failovers, dead and frozen servers are among the faults. The nodes wait for the replicas before
//! they answer, so nothing that was answered may be lost (K10). The run also measures the longest
//! time without any success, and fails if it is longer than 15 s, without the time in which
//! Sentinels are in tilt mode; the Sentinels take a server for dead after five seconds.
//!
//! With `EXCUSES=1` the nodes do not wait. A failover then loses what was answered shortly before
//! it, and a person has to repeat it. The oracle excuses and counts such a loss only if its answer
//! came within the loss window of a failover. It never excuses a login that is confirmed without a
//! request, delivered to a wrong browser or twice, or redeemed twice.
//!
//! `SEED` determines the order of the faults and the plan of each flow. The scheduler's timing is
//! not seeded, so a seed repeats the sequence and not the exact moments. `DURATION`, in seconds,
//! makes a long run: `make chaos DURATION=600`. `RATE` is the number of logins that begin per
//! second. `SAOMA` names another binary to test. `CHAOS_LOGS` names a folder that receives the
//! nodes' logs and the violation report of a failed run.

mod flow;
mod link_faults;
mod nodes;
mod oracle;
mod page;
mod phones;
mod plan;
mod portal;
mod process_faults;
mod run_context;
mod stalls;
mod store;
mod store_lost;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{JoinSet, block_in_place};
use tokio::time::{interval, sleep, timeout};
use url::Url;

use self::flow::LoginFlow;
use self::link_faults::{Links, RunLength};
use self::nodes::{NodeProcess, Nodes, Operations};
use self::oracle::{Oracle, words};
use self::plan::{PERSONS, Plan};
use self::process_faults::Processes;
use self::run_context::{ANSWER_TIMEOUT, RunContext};
use self::store::{Shape, Store};
use crate::support::{FaultProxy, TiltWatch, World};

const NODES: usize = 3;

/// Faults of each injector in the short run.
const FAULTS_IN_SHORT_RUN: usize = 6;

/// Faults of each injector when Redis fails over: it needs ten seconds before it can fail over
/// again.
const FAULTS_WITH_FAILOVER: usize = 5;

/// Time in which every login settles after the last fault: a node's and a browser's longest waits,
/// doubled for a busy machine. A node detects a silent subscription within ten seconds and
/// subscribes again within ten more.
const SETTLED_WITHIN: Duration = Duration::from_secs(90);

/// Time in which a node closes the socket of a browser that left: one ping and one close go
/// unanswered.
const SOCKETS_CLOSED_WITHIN: Duration = Duration::from_secs(20);

/// Scanned logins that outlive every fault, codes that are renewed often, and no rate limits.
const SETTINGS: &str = r#"
    lifetimes = { code = "5s", waiting = "40s", unfollowed = "10m", scanned = "10m", authorization_code = "10m" }
    sockets = { ping_interval = "2s", ping_timeout = "2s", open_timeout = "5s" }
    limits.open_per_address = { burst = 1000000, per = "1m" }
    limits.unknown_code_per_person = { burst = 1000000, per = "1m" }
    limits.scan_per_person = { burst = 1000000, per = "1m" }
    limits.confirm_per_person = { burst = 1000000, per = "1m" }
    limits.token_per_client = { burst = 1000000, per = "1m" }
    limits.poll_per_login = { burst = 1000000, per = "1m" }
    limits.unknown_key_per_address = { burst = 1000000, per = "1m" }
"#;

/// Threats T5, T6, T7, T20, T21 and T27.
#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_login_reaches_its_browser_once_under_any_fault() {
    let duration: Option<u64> = setting("DURATION");
    let seed = setting("SEED").unwrap_or_else(|| {
        if duration.is_some() {
            fastrand::u64(1..1_000_000)
        } else {
            1
        }
    });
    let run_length = duration.map_or(RunLength::Faults(FAULTS_IN_SHORT_RUN), |seconds| {
        RunLength::For(Duration::from_secs(seconds))
    });
    run_chaos(setting("SHAPE").unwrap_or(Shape::Durable), seed, run_length).await;
}

/// Threats T7, T21 and T22, and K10.
#[tokio::test(flavor = "multi_thread")]
async fn k10_no_answer_is_lost_by_a_failover() {
    run_chaos(Shape::Sentinel, 1, RunLength::Faults(FAULTS_WITH_FAILOVER)).await;
}

/// Performs one run and panics with the violation report if an invariant is broken.
async fn run_chaos(shape: Shape, seed: u64, run_length: RunLength) {
    eprintln!("SEED={seed} SHAPE={shape:?}");
    let run = ChaosRun::start(shape, seed).await;
    let oracle = run.run(run_length, setting("RATE").unwrap_or(8.0)).await;
    eprintln!("{}", oracle.summary(seed, shape));
    if let Some(report) = oracle.violation_report() {
        panic!("SEED={seed} SHAPE={shape:?}\n{report}");
    }
    assert!(
        oracle.state().ledger.balance().received > 0,
        "no login completed"
    );
}

/// Returns a setting from the environment, or `None` if it is unset or empty.
fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("unknown value: {name}={text}")),
    )
}

/// A deployment under test, before the first fault.
struct ChaosRun {
    world: World,
    links: Links,
    processes: Processes,
    context: Arc<RunContext>,
    random: fastrand::Rng,
}

impl ChaosRun {
    async fn start(shape: Shape, seed: u64) -> Self {
        let store = Store::start(shape);
        let excuses: u32 = setting("EXCUSES").unwrap_or(0);
        let mut world = World::on_url(store.url()).with(SETTINGS).asking();
        if excuses != 0 {
            world = world.with("store.wait_for_replicas = 'off'");
        }
        let proxy = |address| {
            (0..NODES)
                .map(|_| FaultProxy::to(address))
                .collect::<Vec<_>>()
        };
        let to_redis: Vec<FaultProxy> = store.address().map(proxy).unwrap_or_default();
        let settings = world.settings_file();
        let start = |number| {
            let link = to_redis
                .get(number)
                .map(|link: &FaultProxy| format!("redis://{}", link.address()));
            NodeProcess::start(
                &world,
                &settings,
                number,
                link.unwrap_or_else(|| store.url()),
            )
        };
        let mut nodes = Nodes((0..NODES).map(start).collect());
        nodes.ready().await.expect("the nodes start");
        let browsers: Vec<_> = nodes
            .0
            .iter()
            .map(|node| FaultProxy::to(node.address()))
            .collect();
        let urls: Vec<_> = browsers
            .iter()
            .map(|link| Url::parse(&format!("http://{}", link.address())).unwrap())
            .collect();
        let context = RunContext {
            oracle: Arc::new(Oracle::new(excuses != 0)),
            tokens: (0..PERSONS)
                .map(|person| world.persons.token(person))
                .collect(),
            phone: saoma_client::Phone::with_timeout(urls[0].clone(), "", ANSWER_TIMEOUT).unwrap(),
            http: reqwest::Client::builder()
                .timeout(ANSWER_TIMEOUT)
                .build()
                .unwrap(),
            browsers_http: reqwest::Client::new(),
            urls,
        };
        context
            .tokens
            .iter()
            .for_each(|token| context.oracle.state().secret(token));
        Self {
            world,
            links: Links {
                browsers,
                redis: to_redis,
            },
            processes: Processes {
                nodes,
                store,
                master: None,
            },
            context: Arc::new(context),
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Starts logins while faults are injected, then waits until all of them have settled.
    async fn run(self, run_length: RunLength, rate: f64) -> Arc<Oracle> {
        let Self {
            world,
            links,
            processes,
            context,
            mut random,
        } = self;
        let oracle = Arc::clone(&context.oracle);
        let tilt = processes.store.tilt_watch();
        let tilt = tilt.map(|watch| tokio::spawn(watch_tilt(watch, Arc::clone(&oracle))));
        let links =
            tokio::spawn(links.inject_faults(run_length, random.fork(), Arc::clone(&oracle)));
        let processes =
            tokio::spawn(processes.inject_faults(run_length, random.fork(), Arc::clone(&oracle)));
        let progress = tokio::spawn(show_progress(Arc::clone(&oracle)));
        let mut flows = JoinSet::new();
        let mut arrivals = interval(Duration::from_secs_f64(1.0 / rate));
        while !(links.is_finished() && processes.is_finished()) {
            arrivals.tick().await;
            flows.spawn(LoginFlow::run(
                Arc::clone(&context),
                Plan::draw(&mut random),
                random.fork(),
            ));
        }
        let (_links, mut processes) = (links.await.unwrap(), processes.await.unwrap());
        settle(flows, &mut processes.nodes, &oracle).await;
        progress.abort();
        if let Some(tilt) = tilt {
            tilt.abort();
        }
        check_leftovers(&mut processes, &world, &oracle).await;
        oracle
    }
}

/// Waits for every flow. A flow that panics is a bug in the test.
async fn settle(mut flows: JoinSet<()>, nodes: &mut Nodes, oracle: &Oracle) {
    let all = async {
        while let Some(flow) = flows.join_next().await {
            flow.unwrap();
        }
    };
    let settled = timeout(SETTLED_WITHIN, all).await.is_ok();
    if !settled {
        oracle.run_violation(format!(
            "{} logins did not settle in {SETTLED_WITHIN:?}",
            flows.len()
        ));
        for flow in oracle.unsettled() {
            oracle.violation(flow, "it did not settle".into());
        }
        flows.shutdown().await;
    }
    if let Err(what) = nodes.ready().await {
        oracle.run_violation(what);
    }
}

/// Checks that the browsers left nothing behind: no open socket, no key without expiry, no secret
/// in a log.
async fn check_leftovers(processes: &mut Processes, world: &World, oracle: &Oracle) {
    for (number, node) in processes.nodes.0.iter().enumerate() {
        if let Err(open) = no_socket_left(&node.operations()).await {
            oracle.run_violation(format!("node {number} still holds {open:?} sockets"));
        }
    }
    let endless = processes.store.keys_without_end();
    if !endless.is_empty() {
        oracle.run_violation(format!("keys that stay for ever: {endless:?}"));
    }
    for node in &mut processes.nodes.0 {
        node.kill();
        let log = std::fs::read_to_string(node.log()).unwrap();
        let state = oracle.state();
        let leaks: Vec<&str> = log
            .lines()
            .filter(|line| words(line).any(|word| state.secrets.contains(word)))
            .collect();
        drop(state);
        for line in leaks {
            oracle.run_violation(format!("a secret in a log: {line}"));
        }
    }
    if let (Some(report), Some(folder)) =
        (oracle.violation_report(), std::env::var_os("CHAOS_LOGS"))
    {
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0..NODES {
            let name = format!("node-{number}.log");
            std::fs::copy(world.path(&name), std::path::Path::new(&folder).join(&name)).unwrap();
        }
        std::fs::write(std::path::Path::new(&folder).join("violations.txt"), report).unwrap();
        for (name, log) in processes.store.logs() {
            std::fs::copy(log, std::path::Path::new(&folder).join(name)).unwrap();
        }
    }
}

async fn no_socket_left(node: &Operations) -> Result<(), Option<u64>> {
    let asked = Instant::now();
    loop {
        match node.sockets_open().await {
            Some(0) => return Ok(()),
            open if asked.elapsed() > SOCKETS_CLOSED_WITHIN => return Err(open),
            _ => sleep(Duration::from_millis(200)).await,
        }
    }
}

/// Records when a Sentinel is in tilt mode.
async fn watch_tilt(watch: TiltWatch, oracle: Arc<Oracle>) {
    let mut ticks = interval(Duration::from_millis(250));
    loop {
        ticks.tick().await;
        let tilted = block_in_place(|| watch.tilted());
        if oracle.state().stalls.tilt(tilted > 0) {
            let what = format!("{tilted} Sentinels in tilt mode: no failover for 30 s");
            oracle.fault("Sentinels in tilt mode", what);
        }
    }
}

async fn show_progress(oracle: Arc<Oracle>) {
    let mut ticks = interval(Duration::from_secs(10));
    loop {
        ticks.tick().await;
        let ((begun, settled), state) = (oracle.progress(), oracle.state());
        let (faults, broken) = (state.faults.values().sum::<u64>(), state.violations.len());
        drop(state);
        let at = oracle.elapsed().as_secs();
        eprintln!(
            "{at:>5} s: {begun} logins begun, {settled} settled, {faults} faults, {broken} violations"
        );
    }
}
