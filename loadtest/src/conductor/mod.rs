//! The conductor of a run: has workers open browsers and let people arrive, and watches the servers' processes meanwhile.

mod books;
mod crew;
mod parts;
pub mod processes;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use tokio::time::{Instant, timeout_at};

use self::books::Books;
use self::crew::Crew;
pub use self::crew::WORKER;
use self::processes::{Group, Meter, cpu_seconds, memory_bytes};
use crate::orders::{Order, Plan, Target, Tick, Word};
use crate::report::model::{
    self, Generator, Machine, Memory, MemoryPoint, Phase, Process, Rates, Second, Tool,
};
use crate::report::{Report, SCHEMA};
use crate::scenario::{Scenario, Step};
use crate::terminal::Snapshot;

/// How late a worker may be with an answer, beyond the time that its order takes.
const PATIENCE: Duration = Duration::from_secs(300);

/// A run that can be made.
#[derive(Debug, Clone)]
pub struct Run {
    /// The scenario's name.
    pub name: String,
    /// What is to happen.
    pub scenario: Scenario,
    /// What is put under load.
    pub target: Target,
    /// Processes that make the load.
    pub workers: u32,
    /// The servers' processes.
    pub groups: Vec<Group>,
    /// This program, of which workers are started.
    pub executable: PathBuf,
}

/// Whoever looks at a run while it goes on.
pub trait Watcher {
    /// Another part of the run has begun.
    fn phase(&mut self, name: &str);
    /// A second is over, and the run stands so.
    fn second(&mut self, snapshot: &Snapshot);
}

/// Why the figures of a run do not count.
#[derive(Debug, thiserror::Error)]
enum Void {
    #[error("worker {0} ended before the run did")]
    WorkerEnded(u32),
    #[error("a worker did not carry out an order within {0:?}")]
    Silence(Duration),
    #[error("it was broken off")]
    BrokenOff,
    #[error("a worker cannot be spoken to: {0:#}")]
    Unheard(anyhow::Error),
}

struct Conductor<'a> {
    run: &'a Run,
    crew: Crew,
    books: Books,
    meter: Meter,
    series: Vec<Second>,
    phases: Vec<Phase>,
    /// How long the last of them is to take, in seconds, where that is known.
    length: Option<f64>,
    processes: Vec<Process>,
    points: Vec<MemoryPoint>,
    after_churn_ratio: Option<f64>,
    began: Instant,
    watcher: &'a mut dyn Watcher,
}

