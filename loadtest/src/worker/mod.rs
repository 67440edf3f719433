//! A worker process of the load generator. It carries out the coordinator's commands and reports each second.
//!
//! It runs on one thread, which leaves the other processors to the server. More workers make more load.

mod abuse;
mod connection_pool;
mod iteration;
mod plain;
mod recorder;
mod redirect;
mod state;
mod stepwise;
mod virtual_user;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use saoma_client::DEFAULT_TIMEOUT;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use url::Url;

use self::abuse::flood;
use self::connection_pool::ConnectionPool;
use self::state::{Signal, WorkerState};
use crate::messages::{Command, Event, LATENESS, Target};
use crate::open_model::{Arrival, ConcurrencyLimit, PreciseClock, schedule};
use crate::ramp::Ramp;
use crate::scenario::{Abuse, Step};

/// Browsers that connect at once without a rate: enough to be fast, and few enough for any listen backlog.
const MAX_CONNECTING: u32 = 64;

/// Interval between checks if all browsers have followed a signal.
const CHECK_INTERVAL: Duration = Duration::from_millis(5);

/// Time for all virtual users to receive a signal before they act on it.
const SIGNAL_LEAD: Duration = Duration::from_millis(100);

/// Carries out the commands on standard input until it ends.
///
/// # Errors
/// Returns an error if a command cannot be parsed or the machine does not start another thread.
pub fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(serve());
    // A blocking read of standard input may still be in progress.
    runtime.shutdown_background();
    result
}

async fn serve() -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut next = async || -> anyhow::Result<Option<Command>> {
        let line = lines.next_line().await?;
        line.map(|line| serde_json::from_str(&line).context("invalid command"))
            .transpose()
    };
    let Some(Command::Start(plan)) = next().await? else {
        bail!("a worker is started by `saoma-load run` only")
    };
    let began = instant_of(plan.began);
    let state = Arc::new(WorkerState::new(*plan)?);
    let publisher = match &state.plan.target {
        Target::Plain { publish, .. } => {
            let target =
                Url::parse(&publish.replace("{id}", "0")).context("--publish: invalid URL")?;
            Some(Arc::new(ConnectionPool::new(
                &target,
                None,
                DEFAULT_TIMEOUT,
            )?))
        }
        Target::Gateway { .. } => None,
    };
    let mut worker = Worker {
        state: Arc::clone(&state),
        publisher,
        clock: PreciseClock::start()?,
        slots: 0,
    };
    tokio::spawn(report_seconds(Arc::clone(&state), began));
    let done = || Event::Done {
        completed: state.recorder.completed(),
    };
    while let Some(command) = next().await? {
        match command {
            Command::Start(_) => bail!("a worker starts once"),
            Command::Open { browsers, rate } => worker.open(browsers, rate).await,
            Command::Arrive {
                step,
                ramp,
                redeem,
                abuse,
                at,
            } => {
                state.redeem.store(redeem, Ordering::Relaxed);
                worker.arrive(step, ramp, abuse, instant_of(at)).await?;
            }
            Command::Reconnect { over } => worker.reconnect(over).await,
            Command::Leave => worker.leave().await,
            Command::Stop => {
                let second = state.recorder.take_second(began.elapsed().as_secs());
                send(&Event::Second(second));
                send(&done());
                return Ok(());
            }
        }
        send(&done());
    }
    Ok(())
}

struct Worker {
    state: Arc<WorkerState>,
    publisher: Option<Arc<ConnectionPool>>,
    clock: PreciseClock,
    /// Number of slots opened so far.
    slots: u64,
}

impl Worker {
    async fn open(&mut self, browsers: u64, rate: f64) {
        let missing = browsers.saturating_sub(self.slots);
        let (first, state) = (self.slots, Arc::clone(&self.state));
        self.slots = self.slots.max(browsers);
        let slots = first..first + missing;
        let limit = if rate > 0.0 {
            let limit = self.state.limit.clone();
            let moments = Ramp::steady(rate, missing as f64 / rate).moments();
            let (publisher, recorder) = (self.publisher.clone(), &state.recorder);
            schedule(
                &mut self.clock,
                Instant::now(),
                slots.zip(moments),
                &limit,
                |arrival| match arrival {
                    Some((arrival, late)) => {
                        recorder.latency(LATENESS, late);
                        open_slot(&state, publisher.as_ref(), arrival);
                    }
                    None => recorder.dropped(),
                },
            )
            .await;
            limit
        } else {
            let limit = ConcurrencyLimit::new(MAX_CONNECTING);
            for slot in slots {
                let Some(arrival) = limit.next(slot).await else {
                    break;
                };
                open_slot(&state, self.publisher.as_ref(), arrival);
            }
            limit
        };
        if timeout(self.state.timeout() * 2, limit.drained())
            .await
            .is_err()
        {
            self.state.recorder.failed("a browser did not open");
        }
    }

