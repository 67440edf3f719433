//! What is owed to whom, what came, and when: the oracle of a chaos run.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use saoma_load::ledger::Ledger;
use saoma_protocol::LoginId;

use super::scene::PATIENCE;
use super::store::Shape;

/// An accepted confirm that its browser will never be told of, as excused.
pub(super) const CONFIRM_LOST: &str = "accepted confirms lost, and the browser ended";

/// Violations whose timelines are printed.
const SHOWN: usize = 3;

/// How much later than the store said it somebody may hear of what it wrote: as long as anybody waits for an answer.
const HEARD_LATER: Duration = PATIENCE;

/// Shared by all who take part in a run.
pub(super) struct Books {
    started: Instant,
    pages: Mutex<Pages>,
}

#[derive(Default)]
pub(super) struct Pages {
    pub(super) ledger: Ledger,
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    pub(super) faults: BTreeMap<&'static str, u64>,
    /// The longest time from an accepted confirm to its delivery.
    pub(super) longest: Duration,
    pub(super) lost_connections: u64,
    pub(super) lost_answers: u64,
    /// What no log may hold.
    pub(super) secrets: HashSet<String>,
    /// What a failover lost, and whoever was concerned was told what to do.
    pub(super) excused: BTreeMap<&'static str, u64>,
    pub(super) violations: Vec<(Option<usize>, String)>,
    /// When the store took writes that it may have lost.
    unsure: Vec<(Instant, Instant)>,
    ended: HashSet<usize>,
    timelines: Vec<Vec<(Duration, String)>>,
    fault_line: Vec<(Duration, String)>,
}

