//! The phases of a run, one after the other.

use std::time::Duration;

use super::processes::{ProcessGroup, kernel_bytes};
use super::{Coordinator, Void, micros_since_1970};
use crate::messages::Command;
use crate::ramp::Ramp;
use crate::report::abuse::UNDER_ABUSE;
use crate::report::model::{MemoryPoint, Phase as PhaseReport, PhaseProcess};
use crate::scenario::{Abuse, Open, Phase, Step};

/// Time for workers to receive a command before the moment at which all of them start it.
const LEAD_TIME: Duration = Duration::from_millis(200);

/// Name of the phase in which browsers open.
pub(super) const OPEN: &str = "open";

/// Pause after arrivals, in seconds: the workers report their last second, and the servers become idle.
const AFTER_ARRIVALS: f64 = 1.1;

/// Pause after a reconnection, in seconds.
const AFTER_RECONNECT: f64 = 1.0;

/// Rate at which browsers are assumed to open and leave at least, for time limits.
const SLOWEST_RATE: f64 = 100.0;

/// Process group whose memory after a churn is compared.
const GATEWAY: &str = "gateway";

/// Start of a phase, with the processor time of each process group until then.
struct PhaseStart {
    at: f64,
    cpu: Vec<f64>,
}

/// Length of a phase, with the processor time of each process group in it.
struct PhaseCost {
    seconds: f64,
    cpu: Vec<f64>,
}

/// Arrivals of a phase.
struct ArrivalPhase {
    name: &'static str,
    step: Step,
    ramp: Ramp,
    redeem: bool,
    abuse: Option<Abuse>,
}