    async fn arrive(
        &mut self,
        step: Step,
        ramp: Ramp,
        abuse: Option<Abuse>,
        at: Instant,
    ) -> anyhow::Result<()> {
        let state = &self.state;
        state.under_abuse.store(abuse.is_some(), Ordering::Relaxed);
        let moments = ramp.share(state.plan.worker, state.plan.workers);
        let arriving = schedule(
            &mut self.clock,
            at,
            moments,
            &state.limit,
            |arrival| match arrival {
                Some((arrival, late)) => {
                    state.recorder.arrived(late);
                    state.arrive(step, arrival);
                }
                None => state.recorder.dropped(),
            },
        );
        let flooding = async {
            match abuse {
                Some(abuse) => flood(state, abuse, at, ramp.seconds).await,
                None => Ok(()),
            }
        };
        let ((), flooded) = tokio::join!(arriving, flooding);
        if timeout(state.timeout() * 2, state.limit.drained())
            .await
            .is_err()
        {
            let unserved = state.drop_early_arrivals();
            (0..unserved).for_each(|_| state.recorder.failed("no browser was waiting"));
            (0..state.limit.in_flight())
                .for_each(|_| state.recorder.failed("a login did not come to an end"));
        }
        state.under_abuse.store(false, Ordering::Relaxed);
        flooded
    }

    async fn reconnect(&self, over: f64) {
        let state = &self.state;
        state.resumed.store(0, Ordering::Relaxed);
        let over = Duration::from_secs_f64(over);
        // Without the lead, a browser that is woken late would count its waking as latency.
        let at = Instant::now() + SIGNAL_LEAD;
        state.signals.send_replace(Signal::Reconnect(at, over));
        let all_resumed =
            || state.resumed.load(Ordering::Relaxed) >= state.active.load(Ordering::Relaxed);
        if !wait_until(state.timeout() * 2 + over, all_resumed).await {
            state.recorder.failed("browsers did not all resume");
        }
        state.signals.send_replace(Signal::Wait);
    }

    async fn leave(&mut self) {
        let state = &self.state;
        state.signals.send_replace(Signal::Leave);
        let all_left = || state.active.load(Ordering::Relaxed) == 0;
        if !wait_until(state.timeout() * 2, all_left).await {
            state.recorder.failed("browsers did not all leave");
        }
        state.signals.send_replace(Signal::Wait);
        self.slots = 0;
    }
}

/// Opens a slot, which is numbered by its arrival.
fn open_slot(state: &Arc<WorkerState>, publisher: Option<&Arc<ConnectionPool>>, first: Arrival) {
    state.active.fetch_add(1, Ordering::Relaxed);
    let (state, slot) = (Arc::clone(state), first.number);
    match publisher {
        Some(publisher) => drop(tokio::spawn(plain::run_slot(
            state,
            Arc::clone(publisher),
            slot,
            first,
        ))),
        None => drop(tokio::spawn(virtual_user::run_slot(state, slot, first))),
    }
}

/// Returns false if the condition does not hold in time.
async fn wait_until(limit: Duration, condition: impl Fn() -> bool) -> bool {
    let waiting = async {
        while !condition() {
            sleep(CHECK_INTERVAL).await;
        }
    };
    timeout(limit, waiting).await.is_ok()
}

async fn report_seconds(state: Arc<WorkerState>, began: Instant) {
    for number in 0.. {
        sleep_until(began + Duration::from_secs(number + 1)).await;
        send(&Event::Second(state.recorder.take_second(number)));
    }
}

/// Sends an event to the coordinator, or ends the process if the coordinator is gone.
fn send(event: &Event) {
    let line = serde_json::to_string(event).unwrap_or_default() + "\n";
    let mut output = std::io::stdout().lock();
    if output
        .write_all(line.as_bytes())
        .and_then(|()| output.flush())
        .is_err()
    {
        std::process::exit(1);
    }
}

/// Converts microseconds since 1970 to this process's clock.
fn instant_of(micros: u64) -> Instant {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let then = Duration::from_micros(micros);
    let instant = Instant::now();
    match then.checked_sub(now) {
        Some(ahead) => instant + ahead,
        None => instant.checked_sub(now - then).unwrap_or(instant),
    }
}
