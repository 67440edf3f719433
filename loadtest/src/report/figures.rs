//! The figures of a report by name, for thresholds and comparisons.
//!
//! A name is `GROUP.MEMBER`. Groups are the kinds of latency, `lateness`, `ledger`, `generator`, `rates`, `abuse`, `memory`, and the names of
//! processes; `kernel` is one for `bytes_per_socket`. Members of `rates` may stand alone.

use super::model::{Percentiles, Report};

/// Unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Events per second.
    PerSecond,
    /// Plain count.
    Count,
    /// Ratio.
    Ratio,
}

/// Better direction of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Describes the run and not the gateway.
    Neither,
}

/// Members of a class of groups, in their order of display.
pub type Members = &'static [(&'static str, Unit, Better)];

/// Figures of a kind of latency, and of the generator's lateness.
pub const PERCENTILES: Members = &[
    ("count", Unit::Count, Better::Neither),
    ("mean", Unit::Milliseconds, Better::Lower),
    ("p50", Unit::Milliseconds, Better::Lower),
    ("p90", Unit::Milliseconds, Better::Lower),
    ("p99", Unit::Milliseconds, Better::Lower),
    ("p99_9", Unit::Milliseconds, Better::Lower),
    ("p99_99", Unit::Milliseconds, Better::Lower),
    ("max", Unit::Milliseconds, Better::Lower),
];

/// Figures of the ledger.
pub const LEDGER: Members = &[
    ("expected", Unit::Count, Better::Neither),
    ("received", Unit::Count, Better::Neither),
    ("duplicate", Unit::Count, Better::Lower),
    ("lost", Unit::Count, Better::Lower),
    ("wrong_browser", Unit::Count, Better::Lower),
    ("failed", Unit::Count, Better::Lower),
];

/// Figures of the generator.
pub const GENERATOR: Members = &[
    ("dropped", Unit::Count, Better::Neither),
    ("cpu_seconds", Unit::Seconds, Better::Neither),
];

/// Achieved rates.
pub const RATES: Members = &[
    ("opens_per_second", Unit::PerSecond, Better::Higher),
    ("logins_per_second", Unit::PerSecond, Better::Higher),
];

/// Figures of honest users during abuse.
pub const ABUSE: Members = &[
    ("refused", Unit::Count, Better::Lower),
    ("login_p99_ratio", Unit::Ratio, Better::Lower),
    ("open_p99_ratio", Unit::Ratio, Better::Lower),
];

/// Figures of memory as a whole.
pub const MEMORY: Members = &[("after_churn_ratio", Unit::Ratio, Better::Lower)];

/// Figures of the processes of one name.
pub const PROCESS: Members = &[
    ("cpu_seconds", Unit::Seconds, Better::Lower),
    ("pss_bytes_start", Unit::Bytes, Better::Neither),
    ("pss_bytes_end", Unit::Bytes, Better::Lower),
    ("cpu_ms_per_1000_logins", Unit::Milliseconds, Better::Lower),
    (
        "cpu_us_per_socket_second",
        Unit::Microseconds,
        Better::Lower,
    ),
    ("cpu_ms_per_1000_opens", Unit::Milliseconds, Better::Lower),
    ("cpu_ms_per_1000_scans", Unit::Milliseconds, Better::Lower),
    (
        "cpu_ms_per_1000_confirms",
        Unit::Milliseconds,
        Better::Lower,
    ),
    ("cpu_ms_per_1000_redeems", Unit::Milliseconds, Better::Lower),
    ("bytes_per_socket", Unit::Bytes, Better::Lower),
];

/// Phases with a figure of their own for processor time, in the order of [`PROCESS`].
const STEPS: [&str; 4] = ["open", "scan", "confirm", "redeem"];

/// Minimum number of measurements beyond a percentile for it to be steady.
const STEADY: f64 = 10.0;

/// One figure of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Name.
    pub name: String,
    /// Unit.
    pub unit: Unit,
    /// Better direction.
    pub better: Better,
    /// True if enough measurements support the figure for another run to give much the same.
    pub steady: bool,
    /// Value in its unit.
    pub value: f64,
}