impl Books {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            pages: Mutex::default(),
        }
    }

    pub(super) fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap()
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// A new visit's number.
    pub(super) fn begin(&self) -> usize {
        let mut pages = self.pages();
        pages.timelines.push(Vec::new());
        pages.timelines.len() - 1
    }

    /// Something has happened on a visit.
    pub(super) fn note(&self, visit: usize, what: String) {
        let at = self.elapsed();
        self.pages().timelines[visit].push((at, what));
    }

    /// A promise was broken.
    pub(super) fn violated(&self, visit: usize, what: String) {
        self.note(visit, format!("VIOLATED: {what}"));
        self.pages().violations.push((Some(visit), what));
    }

    /// A promise was broken that is owed to no single visit.
    pub(super) fn violated_by_all(&self, what: String) {
        self.pages().violations.push((None, what));
    }

    /// A fault begins.
    pub(super) fn fault(&self, kind: &'static str, what: String) {
        let at = self.elapsed();
        let mut pages = self.pages();
        *pages.faults.entry(kind).or_default() += 1;
        pages.fault_line.push((at, what));
    }

    /// What the store writes between these moments may be lost.
    pub(super) fn unsure(&self, from: Instant, until: Instant) {
        self.pages().unsure.push((from, until));
    }

    /// From now on nothing is lost any more.
    pub(super) fn sure_again(&self) {
        if let Some((_, until)) = self.pages().unsure.last_mut() {
            *until = Instant::now();
        }
    }

    /// Whether what somebody heard at this moment may have been lost; if so, it is noted as excused.
    pub(super) fn excuses(
        &self,
        visit: usize,
        what: &'static str,
        heard_at: Option<Instant>,
    ) -> bool {
        let mut pages = self.pages();
        let is_in = |(from, until): &(Instant, Instant)| {
            heard_at.is_some_and(|at| (*from..*until + HEARD_LATER).contains(&at))
        };
        let is_excused = pages.unsure.iter().any(is_in);
        if is_excused {
            *pages.excused.entry(what).or_default() += 1;
            drop(pages);
            self.note(visit, format!("excused: {what}"));
        }
        is_excused
    }

    /// A visit has come to its end.
    pub(super) fn settled(&self, visit: usize, outcome: &'static str) {
        let mut pages = self.pages();
        *pages.outcomes.entry(outcome).or_default() += 1;
        pages.ended.insert(visit);
    }

    /// Visits that have begun and not come to their end.
    pub(super) fn unsettled(&self) -> Vec<usize> {
        let pages = self.pages();
        (0..pages.timelines.len())
            .filter(|visit| !pages.ended.contains(visit))
            .collect()
    }

    /// Visits so far, and those that have come to their end.
    pub(super) fn progress(&self) -> (usize, u64) {
        let pages = self.pages();
        (pages.timelines.len(), pages.outcomes.values().sum())
    }

    /// Every promise that was broken, the first with all that happened to their logins and around them.
    pub(super) fn complaint(&self) -> Option<String> {
        let pages = self.pages();
        let mut text = String::new();
        let balance = pages.ledger.balance();
        let lost = balance.lost
            - pages
                .excused
                .get(CONFIRM_LOST)
                .copied()
                .unwrap_or_default()
                .min(balance.lost);
        if balance.duplicate + lost + balance.wrong_browser > 0 {
            writeln!(text, "the ledger is not clean: {balance:?}").unwrap();
        }
        for (visit, what) in &pages.violations {
            let of = visit.map_or_else(String::new, |visit| format!("login {visit}: "));
            writeln!(text, "{of}{what}").unwrap();
        }
        let mut broken: Vec<usize> = pages
            .violations
            .iter()
            .filter_map(|(visit, _)| *visit)
            .collect();
        broken.dedup();
        for visit in broken.into_iter().take(SHOWN) {
            writeln!(text, "\n--- login {visit}").unwrap();
            for (at, what) in pages.timeline(visit) {
                writeln!(text, "{:9.3}  {what}", at.as_secs_f64()).unwrap();
            }
        }
        (!text.is_empty()).then_some(text)
    }

    /// The run in figures.
    pub(super) fn table(&self, seed: u64, shape: Shape) -> String {
        let pages = self.pages();
        let balance = pages.ledger.balance();
        let mut text = format!(
            "seed {seed}, {shape:?}, {:.0} s\n",
            self.elapsed().as_secs_f64()
        );
        let rows = |text: &mut String, title: &str, rows: &BTreeMap<&'static str, u64>| {
            writeln!(text, "{title}").unwrap();
            rows.iter()
                .for_each(|(name, count)| writeln!(text, "  {name:<44} {count:>6}").unwrap());
        };
        rows(&mut text, "logins by outcome", &pages.outcomes);
        rows(&mut text, "faults by kind", &pages.faults);
        let met = BTreeMap::from([
            ("confirms accepted", balance.expected),
            ("of these delivered", balance.received),
            ("delivered twice", balance.duplicate),
            ("lost", balance.lost),
            ("to a wrong browser", balance.wrong_browser),
            ("connections that browsers lost", pages.lost_connections),
            ("answers that phones and portals lost", pages.lost_answers),
            ("promises broken", pages.violations.len() as u64),
        ]);
        rows(&mut text, "what they met", &met);
        rows(&mut text, "excused by failovers", &pages.excused);
        writeln!(
            text,
            "longest from confirm to delivery: {:.2} s",
            pages.longest.as_secs_f64()
        )
        .unwrap();
        text
    }
}

impl Pages {
    /// What happened to a login, among the faults of its time.
    fn timeline(&self, visit: usize) -> Vec<(Duration, String)> {
        let own = &self.timelines[visit];
        let (Some((first, _)), Some((last, _))) = (own.first(), own.last()) else {
            return Vec::new();
        };
        let around = *first..=*last + Duration::from_secs(1);
        let faults = self.fault_line.iter().filter(|(at, _)| around.contains(at));
        let faults = faults.map(|(at, what)| (*at, format!("            fault: {what}")));
        let mut all: Vec<_> = own.iter().cloned().chain(faults).collect();
        all.sort_by_key(|(at, _)| *at);
        all
    }

    /// Notes a text whose parts no log may hold.
    pub(super) fn secret(&mut self, text: &str) {
        // Codes and tokens name their login, which is no secret.
        let is_public = |word: &str| word.parse::<LoginId>().is_ok();
        self.secrets.extend(
            words(text)
                .filter(|word| word.len() >= 9 && !is_public(word))
                .map(str::to_owned),
        );
    }
}

/// The runs of characters of which codes, keys and tokens are made.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
}
