//! The oracle of a chaos run: it records requests, deliveries and faults, and reports invariant
//! violations.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use saoma_load::ledger::Ledger;
use saoma_protocol::LoginId;

use super::run_context::ANSWER_TIMEOUT;
use super::stalls::{RECOVERED_WITHIN, Stalls};
use super::store::Shape;

/// Excuse for an accepted confirm that its browser never receives.
pub(super) const CONFIRM_LOST: &str = "accepted confirms lost, and the browser ended";

/// Maximum number of violated logins that are printed with their timelines.
const MAX_TIMELINES: usize = 3;

/// Time before the longest stall of which the faults are shown.
const NEAR: Duration = Duration::from_secs(15);

/// Maximum delay from the store's write to its answer: a client waits no longer.
const ANSWER_DELAY: Duration = ANSWER_TIMEOUT;

/// The oracle, shared by all tasks of a run.
pub(super) struct Oracle {
    started: Instant,
    /// The nodes do not wait for replicas, so that a failover may lose what was answered.
    may_excuse: bool,
    state: Mutex<OracleState>,
}

#[derive(Default)]
pub(super) struct OracleState {
    pub(super) ledger: Ledger,
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    pub(super) faults: BTreeMap<&'static str, u64>,
    /// The longest time from an accepted confirm to its delivery.
    pub(super) longest: Duration,
    pub(super) lost_connections: u64,
    pub(super) lost_answers: u64,
    /// Words that no log may contain.
    pub(super) secrets: HashSet<String>,
    /// Losses by failovers that the clients were told to repeat.
    pub(super) excused: BTreeMap<&'static str, u64>,
    pub(super) stalls: Stalls,
    pub(super) violations: Vec<(Option<usize>, String)>,
    /// Times at which the store accepted writes that it may have lost.
    loss_windows: Vec<(Instant, Instant)>,
    ended: HashSet<usize>,
    timelines: Vec<Vec<(Duration, String)>>,
    fault_timeline: Vec<(Duration, String)>,
}

