//! Nothing is lost: a login that was confirmed reaches its browser once, whatever fails in between.
//!
//! Three nodes in processes of their own and a Redis that keeps what it is told, with a proxy on every link; browsers
//! that come back, by sockets, event streams and polls, phones and a portal that ask again; and faults of links and
//! processes that overlap. The books know what is owed to whom.
//!
//! With `SHAPE=sentinel` the store is a master with two replicas that Sentinels watch, and failovers are among the faults.
//! Redis replicates after it has answered, so that what it took shortly before a failover may be lost, and a person has
//! to do it again. That is excused, and counted, only for what was answered in the moment of a failover that may lose
//! something; and never that a login is confirmed without anybody's wish, told to a wrong browser or twice, or redeemed
//! twice.
//!
//! `SEED` determines which faults come in which order and what each person does. When the system runs whom is not in
//! its hand, so that a seed repeats a story, not each of its moments. `DURATION`, in seconds, makes a long run:
//! `make chaos DURATION=600`. `RATE` is how many logins begin in a second; `SAOMA` another binary than the tests' own.

mod books;
mod faults;
mod nodes;
mod page;
mod phones;
mod portal;
mod process_faults;
mod scene;
mod store;
mod store_lost;
mod visit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};
use url::Url;

use self::books::{Books, words};
use self::faults::{Extent, Links};
use self::nodes::{NodeProcess, Nodes, Operations};
use self::process_faults::Processes;
use self::scene::{PATIENCE, PERSONS, Plan, Scene};
use self::store::{Shape, Store};
use self::visit::Visit;
use crate::support::{FaultProxy, World};

const NODES: usize = 3;

/// Faults of each lane in the short run.
const FEW: usize = 6;

/// The same where Redis fails over: it takes ten seconds until it can again.
const FEWER: usize = 4;

/// How long it may take until every login has settled once nothing fails any more: the longest of a node's waits (it
/// finds a deaf subscription within ten seconds and subscribes again within ten more) and of the browsers', and as much
/// again for a machine that has other things to do.
const SETTLED_WITHIN: Duration = Duration::from_secs(90);

/// How long a node may hold the socket of a browser that left: until a ping goes unanswered and the close as well.
const LEFT_WITHIN: Duration = Duration::from_secs(20);

/// Lifetimes that no storm outlasts once a login is scanned, codes that are renewed all the time, and no limits.
const SETTINGS: &str = r#"
    lifetimes = { code = "5s", waiting = "40s", scanned = "10m", authorization_code = "10m" }
    sockets = { ping_interval = "2s", ping_timeout = "2s", open_timeout = "5s" }
    limits.open_per_address = { burst = 1000000, per = "1m" }
    limits.scan_per_address = { burst = 1000000, per = "1m" }
    limits.scan_per_person = { burst = 1000000, per = "1m" }
    limits.confirm_per_person = { burst = 1000000, per = "1m" }
    limits.token_per_client = { burst = 1000000, per = "1m" }
    limits.poll_per_login = { burst = 1000000, per = "1m" }
    limits.unknown_key_per_address = { burst = 1000000, per = "1m" }
"#;

/// Threats T5, T6, T7, T20, T21 and T27.
#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_login_reaches_its_browser_once_whatever_fails() {
    let duration: Option<u64> = setting("DURATION");
    let seed = setting("SEED").unwrap_or_else(|| {
        if duration.is_some() {
            fastrand::u64(1..1_000_000)
        } else {
            1
        }
    });
    let extent = duration.map_or(Extent::Faults(FEW), |seconds| {
        Extent::For(Duration::from_secs(seconds))
    });
    weather(setting("SHAPE").unwrap_or(Shape::Durable), seed, extent).await;
}

/// Threats T7, T21 and T22.
#[tokio::test(flavor = "multi_thread")]
async fn a_failover_costs_nobody_more_than_doing_it_again() {
    weather(Shape::Sentinel, 1, Extent::Faults(FEWER)).await;
}

/// Lets a storm blow, and looks at what it leaves.
async fn weather(shape: Shape, seed: u64, extent: Extent) {
    eprintln!("SEED={seed} SHAPE={shape:?}");
    let storm = Storm::raise(shape, seed).await;
    let books = storm.run(extent, setting("RATE").unwrap_or(8.0)).await;
    eprintln!("{}", books.table(seed, shape));
    if let Some(complaint) = books.complaint() {
        panic!("SEED={seed} SHAPE={shape:?}\n{complaint}");
    }
    assert!(
        books.pages().ledger.balance().received > 0,
        "somebody logged in"
    );
}

/// A setting of the environment, unless it is empty.
fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is none that is known")),
    )
}

/// Everything before it begins to fail.
struct Storm {
    world: World,
    links: Links,
    processes: Processes,
    scene: Arc<Scene>,
    random: fastrand::Rng,
}

