//! The parts of a run, one after the other.

use std::time::Duration;

use super::processes::{Group, kernel_bytes};
use super::{Conductor, Void, micros_since_1970};
use crate::orders::Order;
use crate::pacing::Stage;
use crate::report::model::{MemoryPoint, Phase, PhaseProcess};
use crate::scenario::{Abuse, Step};

/// How long workers have to hear of an order before the moment at which all of them begin it.
const BEFORE_ARRIVALS: Duration = Duration::from_millis(200);

/// The part of a run in which browsers come.
pub(super) const OPEN: &str = "open";
/// What passes after people have come: the last of them are told of with the next second, and servers come to rest.
const AFTER_ARRIVALS: f64 = 1.1;

/// The processes whose memory after churn is compared.
const GATEWAY: &str = "gateway";

/// The beginning of a part, and the processor time of each group until then.
struct Begun {
    at: f64,
    cpu: Vec<f64>,
}

/// What a part took, and the processor time of each group.
struct Used {
    seconds: f64,
    cpu: Vec<f64>,
}

impl Conductor<'_> {
    pub(super) async fn parts(&mut self) -> Result<(), Void> {
        let scenario = &self.run.scenario;
        let one = [scenario.browsers];
        let sizes = if scenario.sizes.is_empty() {
            &one[..]
        } else {
            &scenario.sizes
        };
        for size in sizes {
            self.open(*size).await?;
            self.pause(scenario.settle).await?;
            self.measure(*size);
        }
        if scenario.idle > 0.0 {
            self.idle(scenario.largest(), scenario.idle).await?;
        }
        if scenario.churn {
            self.churn(scenario.largest(), scenario.settle).await?;
        }
        for _ in 0..scenario.reconnects {
            let over = scenario.reconnect_over;
            let begun = self.begin("reconnect");
            self.carry_out(Duration::from_secs_f64(over), |_| Order::Reconnect { over })
                .await?;
            self.end(&begun, scenario.largest());
            self.pause(1.0).await?;
        }
        for (step, stage) in scenario.arrivals() {
            self.arrive(step.name(), step, stage, None).await?;
            if let Some(abuse) = scenario.abuse {
                self.arrive("arrivals under abuse", step, stage, Some(abuse))
                    .await?;
            }
        }
        self.carry_out(Duration::ZERO, |_| Order::End).await
    }

    fn begin(&mut self, name: &str) -> Begun {
        let began = self.began.elapsed().as_secs_f64();
        self.watcher.phase(name);
        self.phases.push(Phase {
            name: name.to_owned(),
            began,
            ..Phase::default()
        });
        self.length = None;
        Begun {
            at: began,
            cpu: self.meter.cpu(),
        }
    }

    fn end(&mut self, begun: &Begun, done: u64) {
        let used = self.used_since(begun);
        self.took(&used, done);
    }

    fn used_since(&self, begun: &Begun) -> Used {
        let cpu = self
            .meter
            .cpu()
            .into_iter()
            .zip(&begun.cpu)
            .map(|(after, before)| (after - before).max(0.0));
        Used {
            seconds: self.began.elapsed().as_secs_f64() - begun.at,
            cpu: cpu.collect(),
        }
    }

    fn took(&mut self, used: &Used, done: u64) {
        let Some(phase) = self.phases.last_mut() else {
            return;
        };
        phase.seconds = used.seconds;
        phase.done = done;
        for (group, &cpu_seconds) in self.meter.groups().iter().zip(&used.cpu) {
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

    /// Lets so many browsers wait.
    async fn open(&mut self, browsers: u64) -> Result<(), Void> {
        let workers = self.run.workers;
        let before = self.points.last().map_or(0, |point| point.sockets);
        let rate = self.run.scenario.open_rate / f64::from(workers);
        let begun = self.begin(OPEN);
        let takes = if rate > 0.0 {
            browsers as f64 / rate
        } else {
            browsers as f64 / 100.0
        };
        let order = |worker| Order::Open {
            browsers: share(browsers, worker, workers),
            rate,
        };
        self.carry_out(Duration::from_secs_f64(takes), order)
            .await?;
        self.end(&begun, browsers.saturating_sub(before));
        Ok(())
    }

    /// Reads the memory of all while `sockets` wait.
    fn measure(&mut self, sockets: u64) {
        let groups = self.meter.groups().iter();
        let pss_bytes = groups.filter_map(|group| Some((group.name.clone(), group.pss_bytes()?)));
        let point = MemoryPoint {
            sockets,
            pss_bytes: pss_bytes.collect(),
            kernel_bytes: kernel_bytes(),
        };
        self.points.push(point);
    }

    /// All wait, and processor time is what waiting costs.
    async fn idle(&mut self, browsers: u64, seconds: f64) -> Result<(), Void> {
        let begun = self.begin("idle");
        self.length = Some(seconds);
        self.pause(seconds).await?;
        let used = self.used_since(&begun);
        for (process, used) in self.processes.iter_mut().zip(&used.cpu) {
            process.cpu_us_per_socket_second = Some(used * 1e6 / (browsers as f64 * seconds));
        }
        self.took(&used, 0);
        Ok(())
    }

    /// All give up and open again.
    async fn churn(&mut self, browsers: u64, settle: f64) -> Result<(), Void> {
        let before = self.gateway_bytes();
        let begun = self.begin("leave");
        self.carry_out(Duration::from_secs_f64(browsers as f64 / 100.0), |_| {
            Order::Leave
        })
        .await?;
        self.end(&begun, browsers);
        self.pause(settle).await?;
        let workers = self.run.workers;
        let begun = self.begin("open again");
        let order = |worker| Order::Open {
            browsers: share(browsers, worker, workers),
            rate: 0.0,
        };
        self.carry_out(Duration::from_secs_f64(browsers as f64 / 100.0), order)
            .await?;
        self.end(&begun, browsers);
        self.pause(settle).await?;
        let after = self.gateway_bytes();
        self.after_churn_ratio = before
            .zip(after)
            .map(|(before, after)| after as f64 / before as f64);
        Ok(())
    }

    /// Memory of the gateway, or of whatever was named first.
    fn gateway_bytes(&self) -> Option<u64> {
        let groups = self.meter.groups();
        groups
            .iter()
            .find(|group| group.name == GATEWAY)
            .or(groups.first())
            .and_then(Group::pss_bytes)
    }

    /// People come. What passes before the next part counts for none.
    async fn arrive(
        &mut self,
        name: &str,
        step: Step,
        stage: Stage,
        abuse: Option<Abuse>,
    ) -> Result<(), Void> {
        let begun = self.begin(name);
        self.length = Some(stage.seconds);
        let done = self.books.done;
        let at =
            micros_since_1970() + u64::try_from(BEFORE_ARRIVALS.as_micros()).unwrap_or_default();
        self.carry_out(Duration::from_secs_f64(stage.seconds), |_| Order::Arrive {
            step,
            stage,
            abuse,
            at,
        })
        .await?;
        let mut used = self.used_since(&begun);
        used.seconds -= BEFORE_ARRIVALS.as_secs_f64();
        self.pause(AFTER_ARRIVALS).await?;
        let done = self.books.done - done;
        if step == Step::Whole && abuse.is_none() && done > 0 {
            for (process, used) in self.processes.iter_mut().zip(&used.cpu) {
                process.cpu_ms_per_1000_logins = Some(used * 1e6 / done as f64);
            }
        }
        self.took(&used, done);
        Ok(())
    }
}

/// A worker's part of so many.
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