impl Oracle {
    pub(super) fn new(may_excuse: bool) -> Self {
        Self {
            started: Instant::now(),
            may_excuse,
            state: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, OracleState> {
        self.state.lock().unwrap()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Begins a flow and returns its number.
    pub(super) fn begin(&self) -> usize {
        let mut state = self.state();
        state.timelines.push(Vec::new());
        state.timelines.len() - 1
    }

    /// Appends an event to the timeline of a flow.
    pub(super) fn note(&self, flow: usize, what: String) {
        let at = self.elapsed();
        self.state().timelines[flow].push((at, what));
    }

    /// Records an invariant violation in a flow.
    pub(super) fn violation(&self, flow: usize, what: String) {
        eprintln!("{:>5} s: login {flow}: {what}", self.elapsed().as_secs());
        self.note(flow, format!("VIOLATED: {what}"));
        self.state().violations.push((Some(flow), what));
    }

    /// Records an invariant violation that concerns the whole run.
    pub(super) fn run_violation(&self, what: String) {
        eprintln!("{:>5} s: {what}", self.elapsed().as_secs());
        self.state().violations.push((None, what));
    }

    /// Records the start of a fault.
    pub(super) fn fault(&self, kind: &'static str, what: String) {
        let at = self.elapsed();
        let mut state = self.state();
        *state.faults.entry(kind).or_default() += 1;
        state.fault_timeline.push((at, what));
    }

    /// Opens a loss window: writes in it may be lost.
    pub(super) fn open_loss_window(&self, from: Instant, until: Instant) {
        self.state().loss_windows.push((from, until));
    }

    /// Closes the last loss window now.
    pub(super) fn close_loss_window(&self) {
        if let Some((_, until)) = self.state().loss_windows.last_mut() {
            *until = Instant::now();
        }
    }

    /// Returns true, and counts an excuse, if the write answered at `heard_at` lies in a loss
    /// window. A run whose nodes wait for the replicas excuses nothing.
    pub(super) fn excuses(
        &self,
        flow: usize,
        what: &'static str,
        heard_at: Option<Instant>,
    ) -> bool {
        if !self.may_excuse {
            return false;
        }
        let mut state = self.state();
        let is_in = |(from, until): &(Instant, Instant)| {
            from < until && heard_at.is_some_and(|at| (*from..*until + ANSWER_DELAY).contains(&at))
        };
        let is_excused = state.loss_windows.iter().any(is_in);
        if is_excused {
            *state.excused.entry(what).or_default() += 1;
            drop(state);
            self.note(flow, format!("excused: {what}"));
        }
        is_excused
    }

    /// Records the outcome of a flow.
    pub(super) fn settled(&self, flow: usize, outcome: &'static str) {
        let mut state = self.state();
        *state.outcomes.entry(outcome).or_default() += 1;
        state.ended.insert(flow);
    }

    /// Flows without an outcome.
    pub(super) fn unsettled(&self) -> Vec<usize> {
        let state = self.state();
        (0..state.timelines.len())
            .filter(|flow| !state.ended.contains(flow))
            .collect()
    }

    /// Number of flows begun, and of flows settled.
    pub(super) fn progress(&self) -> (usize, u64) {
        let state = self.state();
        (state.timelines.len(), state.outcomes.values().sum())
    }

    /// Returns all violations, the first ones with the timelines of their logins, or `None` for a
    /// clean run.
    pub(super) fn violation_report(&self) -> Option<String> {
        let state = self.state();
        let mut text = String::new();
        let balance = state.ledger.balance();
        let lost = balance.lost
            - state
                .excused
                .get(CONFIRM_LOST)
                .copied()
                .unwrap_or_default()
                .min(balance.lost);
        if balance.duplicate + lost + balance.wrong_browser > 0 {
            writeln!(text, "the ledger is not clean: {balance:?}").unwrap();
        }
        let recovery = state.stalls.slowest_recovery().unwrap_or_default();
        let stall = state.stalls.longest_untilted().max(recovery);
        if stall > RECOVERED_WITHIN {
            writeln!(
                text,
                "{stall:?} without a step, beside the time in which Sentinels did nothing"
            )
            .unwrap();
        }
        for (flow, what) in &state.violations {
            let of = flow.map_or_else(String::new, |flow| format!("login {flow}: "));
            writeln!(text, "{of}{what}").unwrap();
        }
        let mut broken: Vec<usize> = state
            .violations
            .iter()
            .filter_map(|(flow, _)| *flow)
            .collect();
        broken.dedup();
        for flow in broken.into_iter().take(MAX_TIMELINES) {
            writeln!(text, "\n--- login {flow}").unwrap();
            for (at, what) in state.timeline(flow) {
                writeln!(text, "{:9.3}  {what}", at.as_secs_f64()).unwrap();
            }
        }
        (!text.is_empty()).then_some(text)
    }

    /// Returns the figures of the run as text.
    pub(super) fn summary(&self, seed: u64, shape: Shape) -> String {
        let state = self.state();
        let balance = state.ledger.balance();
        let mut text = format!(
            "seed {seed}, {shape:?}, {:.0} s\n",
            self.elapsed().as_secs_f64()
        );
        let rows = |text: &mut String, title: &str, rows: &BTreeMap<&'static str, u64>| {
            writeln!(text, "{title}").unwrap();
            rows.iter()
                .for_each(|(name, count)| writeln!(text, "  {name:<44} {count:>6}").unwrap());
        };
        rows(&mut text, "logins by outcome", &state.outcomes);
        rows(&mut text, "faults by kind", &state.faults);
        let met = BTreeMap::from([
            ("confirms accepted", balance.expected),
            ("of these delivered", balance.received),
            ("delivered twice", balance.duplicate),
            ("lost", balance.lost),
            ("to a wrong browser", balance.wrong_browser),
            ("connections that browsers lost", state.lost_connections),
            ("answers that phones and portals lost", state.lost_answers),
            ("violations", state.violations.len() as u64),
        ]);
        rows(&mut text, "deliveries and losses", &met);
        if self.may_excuse {
            rows(&mut text, "excused by failovers", &state.excused);
        }
        let (stall, from) = state.stalls.longest();
        let from = from.map_or(Duration::ZERO, |from| from - self.started);
        writeln!(
            text,
            "longest time without a step: {:.2} s, from {:.0} s on; tasks waited for a processor in {:.2} s of it",
            stall.as_secs_f64(),
            from.as_secs_f64(),
            state.stalls.longest_starved().as_secs_f64()
        )
        .unwrap();
        for (at, what) in &state.fault_timeline {
            let is_near = *at + NEAR > from && *at < from + stall;
            if is_near && !what.starts_with("link") {
                writeln!(text, "  {:9.3}  {what}", at.as_secs_f64()).unwrap();
            }
        }
        let tilted = state.stalls.tilted();
        if !tilted.is_zero() {
            writeln!(
                text,
                "Sentinels in tilt mode: {:.2} s; longest time without a step beside it: {:.2} s",
                tilted.as_secs_f64(),
                state.stalls.longest_untilted().as_secs_f64()
            )
            .unwrap();
        }
        if let Some(recovery) = state.stalls.slowest_recovery() {
            writeln!(
                text,
                "longest from the death of a master to the next step: {:.2} s",
                recovery.as_secs_f64()
            )
            .unwrap();
        }
        writeln!(
            text,
            "longest from confirm to delivery: {:.2} s",
            state.longest.as_secs_f64()
        )
        .unwrap();
        text
    }
}

impl OracleState {
    /// Returns the events of a flow, merged with the faults of its time.
    fn timeline(&self, flow: usize) -> Vec<(Duration, String)> {
        let own = &self.timelines[flow];
        let (Some((first, _)), Some((last, _))) = (own.first(), own.last()) else {
            return Vec::new();
        };
        let around = *first..=*last + Duration::from_secs(1);
        let faults = self
            .fault_timeline
            .iter()
            .filter(|(at, _)| around.contains(at));
        let faults = faults.map(|(at, what)| (*at, format!("            fault: {what}")));
        let mut all: Vec<_> = own.iter().cloned().chain(faults).collect();
        all.sort_by_key(|(at, _)| *at);
        all
    }

    /// Records a text that no log may contain, word by word.
    pub(super) fn secret(&mut self, text: &str) {
        // Codes and tokens contain the login id, which is not secret.
        let is_public = |word: &str| word.parse::<LoginId>().is_ok();
        self.secrets.extend(
            words(text)
                .filter(|word| word.len() >= 9 && !is_public(word))
                .map(str::to_owned),
        );
    }
}

/// Splits a text into runs of the characters of codes, keys and tokens.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
}
