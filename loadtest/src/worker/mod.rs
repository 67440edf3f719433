//! A worker: a process of the generator, which carries out the conductor's orders and says what came of them.
//!
//! One thread is enough for it, and leaves the processors to the server; more workers make more load.

mod abuse;
mod connection_pool;
mod plain;
mod site;
mod steps;
mod tally;
mod turn;
mod visitor;

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
use self::site::{Signal, Site};
use crate::open_model::{Arrival, PreciseClock, Room, arrive_at};
use crate::orders::{LATENESS, Order, Target, Word};
use crate::pacing::Stage;
use crate::scenario::{Abuse, Step};

/// Browsers that connect at the same time where no rate is asked for: enough to be quick, few enough for any backlog.
const OPENING_AT_ONCE: u32 = 64;

/// How often is looked whether all browsers have done what they were told.
const LOOK: Duration = Duration::from_millis(5);

/// Carries out what standard input says, until it ends.
///
/// # Errors
/// An order cannot be understood, or the machine gives no thread.
pub fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(serve());
    // Standard input may still be waited for.
    runtime.shutdown_background();
    result
}

async fn serve() -> anyhow::Result<()> {
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    let mut next = async || -> anyhow::Result<Option<Order>> {
        let line = orders.next_line().await?;
        line.map(|line| serde_json::from_str(&line).context("an order cannot be understood"))
            .transpose()
    };
    let Some(Order::Begin(plan)) = next().await? else {
        bail!("a worker is started by a run")
    };
    let began = instant_of(plan.began);
    let site = Arc::new(Site::new(*plan)?);
    let publisher = match &site.plan.target {
        Target::Plain { publish, .. } => {
            let target =
                Url::parse(&publish.replace("{id}", "0")).context("--publish is no URL")?;
            Some(Arc::new(ConnectionPool::new(
                &target,
                None,
                DEFAULT_TIMEOUT,
            )?))
        }
        Target::Gateway { .. } => None,
    };
    let mut worker = Worker {
        site: Arc::clone(&site),
        publisher,
        clock: PreciseClock::start()?,
        seats: 0,
    };
    tokio::spawn(tell_each_second(Arc::clone(&site), began));
    while let Some(order) = next().await? {
        match order {
            Order::Begin(_) => bail!("a worker begins once"),
            Order::Open { browsers, rate } => worker.open(browsers, rate).await,
            Order::Arrive {
                step,
                stage,
                abuse,
                at,
            } => worker.arrive(step, stage, abuse, instant_of(at)).await?,
            Order::Reconnect { over } => worker.reconnect(over).await,
            Order::Leave => worker.leave().await,
            Order::End => {
                say(&Word::Second(site.tally.tick(began.elapsed().as_secs())));
                say(&Word::Done);
                return Ok(());
            }
        }
        say(&Word::Done);
    }
    Ok(())
}

struct Worker {
    site: Arc<Site>,
    publisher: Option<Arc<ConnectionPool>>,
    clock: PreciseClock,
    /// Browsers that were asked for so far.
    seats: u64,
}

impl Worker {
    async fn open(&mut self, browsers: u64, rate: f64) {
        let missing = browsers.saturating_sub(self.seats);
        let (first, site) = (self.seats, Arc::clone(&self.site));
        self.seats = self.seats.max(browsers);
        let seats = first..first + missing;
        let room = if rate > 0.0 {
            let room = self.site.room.clone();
            let moments = Stage::steady(rate, missing as f64 / rate).moments();
            let (publisher, tally) = (self.publisher.clone(), &site.tally);
            arrive_at(
                &mut self.clock,
                Instant::now(),
                seats.zip(moments),
                &room,
                |arrival| match arrival {
                    Some((arrival, late)) => {
                        tally.measured(LATENESS, late);
                        seat(&site, publisher.as_ref(), arrival);
                    }
                    None => tally.dropped(),
                },
            )
            .await;
            room
        } else {
            let room = Room::new(OPENING_AT_ONCE);
            for number in seats {
                let Some(arrival) = room.next(number).await else {
                    break;
                };
                seat(&site, self.publisher.as_ref(), arrival);
            }
            room
        };
        if timeout(self.site.patience() * 2, room.empty())
            .await
            .is_err()
        {
            self.site.tally.failed("a browser did not open");
        }
    }