impl Run {
    /// Makes the run, until it is over or `stop` comes, and says what it came to.
    ///
    /// # Errors
    /// The workers cannot be started.
    pub async fn conduct(
        &self,
        watcher: &mut dyn Watcher,
        stop: impl Future<Output = ()>,
    ) -> anyhow::Result<Report> {
        ensure!(self.workers > 0, "there must be at least one worker");
        for group in &self.groups {
            ensure!(
                group.cpu_seconds().is_some(),
                "there is no process of {}: {:?}",
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
        let process = |group: &Group| Process {
            name: group.name.clone(),
            pids: group.pids.clone(),
            cpu_seconds: group.cpu_seconds().unwrap_or_default(),
            pss_bytes_start: group.pss_bytes().unwrap_or_default(),
            ..Process::default()
        };
        let mut conductor = Conductor {
            crew: Crew::start(&self.executable, (0..self.workers).map(plan).collect()).await?,
            run: self,
            books: Books::new(self.workers),
            processes: self.groups.iter().map(process).collect(),
            meter: Meter::new(self.groups.clone()),
            series: Vec::new(),
            phases: Vec::new(),
            length: None,
            points: Vec::new(),
            after_churn_ratio: None,
            began,
            watcher,
        };
        let voided = tokio::select! {
            done = conductor.parts() => done.err(),
            () = stop => Some(Void::BrokenOff),
        };
        Ok(conductor.report(started_at, voided))
    }
}

impl Conductor<'_> {
    /// Has an order carried out by all workers.
    async fn carry_out(
        &mut self,
        within: Duration,
        order: impl Fn(u32) -> Order,
    ) -> Result<(), Void> {
        let is_last = matches!(order(0), Order::End);
        self.crew.order(order).await.map_err(Void::Unheard)?;
        let deadline = Instant::now() + within + PATIENCE;
        let (mut missing, mut ended) = (self.run.workers, 0);
        while missing > 0 {
            let heard = timeout_at(deadline, self.crew.hear()).await;
            let (worker, word) = heard.map_err(|_| Void::Silence(within + PATIENCE))?;
            match word {
                Some(Word::Done) => missing -= 1,
                Some(Word::Second(tick)) => self.tick(worker, tick)?,
                // Who has done the last of all ends; who has not breaks the number of those who have.
                None if is_last => ended += 1,
                None => return Err(Void::WorkerEnded(worker)),
            }
            if ended + missing > self.run.workers {
                return Err(Void::WorkerEnded(worker));
            }
        }
        Ok(())
    }

    /// Lets time pass.
    async fn pause(&mut self, seconds: f64) -> Result<(), Void> {
        let end = Instant::now() + Duration::from_secs_f64(seconds);
        while let Ok((worker, word)) = timeout_at(end, self.crew.hear()).await {
            match word {
                Some(Word::Second(tick)) => self.tick(worker, tick)?,
                Some(Word::Done) => {}
                None => return Err(Void::WorkerEnded(worker)),
            }
        }
        Ok(())
    }

    fn tick(&mut self, worker: u32, tick: Tick) -> Result<(), Void> {
        for mut second in self.books.tick(worker, tick).map_err(Void::Unheard)? {
            second.processes = self.meter.read();
            let snapshot = self.snapshot(second.clone());
            self.watcher.second(&snapshot);
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
            latencies: self.books.percentiles(),
            ledger: self.books.ledger(),
            generator: Generator {
                lateness: self.books.lateness(),
                dropped: self.books.dropped,
                cpu_seconds: self.books.cpu_seconds(),
                voided: None,
            },
            failures: self.books.failures(),
        }
    }

    fn report(mut self, started_at: u64, voided: Option<Void>) -> Report {
        let run = self.run;
        for (process, group) in self.processes.iter_mut().zip(self.meter.groups()) {
            process.cpu_seconds = group
                .cpu_seconds()
                .map_or(0.0, |now| now - process.cpu_seconds);
            process.pss_bytes_end = group.pss_bytes().unwrap_or_default();
        }
        let lateness = self.books.lateness();
        let late = lateness.p99 > run.scenario.tolerated_lateness * 1000.0;
        let voided = voided.map(|void| void.to_string()).or_else(|| {
            let dropped = self.books.dropped;
            (dropped > 0)
                .then(|| format!("{dropped} arrivals were dropped: too many were under way"))
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
            latencies: self.books.latencies(),
            series: self.series,
            ledger: self.books.ledger(),
            generator: Generator {
                lateness,
                dropped: self.books.dropped,
                cpu_seconds: self.books.cpu_seconds()
                    + cpu_seconds(std::process::id()).unwrap_or_default(),
                voided,
            },
            processes: self.processes,
            memory: (!self.points.is_empty())
                .then(|| Memory::new(self.points, self.after_churn_ratio)),
            failures: self.books.failures(),
            counts: self.books.counts(),
            phases: self.phases,
            thresholds: Vec::new(),
        }
    }
}

/// What was achieved each second, over the parts of the run in which it was asked for.
fn rates(phases: &[Phase]) -> Rates {
    let of = |names: &[&str]| {
        let parts = phases
            .iter()
            .filter(|phase| names.contains(&phase.name.as_str()));
        let (done, seconds) = parts.fold((0, 0.0), |sum, phase| {
            (sum.0 + phase.done, sum.1 + phase.seconds)
        });
        (done > 0 && seconds > 0.0).then(|| done as f64 / seconds)
    };
    Rates {
        opens_per_second: of(&[parts::OPEN]),
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
