//! Runs of a coordinator and its workers against a gateway in this process.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use saoma_gateway::{Gateway, Settings};
use saoma_load::report::Report;
use tempfile::TempDir;

use crate::redis::RedisServer;

/// A scenario with every kind of phase and behaviour that a single run can have.
const EVERYTHING: &str = r#"
failover = true
think_time = 0.1
behaviours = { login = 2, cancel = 1, reject = 1, refresh = 1, slow = 1 }

[[phases]]
kind = "open"
settle = 0

[[phases]]
kind = "churn"
settle = 0

[[phases]]
kind = "reconnect"

[[phases]]
kind = "arrivals"
redeem = true
"#;

struct World {
    directory: TempDir,
    nodes: Vec<Gateway>,
}

impl World {
    async fn start() -> Self {
        Self::start_on("memory:", 1).await
    }

    /// Starts several nodes on a store.
    async fn start_on(store: &str, count: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name);
        std::fs::write(file("signing.pem"), saoma_gateway::generate_pem().unwrap()).unwrap();
        // The gateway refuses a key that others can read.
        let owner_only = std::fs::Permissions::from_mode(0o600);
        std::fs::write(file("cluster.secret"), saoma_gateway::generate_secret()).unwrap();
        for name in ["signing.pem", "cluster.secret"] {
            std::fs::set_permissions(file(name), owner_only.clone()).unwrap();
        }
        saoma_load::deployment::make(directory.path(), store, false).unwrap();
        // Few persons, because each token takes time to sign.
        let deployment = std::fs::read_to_string(file("deployment.toml")).unwrap();
        std::fs::write(
            file("deployment.toml"),
            deployment.replace("persons = 1000", "persons = 20"),
        )
        .unwrap();
        let mut settings =
            Settings::from_toml(&std::fs::read_to_string(file("gateway.toml")).unwrap()).unwrap();
        settings.server.listen = "127.0.0.1:0".parse().unwrap();
        settings.operations.listen = "127.0.0.1:0".parse().unwrap();
        let mut nodes = Vec::new();
        for _ in 0..count {
            nodes.push(Gateway::start(settings.clone()).await.unwrap());
        }
        Self { directory, nodes }
    }

    /// Builds the command of a run, with more arguments.
    fn command(&self, scenario: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saoma-load"));
        command.args(["run", scenario]);
        for node in &self.nodes {
            command
                .arg("--target")
                .arg(format!("http://{}", node.address()));
        }
        command
            .arg("--deployment")
            .arg(self.directory.path().join("deployment.toml"));
        // Other tests on the same machine make a generator late.
        command
            .arg("--json")
            .arg(self.result())
            .args(["--set", "tolerated_lateness=60"])
            .args(more);
        command
    }

    async fn run(&self, scenario: &str, more: &[&str]) -> (Output, Report) {
        let mut command = self.command(scenario, more);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        let report = read(&self.result()).unwrap_or_else(|| panic!("{output:?}"));
        (output, report)
    }

    fn result(&self) -> PathBuf {
        self.directory.path().join("result.json")
    }
}

fn read(file: &Path) -> Option<Report> {
    serde_json::from_str(&std::fs::read_to_string(file).ok()?).ok()
}