    async fn arrive(
        &mut self,
        step: Step,
        stage: Stage,
        abuse: Option<Abuse>,
        at: Instant,
    ) -> anyhow::Result<()> {
        let site = &self.site;
        site.flooded.store(abuse.is_some(), Ordering::Relaxed);
        let moments = stage.share(site.plan.worker, site.plan.workers);
        let coming = arrive_at(
            &mut self.clock,
            at,
            moments,
            &site.room,
            |arrival| match arrival {
                Some((arrival, late)) => {
                    site.tally.arrived(late);
                    site.arrive(step, arrival);
                }
                None => site.tally.dropped(),
            },
        );
        let flooding = async {
            match abuse {
                Some(abuse) => flood(site, abuse, at, stage.seconds).await,
                None => Ok(()),
            }
        };
        let ((), flooded) = tokio::join!(coming, flooding);
        if timeout(site.patience() * 2, site.room.empty())
            .await
            .is_err()
        {
            let alone = site.send_away();
            (0..alone).for_each(|_| site.tally.failed("no browser was waiting"));
            (0..site.room.under_way())
                .for_each(|_| site.tally.failed("a login did not come to an end"));
        }
        site.flooded.store(false, Ordering::Relaxed);
        flooded
    }

    async fn reconnect(&self, over: f64) {
        let site = &self.site;
        site.returned.store(0, Ordering::Relaxed);
        let over = Duration::from_secs_f64(over);
        // Whoever is told late is not to lose the time of being told.
        site.signals.send_replace(Signal::Reconnect(
            Instant::now() + Duration::from_millis(100),
            over,
        ));
        let back = || site.returned.load(Ordering::Relaxed) >= site.living.load(Ordering::Relaxed);
        if !become_so(site.patience() * 2 + over, back).await {
            site.tally.failed("browsers did not all come back");
        }
        site.signals.send_replace(Signal::Wait);
    }

    async fn leave(&mut self) {
        let site = &self.site;
        site.signals.send_replace(Signal::Leave);
        if !become_so(site.patience() * 2, || {
            site.living.load(Ordering::Relaxed) == 0
        })
        .await
        {
            site.tally.failed("browsers did not all leave");
        }
        site.signals.send_replace(Signal::Wait);
        self.seats = 0;
    }
}

fn seat(site: &Arc<Site>, publisher: Option<&Arc<ConnectionPool>>, arrival: Arrival) {
    site.living.fetch_add(1, Ordering::Relaxed);
    let (site, seat) = (Arc::clone(site), arrival.number);
    match publisher {
        Some(publisher) => drop(tokio::spawn(plain::subscribe(
            site,
            Arc::clone(publisher),
            seat,
            arrival,
        ))),
        None => drop(tokio::spawn(visitor::occupy(site, seat, arrival))),
    }
}

async fn become_so(patience: Duration, is_so: impl Fn() -> bool) -> bool {
    let waiting = async {
        while !is_so() {
            sleep(LOOK).await;
        }
    };
    timeout(patience, waiting).await.is_ok()
}

async fn tell_each_second(site: Arc<Site>, began: Instant) {
    for number in 0.. {
        sleep_until(began + Duration::from_secs(number + 1)).await;
        say(&Word::Second(site.tally.tick(number)));
    }
}

/// Says something to the conductor. Without one there is nothing left to do.
fn say(word: &Word) {
    let line = serde_json::to_string(word).unwrap_or_default() + "\n";
    let mut output = std::io::stdout().lock();
    if output
        .write_all(line.as_bytes())
        .and_then(|()| output.flush())
        .is_err()
    {
        std::process::exit(1);
    }
}

/// A moment given in microseconds since 1970, on this process's clock.
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