impl Storm {
    async fn raise(shape: Shape, seed: u64) -> Self {
        let store = Store::start(shape);
        let world = World::on_url(store.url()).with(SETTINGS);
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
        let scene = Scene {
            books: Arc::new(Books::new()),
            tokens: (0..PERSONS)
                .map(|person| world.persons.token(person))
                .collect(),
            phone: saoma_client::Phone::with_timeout(urls[0].clone(), "", PATIENCE).unwrap(),
            http: reqwest::Client::builder()
                .timeout(PATIENCE)
                .build()
                .unwrap(),
            browsers_http: reqwest::Client::new(),
            urls,
        };
        scene
            .tokens
            .iter()
            .for_each(|token| scene.books.pages().secret(token));
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
            scene: Arc::new(scene),
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Lets logins begin for as long as anything fails, and waits until all of them have settled.
    async fn run(self, extent: Extent, rate: f64) -> Arc<Books> {
        let Self {
            world,
            links,
            processes,
            scene,
            mut random,
        } = self;
        let books = Arc::clone(&scene.books);
        let links = tokio::spawn(links.fail(extent, random.fork(), Arc::clone(&books)));
        let processes = tokio::spawn(processes.fail(extent, random.fork(), Arc::clone(&books)));
        let progress = tokio::spawn(show_progress(Arc::clone(&books)));
        let mut visits = JoinSet::new();
        let mut arrivals = interval(Duration::from_secs_f64(1.0 / rate));
        while !(links.is_finished() && processes.is_finished()) {
            arrivals.tick().await;
            visits.spawn(Visit::make(
                Arc::clone(&scene),
                Plan::draw(&mut random),
                random.fork(),
            ));
        }
        let (_links, mut processes) = (links.await.unwrap(), processes.await.unwrap());
        settle(visits, &mut processes.nodes, &books).await;
        progress.abort();
        check_what_is_left(&mut processes, &world, &books).await;
        books
    }
}

/// Waits for every visit. A visit that panics is a fault of the test.
async fn settle(mut visits: JoinSet<()>, nodes: &mut Nodes, books: &Books) {
    let all = async {
        while let Some(visit) = visits.join_next().await {
            visit.unwrap();
        }
    };
    let settled = timeout(SETTLED_WITHIN, all).await.is_ok();
    if !settled {
        books.violated_by_all(format!(
            "{} logins did not settle in {SETTLED_WITHIN:?}",
            visits.len()
        ));
        for visit in books.unsettled() {
            books.violated(visit, "it did not settle".into());
        }
        visits.shutdown().await;
    }
    if let Err(what) = nodes.ready().await {
        books.violated_by_all(what);
    }
}

/// Nothing is left of the browsers that have gone: no socket, no key that stays, no secret in a log.
async fn check_what_is_left(processes: &mut Processes, world: &World, books: &Books) {
    for (number, node) in processes.nodes.0.iter().enumerate() {
        if let Err(open) = no_socket_left(&node.operations()).await {
            books.violated_by_all(format!("node {number} still holds {open:?} sockets"));
        }
    }
    let endless = processes.store.keys_without_end();
    if !endless.is_empty() {
        books.violated_by_all(format!("keys that stay for ever: {endless:?}"));
    }
    for node in &mut processes.nodes.0 {
        node.kill();
        let log = std::fs::read_to_string(node.log()).unwrap();
        let pages = books.pages();
        let leaks: Vec<&str> = log
            .lines()
            .filter(|line| words(line).any(|word| pages.secrets.contains(word)))
            .collect();
        drop(pages);
        for line in leaks {
            books.violated_by_all(format!("a secret in a log: {line}"));
        }
    }
    if let (Some(complaint), Some(folder)) = (books.complaint(), std::env::var_os("CHAOS_LOGS")) {
        std::fs::create_dir_all(&folder).unwrap();
        for number in 0..NODES {
            let name = format!("node-{number}.log");
            std::fs::copy(world.path(&name), std::path::Path::new(&folder).join(&name)).unwrap();
        }
        std::fs::write(
            std::path::Path::new(&folder).join("complaint.txt"),
            complaint,
        )
        .unwrap();
    }
}

async fn no_socket_left(node: &Operations) -> Result<(), Option<u64>> {
    let asked = Instant::now();
    loop {
        match node.sockets_open().await {
            Some(0) => return Ok(()),
            open if asked.elapsed() > LEFT_WITHIN => return Err(open),
            _ => sleep(Duration::from_millis(200)).await,
        }
    }
}

async fn show_progress(books: Arc<Books>) {
    let mut ticks = interval(Duration::from_secs(10));
    loop {
        ticks.tick().await;
        let ((begun, settled), pages) = (books.progress(), books.pages());
        let (faults, broken) = (pages.faults.values().sum::<u64>(), pages.violations.len());
        drop(pages);
        let at = books.elapsed().as_secs();
        eprintln!(
            "{at:>5} s: {begun} logins begun, {settled} settled, {faults} faults, {broken} promises broken"
        );
    }
}