impl Report {
    /// Returns every figure that this run measured.
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = Vec::new();
        let mut group = |name: &str, members: Members, values: &[Option<f64>]| {
            for (&(member, unit, better), value) in members.iter().zip(values) {
                let Some(value) = *value else { continue };
                figures.push(Figure {
                    name: format!("{name}.{member}"),
                    unit,
                    better,
                    steady: true,
                    value,
                });
            }
        };
        for latency in &self.latencies {
            group(
                &latency.name,
                PERCENTILES,
                &percentiles(&latency.percentiles),
            );
        }
        group(
            "lateness",
            PERCENTILES,
            &percentiles(&self.generator.lateness),
        );
        let ledger = self.ledger;
        let counts = [
            ledger.expected,
            ledger.received,
            ledger.duplicate,
            ledger.lost,
            ledger.wrong_browser,
            ledger.failed,
        ];
        group("ledger", LEDGER, &counts.map(|count| Some(count as f64)));
        group(
            "generator",
            GENERATOR,
            &[
                Some(self.generator.dropped as f64),
                Some(self.generator.cpu_seconds),
            ],
        );
        group(
            "rates",
            RATES,
            &[self.rates.opens_per_second, self.rates.logins_per_second],
        );
        if let Some(effect) = self.effect_of_abuse() {
            let refused = Some(effect.refused as f64);
            group(
                "abuse",
                ABUSE,
                &[refused, effect.login_p99_ratio, effect.open_p99_ratio],
            );
        }
        group(
            "memory",
            MEMORY,
            &[self
                .memory
                .as_ref()
                .and_then(|memory| memory.after_churn_ratio)],
        );
        let slopes = self.memory.iter().flat_map(|memory| &memory.slopes);
        for process in &self.processes {
            let values = [
                Some(process.cpu_seconds),
                Some(process.pss_bytes_start as f64),
                Some(process.pss_bytes_end as f64),
                process.cpu_ms_per_1000_logins,
                process.cpu_us_per_socket_second,
            ];
            let steps = STEPS.map(|step| {
                self.step(step)
                    .and_then(|step| step.cpu_ms_per_1000(&process.name))
            });
            group(&process.name, PROCESS, &[&values[..], &steps].concat());
        }
        for (name, slope) in slopes {
            group(
                name,
                &PROCESS[PROCESS.len() - 1..],
                &[Some(slope.bytes_per_socket)],
            );
        }
        self.mark_unsteady(&mut figures);
        figures
    }

    /// Returns the figure of this name.
    pub fn figure(&self, name: &str) -> Option<Figure> {
        self.figures()
            .into_iter()
            .find(|figure| figure.name == name)
    }

    /// The maximum depends on chance, and so does a percentile with few measurements beyond it. The generator's own
    /// lateness says nothing about the gateway.
    fn mark_unsteady(&self, figures: &mut [Figure]) {
        for figure in figures {
            let Some((group, member)) = figure.name.split_once('.') else {
                continue;
            };
            let beyond = match member {
                "p90" => 0.1,
                "p99" => 0.01,
                "p99_9" => 0.001,
                "p99_99" => 0.000_1,
                "max" => 0.0,
                _ => 0.5,
            };
            if let Some(latency) = self.latencies.iter().find(|latency| latency.name == group) {
                figure.steady = latency.percentiles.count as f64 * beyond >= STEADY;
            } else if group == "lateness" {
                figure.better = Better::Neither;
            }
        }
    }
}

/// In the order of [`PERCENTILES`].
fn percentiles(p: &Percentiles) -> [Option<f64>; 8] {
    [
        p.count as f64,
        p.mean,
        p.p50,
        p.p90,
        p.p99,
        p.p99_9,
        p.p99_99,
        p.max,
    ]
    .map(Some)
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample;

    #[test]
    fn figures_have_names_of_their_own() {
        let figures = sample().figures();
        let mut names: Vec<_> = figures.iter().map(|figure| figure.name.as_str()).collect();
        assert!(names.len() > 60, "{names:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), figures.len());
    }

    #[test]
    fn a_percentile_is_steady_when_ten_measurements_lie_beyond_it() {
        let mut report = sample();
        let mut steady = |count, member: &str| {
            report.latencies[0].percentiles.count = count;
            let name = format!("{}.{member}", report.latencies[0].name);
            report.figure(&name).unwrap().steady
        };
        assert!(steady(1000, "p99") && !steady(999, "p99"));
        assert!(!steady(1_000_000, "max"));
    }
}