impl Coordinator<'_> {
    pub(super) async fn run_phases(&mut self) -> Result<(), Void> {
        let (run, mut browsers) = (self.run, 0);
        for phase in &run.scenario.phases {
            match phase {
                Phase::Open(open) => {
                    self.open(open, browsers).await?;
                    browsers = open.browsers;
                    self.pause(open.settle).await?;
                    self.measure_memory(browsers);
                }
                Phase::Hold(hold) => self.hold(browsers, hold.duration).await?,
                Phase::Churn(churn) => self.churn(browsers, churn.settle).await?,
                Phase::Reconnect(reconnect) => {
                    for _ in 0..reconnect.times {
                        self.reconnect(browsers, reconnect.over).await?;
                    }
                }
                Phase::Arrivals(arrivals) => {
                    let name = if arrivals.abuse.is_some() {
                        UNDER_ABUSE
                    } else {
                        Step::Whole.name()
                    };
                    self.arrive(ArrivalPhase {
                        name,
                        step: Step::Whole,
                        ramp: arrivals.ramp(),
                        redeem: arrivals.redeem,
                        abuse: arrivals.abuse,
                    })
                    .await?;
                }
                Phase::Scan(_) | Phase::Confirm(_) | Phase::Redeem(_) => {
                    if let Some((step, phase)) = phase.step() {
                        self.arrive(ArrivalPhase {
                            name: step.name(),
                            step,
                            ramp: phase.ramp(browsers),
                            redeem: false,
                            abuse: None,
                        })
                        .await?;
                    }
                }
            }
        }
        self.carry_out(Duration::ZERO, |_| Command::Stop).await
    }

    fn begin(&mut self, name: &str) -> PhaseStart {
        let began = self.began.elapsed().as_secs_f64();
        self.observer.phase(name);
        self.phases.push(PhaseReport {
            name: name.to_owned(),
            began,
            ..PhaseReport::default()
        });
        self.length = None;
        PhaseStart {
            at: began,
            cpu: self.monitor.cpu(),
        }
    }

    fn end(&mut self, start: &PhaseStart, done: u64) {
        let cost = self.cost_since(start);
        self.record_cost(&cost, done);
    }

    fn cost_since(&self, start: &PhaseStart) -> PhaseCost {
        let cpu = self
            .monitor
            .cpu()
            .into_iter()
            .zip(&start.cpu)
            .map(|(after, before)| (after - before).max(0.0));
        PhaseCost {
            seconds: self.began.elapsed().as_secs_f64() - start.at,
            cpu: cpu.collect(),
        }
    }

    fn record_cost(&mut self, cost: &PhaseCost, done: u64) {
        let Some(phase) = self.phases.last_mut() else {
            return;
        };
        phase.seconds = cost.seconds;
        phase.done = done;
        for (group, &cpu_seconds) in self.monitor.groups().iter().zip(&cost.cpu) {
            let cpu_ms_per_1000 = (done > 0).then(|| cpu_seconds * 1e6 / done as f64);
            phase.processes.insert(
                group.name.clone(),
                PhaseProcess {
                    cpu_seconds,
                    cpu_ms_per_1000,
                },
            );
        }
    }

    /// Opens browsers in addition to those that wait `before`.
    async fn open(&mut self, open: &Open, before: u64) -> Result<(), Void> {
        let start = self.begin(OPEN);
        self.open_browsers(open.browsers, open.rate).await?;
        self.end(&start, open.browsers.saturating_sub(before));
        Ok(())
    }

    async fn open_browsers(&mut self, browsers: u64, rate: f64) -> Result<(), Void> {
        let workers = self.run.workers;
        let slowest = if rate > 0.0 { rate } else { SLOWEST_RATE };
        let command = |worker| Command::Open {
            browsers: share(browsers, worker, workers),
            rate: rate / f64::from(workers),
        };
        self.carry_out(Duration::from_secs_f64(browsers as f64 / slowest), command)
            .await
    }

    /// Reads the memory of all process groups while `sockets` wait.
    fn measure_memory(&mut self, sockets: u64) {
        let groups = self.monitor.groups().iter();
        let pss_bytes = groups.filter_map(|group| Some((group.name.clone(), group.pss_bytes()?)));
        let point = MemoryPoint {
            sockets,
            pss_bytes: pss_bytes.collect(),
            kernel_bytes: kernel_bytes(),
        };
        self.points.push(point);
    }

    /// Measures the processor time that waiting takes.
    async fn hold(&mut self, browsers: u64, seconds: f64) -> Result<(), Void> {
        let start = self.begin("hold");
        self.length = Some(seconds);
        self.pause(seconds).await?;
        let cost = self.cost_since(&start);
        for (process, used) in self.processes.iter_mut().zip(&cost.cpu) {
            process.cpu_us_per_socket_second = Some(used * 1e6 / (browsers as f64 * seconds));
        }
        self.record_cost(&cost, 0);
        Ok(())
    }

    /// Ends all browsers and opens as many again.
    async fn churn(&mut self, browsers: u64, settle: f64) -> Result<(), Void> {
        let before = self.gateway_bytes();
        let start = self.begin("leave");
        self.carry_out(
            Duration::from_secs_f64(browsers as f64 / SLOWEST_RATE),
            |_| Command::Leave,
        )
        .await?;
        self.end(&start, browsers);
        self.pause(settle).await?;
        let start = self.begin("open again");
        self.open_browsers(browsers, 0.0).await?;
        self.end(&start, browsers);
        self.pause(settle).await?;
        let after = self.gateway_bytes();
        self.after_churn_ratio = before
            .zip(after)
            .map(|(before, after)| after as f64 / before as f64);
        Ok(())
    }

    async fn reconnect(&mut self, browsers: u64, over: f64) -> Result<(), Void> {
        let start = self.begin("reconnect");
        self.carry_out(Duration::from_secs_f64(over), |_| Command::Reconnect {
            over,
        })
        .await?;
        self.end(&start, browsers);
        self.pause(AFTER_RECONNECT).await
    }

    /// Memory of the gateway, or of the first named process group if none is called so.
    fn gateway_bytes(&self) -> Option<u64> {
        let groups = self.monitor.groups();
        groups
            .iter()
            .find(|group| group.name == GATEWAY)
            .or(groups.first())
            .and_then(ProcessGroup::pss_bytes)
    }

    /// Runs arrivals. The pause before the next phase belongs to neither.
    async fn arrive(&mut self, phase: ArrivalPhase) -> Result<(), Void> {
        let ArrivalPhase {
            name,
            step,
            ramp,
            redeem,
            abuse,
        } = phase;
        let start = self.begin(name);
        self.length = Some(ramp.seconds);
        let before = self.aggregator.completed();
        let failed_before = self.aggregator.ledger().failed;
        let at = micros_since_1970() + u64::try_from(LEAD_TIME.as_micros()).unwrap_or_default();
        self.carry_out(Duration::from_secs_f64(ramp.seconds), |_| Command::Arrive {
            step,
            ramp,
            redeem,
            abuse,
            at,
        })
        .await?;
        let mut cost = self.cost_since(&start);
        cost.seconds -= LEAD_TIME.as_secs_f64();
        self.pause(AFTER_ARRIVALS).await?;
        let done = self.aggregator.completed() - before;
        if step == Step::Whole && abuse.is_none() && done > 0 {
            for (process, used) in self.processes.iter_mut().zip(&cost.cpu) {
                process.cpu_ms_per_1000_logins = Some(used * 1e6 / done as f64);
            }
        }
        self.record_cost(&cost, done);
        if let Some(phase) = self.phases.last_mut() {
            phase.failed = self.aggregator.ledger().failed - failed_before;
        }
        Ok(())
    }
}

/// Returns one worker's share of a number.
fn share(all: u64, worker: u32, workers: u32) -> u64 {
    let (worker, workers) = (u64::from(worker), u64::from(workers.max(1)));
    all / workers + u64::from(worker < all % workers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up() {
        for (all, workers) in [(10, 3), (2, 4), (60_000, 4), (0, 2)] {
            assert_eq!(
                (0..workers)
                    .map(|worker| share(all, worker, workers))
                    .sum::<u64>(),
                all
            );
        }
    }
}
