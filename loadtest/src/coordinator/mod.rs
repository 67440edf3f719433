//! The coordinator of a run: has workers open browsers and run arrivals, and watches the servers' processes meanwhile.

mod aggregator;
mod phases;
pub mod processes;
pub(crate) mod snapshot;
mod worker_pool;

pub use self::snapshot::Snapshot;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use tokio::time::{Instant, timeout_at};

use self::aggregator::Aggregator;
use self::processes::{Monitor, ProcessGroup, cpu_seconds, memory_bytes};
pub use self::worker_pool::WORKER;
use self::worker_pool::WorkerPool;
use crate::messages::{Command, Event, Plan, Target, WorkerSecond};
use crate::report::model::{
    self, Generator, Machine, Memory, MemoryPoint, Phase, Process, Rates, Second, Tool,
};
use crate::report::{Report, SCHEMA};
use crate::scenario::{Scenario, Step};

/// Time limit of a worker's answer, in addition to the time that its command takes.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(300);

/// A run to be made.
#[derive(Debug, Clone)]
pub struct Run {
    /// Name of the scenario.
    pub name: String,
    /// Scenario.
    pub scenario: Scenario,
    /// Server under load.
    pub target: Target,
    /// Number of worker processes.
    pub workers: u32,
    /// Processes of the servers.
    pub groups: Vec<ProcessGroup>,
    /// This program's file, from which workers are started.
    pub executable: PathBuf,
}

/// An observer of a run's progress.
pub trait Observer {
    /// Called when a phase begins.
    fn phase(&mut self, name: &str);
    /// Called after each second.
    fn second(&mut self, snapshot: &Snapshot);
}

/// Reason to void the figures of a run.
#[derive(Debug, thiserror::Error)]
enum Void {
    #[error("worker {0} ended before the run did")]
    WorkerEnded(u32),
    #[error("a worker did not carry out a command within {0:?}")]
    Timeout(Duration),
    #[error("the run was ended early")]
    Stopped,
    #[error("no communication with a worker: {0:#}")]
    Worker(anyhow::Error),
}

struct Coordinator<'a> {
    run: &'a Run,
    workers: WorkerPool,
    aggregator: Aggregator,
    monitor: Monitor,
    series: Vec<Second>,
    phases: Vec<Phase>,
    /// Intended length of the current phase in seconds, if it is known.
    length: Option<f64>,
    processes: Vec<Process>,
    points: Vec<MemoryPoint>,
    after_churn_ratio: Option<f64>,
    began: Instant,
    observer: &'a mut dyn Observer,
}

impl Run {
    /// Makes the run until its end or until `stop` completes.
    ///
    /// # Errors
    /// Returns an error if a watched process does not exist or a worker cannot be started.
    pub async fn execute(
        &self,
        observer: &mut dyn Observer,
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<Report> {
        ensure!(self.workers > 0, "there must be at least one worker");
        for group in &self.groups {
            ensure!(
                group.cpu_seconds().is_some(),
                "--pid {}: no such process among {:?}",
                group.name,
                group.pids
            );
        }
        let started_at = micros_since_1970();
        let plan = |worker| Plan {
            worker,
            workers: self.workers,
            began: started_at,
            scenario: self.scenario.clone(),
            target: self.target.clone(),
        };
        let began = Instant::now();
        let process = |group: &ProcessGroup| Process {
            name: group.name.clone(),
            pids: group.pids.clone(),
            cpu_seconds: group.cpu_seconds().unwrap_or_default(),
            pss_bytes_start: group.pss_bytes().unwrap_or_default(),
            ..Process::default()
        };
        let mut coordinator = Coordinator {
            workers: WorkerPool::start(&self.executable, (0..self.workers).map(plan).collect())
                .await?,
            run: self,
            aggregator: Aggregator::new(self.workers),
            processes: self.groups.iter().map(process).collect(),
            monitor: Monitor::new(self.groups.clone()),
            series: Vec::new(),
            phases: Vec::new(),
            length: None,
            points: Vec::new(),
            after_churn_ratio: None,
            began,
            observer,
        };
        let voided = tokio::select! {
            done = coordinator.run_phases() => done.err(),
            () = stop => Some(Void::Stopped),
        };
        Ok(coordinator.report(started_at, voided))
    }
}

impl Coordinator<'_> {
    /// Sends a command to all workers and waits until each has carried it out.
    async fn carry_out(
        &mut self,
        within: Duration,
        command: impl Fn(u32) -> Command,
    ) -> Result<(), Void> {
        let is_last = matches!(command(0), Command::Stop);
        self.workers.send(command).await.map_err(Void::Worker)?;
        let deadline = Instant::now() + within + ANSWER_TIMEOUT;
        let (mut missing, mut ended) = (self.run.workers, 0);
        while missing > 0 {
            let received = timeout_at(deadline, self.workers.next_event()).await;
            let (worker, event) = received.map_err(|_| Void::Timeout(within + ANSWER_TIMEOUT))?;
            match event {
                Some(Event::Done { completed }) => {
                    self.aggregator.set_completed(worker, completed);
                    missing -= 1;
                }
                Some(Event::Second(second)) => self.add_second(worker, second)?,
                // A worker ends after its last command. One that ends before it is done makes the sum below too large.
                None if is_last => ended += 1,
                None => return Err(Void::WorkerEnded(worker)),
            }
            if ended + missing > self.run.workers {
                return Err(Void::WorkerEnded(worker));
            }
        }
        Ok(())
    }