fn count(report: &Report, kind: &str) -> u64 {
    report
        .latencies
        .iter()
        .find(|latency| latency.name == kind)
        .map_or(0, |latency| latency.percentiles.count)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_logins_of_a_run_and_their_counts_are_summed() {
    let world = World::start().await;
    let here = format!("gateway={}", std::process::id());
    let size = [
        "--workers",
        "2",
        "--browsers",
        "21",
        "--rate",
        "100",
        "--duration",
        "1",
        "--set",
        "open.settle=0",
    ];
    let (output, report) = world
        .run("login", &[&size[..], &["--pid", &here]].concat())
        .await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        (
            report.ledger.expected,
            report.ledger.received,
            report.workers
        ),
        (100, 100, 2)
    );
    let kinds = ["scan", "confirm", "push", "redeem", "login"];
    assert_eq!(kinds.map(|kind| count(&report, kind)), [100; 5]);
    assert_eq!(
        count(&report, "open"),
        121,
        "another browser opens after each completed login"
    );
    assert_eq!(
        report.series.iter().map(|second| second.done).sum::<u64>(),
        100
    );
    assert!(
        report.processes[0]
            .cpu_ms_per_1000_logins
            .is_some_and(|cost| cost > 0.0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_lose_no_login_between_two_nodes_and_report_their_cost() {
    let redis = RedisServer::start();
    let world = World::start_on(&redis.url(), 2).await;
    let here = format!("gateway={}", std::process::id());
    let size = [
        "--workers",
        "2",
        "--browsers",
        "41",
        "--rate",
        "100",
        "--set",
        "open.settle=0",
        "--set",
        "scan.rate=200",
    ];
    let thresholds = [
        "gateway.cpu_ms_per_1000_confirms>0",
        "gateway.cpu_ms_per_1000_redeems<0",
    ];
    let thresholds = thresholds
        .map(|threshold| ["--threshold", threshold])
        .concat();
    let (output, report) = world
        .run(
            "steps",
            &[&size[..], &thresholds, &["--pid", &here]].concat(),
        )
        .await;
    let ledger = report.ledger;
    assert_eq!(
        (ledger.expected, ledger.received, ledger.is_clean()),
        (41, 41, true),
        "{output:?}"
    );
    let phases: Vec<_> = report
        .phases
        .iter()
        .map(|phase| (phase.name.as_str(), phase.done))
        .collect();
    assert_eq!(
        phases,
        [("open", 41), ("scan", 41), ("confirm", 41), ("redeem", 41)]
    );
    for phase in &report.phases {
        assert!(
            phase.processes["gateway"]
                .cpu_ms_per_1000
                .is_some_and(|cost| cost > 0.0),
            "{phase:?}"
        );
    }
    assert_eq!(
        ["open", "scan", "confirm", "push", "redeem"].map(|kind| count(&report, kind)),
        [41; 5]
    );
    let kept: Vec<_> = report
        .thresholds
        .iter()
        .map(|outcome| outcome.passed)
        .collect();
    assert_eq!((kept, output.status.code()), (vec![true, false], Some(4)));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_behaviours_end_well_and_browsers_resume_after_lost_sockets() {
    let world = World::start().await;
    let scenario = world.directory.path().join("everything.toml");
    std::fs::write(&scenario, EVERYTHING).unwrap();
    let size = ["--browsers", "20", "--rate", "60", "--duration", "1"];
    let (output, report) = world.run(scenario.to_str().unwrap(), &size).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(report.ledger.expected, 40, "two in three confirm");
    assert_eq!(
        ["cancel", "reject", "refresh", "resume"].map(|kind| count(&report, kind)),
        [10, 10, 10, 20]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_is_flooded_while_honest_users_log_in() {
    let redis = RedisServer::start();
    let world = World::start_on(&redis.url(), 2).await;
    let size = ["--browsers", "20", "--rate", "20", "--duration", "3"];
    // Other tests on the same machine make logins slow.
    let thresholds = ["--set", "thresholds=[\"abuse.login_p99_ratio<=0.001\"]"];
    let (output, report) = world.run("abuse", &[&size[..], &thresholds].concat()).await;
    assert_eq!(report.ledger.failed, 0, "{output:?}");
    let effect = report.effect_of_abuse().unwrap();
    assert_eq!(effect.refused, 0);
    assert_eq!(
        ["login", "login under abuse"].map(|kind| count(&report, kind)),
        [60, 60]
    );
    let doors = [
        "open", "post", "poll", "refresh", "token", "scan", "guess", "confirm", "redeem",
        "userinfo",
    ];
    for door in doors {
        let begins = format!("flood, {door}: ");
        let outcomes: Vec<_> = report
            .counts
            .iter()
            .filter(|counted| counted.what.starts_with(&begins))
            .collect();
        let answered = |what: &str| !what.contains("no answer") && !what.contains("not sent");
        assert!(
            outcomes.iter().any(|counted| answered(&counted.what)),
            "{door}: {outcomes:?}"
        );
    }
    let missed = output.status.code();
    assert_eq!(missed, Some(4), "a missed threshold: {output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_over_its_concurrency_limit_is_void() {
    let world = World::start().await;
    let size = ["--browsers", "1", "--rate", "300", "--duration", "0.2"];
    let set = ["--set", "in_flight=1", "--set", "open.settle=0"];
    let (output, report) = world.run("login", &[&size[..], &set].concat()).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(report.generator.dropped > 0);
    assert!(report.generator.voided.unwrap().contains("dropped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_loses_a_worker_is_void() {
    let world = World::start().await;
    let mut command = world.command("hold", &["--browsers", "5", "--duration", "600"]);
    let mut coordinator = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut progress = BufReader::new(coordinator.stderr.take().unwrap());
    // The first line appears once the workers have started.
    progress.read_line(&mut String::new()).unwrap();
    let children =
        std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", coordinator.id())).unwrap();
    let kill = format!("kill -KILL {}", children.trim());
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
    let status = coordinator.wait().unwrap();
    assert_eq!(status.code(), Some(3));
    let report = read(&world.result()).unwrap();
    assert!(
        report
            .generator
            .voided
            .is_some_and(|reason| reason.contains("worker 0"))
    );
}