    /// Waits, and receives the workers' seconds meanwhile.
    async fn pause(&mut self, seconds: f64) -> Result<(), Void> {
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        while let Ok((worker, event)) = timeout_at(end, self.workers.next_event()).await {
            match event {
                Some(Event::Second(second)) => self.add_second(worker, second)?,
                Some(Event::Done { .. }) => {}
                None => return Err(Void::WorkerEnded(worker)),
            }
        }
        Ok(())
    }

    fn add_second(&mut self, worker: u32, second: WorkerSecond) -> Result<(), Void> {
        for mut second in self.aggregator.add(worker, second).map_err(Void::Worker)? {
            second.processes = self.monitor.read();
            let snapshot = self.snapshot(second.clone());
            self.observer.second(&snapshot);
            self.series.push(second);
        }
        Ok(())
    }

    fn snapshot(&self, second: Second) -> Snapshot {
        let phase = self.phases.last().cloned().unwrap_or_default();
        let elapsed = (self.began.elapsed().as_secs_f64() - phase.began).max(0.0);
        Snapshot {
            scenario: self.run.name.clone(),
            phase: phase.name,
            elapsed: Duration::from_secs_f64(elapsed),
            length: self.length.map(Duration::from_secs_f64),
            second,
            latencies: self.aggregator.percentiles(),
            ledger: self.aggregator.ledger(),
            generator: Generator {
                lateness: self.aggregator.lateness(),
                dropped: self.aggregator.dropped,
                cpu_seconds: self.aggregator.cpu_seconds(),
                voided: None,
            },
            failures: self.aggregator.failures(),
        }
    }

    fn report(mut self, started_at: u64, voided: Option<Void>) -> Report {
        let run = self.run;
        for (process, group) in self.processes.iter_mut().zip(self.monitor.groups()) {
            process.cpu_seconds = group
                .cpu_seconds()
                .map_or(0.0, |now| now - process.cpu_seconds);
            process.pss_bytes_end = group.pss_bytes().unwrap_or_default();
        }
        let lateness = self.aggregator.lateness();
        let late = lateness.p99 > run.scenario.tolerated_lateness * 1000.0;
        let voided = voided.map(|void| void.to_string()).or_else(|| {
            let dropped = self.aggregator.dropped;
            (dropped > 0)
                .then(|| format!("{dropped} arrivals were dropped: too many were in flight"))
        });
        let voided = voided.or_else(|| {
            late.then(|| format!("the generator was {:.0} ms late at p99", lateness.p99))
        });
        Report {
            schema: SCHEMA,
            tool: Tool {
                name: env!("CARGO_PKG_NAME").into(),
                version: env!("CARGO_PKG_VERSION").into(),
            },
            scenario: model::Scenario {
                name: run.name.clone(),
                settings: serde_json::to_value(&run.scenario).unwrap_or_default(),
            },
            started_at: started_at / 1_000_000,
            seconds: self.began.elapsed().as_secs_f64(),
            targets: run.target.addresses(),
            workers: run.workers,
            machine: machine(),
            rates: rates(&self.phases),
            latencies: self.aggregator.latencies(),
            series: self.series,
            ledger: self.aggregator.ledger(),
            generator: Generator {
                lateness,
                dropped: self.aggregator.dropped,
                cpu_seconds: self.aggregator.cpu_seconds()
                    + cpu_seconds(std::process::id()).unwrap_or_default(),
                voided,
            },
            processes: self.processes,
            memory: (!self.points.is_empty())
                .then(|| Memory::new(self.points, self.after_churn_ratio)),
            failures: self.aggregator.failures(),
            counts: self.aggregator.counts(),
            phases: self.phases,
            thresholds: Vec::new(),
        }
    }
}

/// Returns achieved rates over the phases that ask for them.
fn rates(run: &[Phase]) -> Rates {
    let of = |names: &[&str]| {
        let of_kind = run
            .iter()
            .filter(|phase| names.contains(&phase.name.as_str()));
        let (done, seconds) = of_kind.fold((0, 0.0), |sum, phase| {
            (sum.0 + phase.done, sum.1 + phase.seconds)
        });
        (done > 0 && seconds > 0.0).then(|| done as f64 / seconds)
    };
    Rates {
        opens_per_second: of(&[phases::OPEN]),
        logins_per_second: of(&[Step::Whole.name()]),
    }
}

fn machine() -> Machine {
    let cores = std::thread::available_parallelism()
        .map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(1));
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let os = format!("{} {}", std::env::consts::OS, release.trim());
    Machine {
        cores,
        memory_bytes: memory_bytes().unwrap_or_default(),
        os: os.trim().to_owned(),
    }
}

fn micros_since_1970() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
