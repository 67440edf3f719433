//! The plots of a report.

use super::super::figures::{PERCENTILES, Unit};
use super::super::format::{bytes, count, decimal, percentile, value};
use super::super::memory::KERNEL;
use super::super::model::{Latency, Memory, Report, Second};
use super::plot::{Curve, Plot, Table};
use super::scale::{Axis, Scale};

/// Maximum number of rows of a table by time; a longer run skips seconds.
const ROWS: usize = 120;

/// Colours and dashes in the page's styles.
const STYLES: usize = 8;

/// A reading from one second.
type Reading<'a> = &'a dyn Fn(&Second) -> Option<f64>;

impl Report {
    /// Plots the latencies by second, one plot per kind.
    pub(super) fn latency_plots(&self) -> Vec<Plot> {
        let measured = |name: &str| {
            self.series
                .iter()
                .any(|second| second.latencies.contains_key(name))
        };
        let kinds = self
            .latencies
            .iter()
            .filter(|latency| measured(&latency.name));
        let plots = kinds.map(|latency| {
            let name = latency.name.as_str();
            let last = |second: &Second| {
                second
                    .latencies
                    .get(name)
                    .copied()
                    .filter(|last| last.count > 0)
            };
            let readings: [(String, Reading<'_>); 3] = [
                ("p50".into(), &|second| Some(last(second)?.p50)),
                ("p99".into(), &|second| Some(last(second)?.p99)),
                ("max".into(), &|second| Some(last(second)?.max)),
            ];
            let (p50, p99) = (latency.percentiles.p50, latency.percentiles.p99);
            let summary = format!(
                "Over the whole run the median was {} ms, p99 {} ms and the maximum {} ms.",
                decimal(p50),
                decimal(p99),
                decimal(latency.percentiles.max)
            );
            self.by_time(
                format!("{name}: latency by second"),
                summary,
                ("ms", Scale::Log),
                &readings,
            )
        });
        plots.collect()
    }

    /// Plots the percentile curves of all kinds.
    pub(super) fn percentile_plot(&self) -> Option<Plot> {
        let curve = |(style, latency): (usize, &Latency)| {
            // The maximum has the quantile 1, which the scale cannot show. It is drawn at one in `count` instead.
            let last = 1.0 - 1.0 / (latency.percentiles.count.max(1) as f64 * 2.0);
            let points = latency
                .curve
                .iter()
                .map(|[quantile, ms]| (quantile.min(last), Some(*ms)))
                .collect();
            Curve {
                name: latency.name.clone(),
                points,
                style: style % STYLES,
                dots: false,
            }
        };
        let measured = self
            .latencies
            .iter()
            .filter(|latency| !latency.curve.is_empty());
        let curves: Vec<_> = measured.enumerate().map(curve).collect();
        let quantiles = curves
            .iter()
            .flat_map(|curve| curve.points.iter().map(|point| point.0));
        let x = Axis::of(Scale::Nines, quantiles);
        let head = ["kind".to_owned()]
            .into_iter()
            .chain(PERCENTILES.iter().map(|(name, ..)| percentile(name)));
        let rows = self.latencies.iter().map(|latency| {
            let p = &latency.percentiles;
            let figures = [p.mean, p.p50, p.p90, p.p99, p.p99_9, p.p99_99, p.max].map(decimal);
            [latency.name.clone(), count(p.count)]
                .into_iter()
                .chain(figures)
                .collect()
        });
        let table = Table {
            head: head.collect(),
            rows: rows.collect(),
            note: "Milliseconds.".into(),
        };
        (!curves.is_empty()).then(|| Plot {
            title: "Latency by percentile".into(),
            summary: "Each step to the right adds a nine: the slowest tenth, the slowest hundredth and so on."
                .into(),
            x_label: "share of all that were faster",
            y_label: "ms",
            x,
            y_scale: Scale::Log,
            curves,
            table,
        })
    }

    /// Plots arrivals and sockets by second.
    pub(super) fn rate_plots(&self) -> Vec<Plot> {
        let arrivals: [(String, Reading<'_>); 3] = [
            ("arrivals".into(), &|second| Some(second.arrivals as f64)),
            ("done".into(), &|second| Some(second.done as f64)),
            ("failed".into(), &|second| Some(second.failed as f64)),
        ];
        let sockets: [(String, Reading<'_>); 1] =
            [("open sockets".into(), &|second| Some(second.sockets as f64))];
        let sum = |of: fn(&Second) -> u64| count(self.series.iter().map(of).sum());
        let came = format!(
            "Of {} arrivals {} ended well and {} failed.",
            sum(|second| second.arrivals),
            sum(|second| second.done),
            sum(|second| second.failed)
        );
        let most = self
            .series
            .iter()
            .map(|second| second.sockets)
            .max()
            .unwrap_or_default();
        let open = format!("At most {} sockets were open.", count(most));
        let mut plots = Vec::new();
        if self
            .series
            .iter()
            .any(|second| second.arrivals + second.done + second.failed > 0)
        {
            plots.push(self.by_time(
                "Arrivals by second".into(),
                came,
                ("per second", Scale::Linear),
                &arrivals,
            ));
        }
        if !self.series.is_empty() {
            plots.push(self.by_time(
                "Open sockets".into(),
                open,
                ("sockets", Scale::Linear),
                &sockets,
            ));
        }
        plots
    }

    /// Plots processor time and memory of the servers by second.
    pub(super) fn process_plots(&self) -> Vec<Plot> {
        let mut names: Vec<&str> = self
            .series
            .iter()
            .flat_map(|second| second.processes.keys().map(String::as_str))
            .collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Vec::new();
        }
        let cpu =
            |name| move |second: &Second| Some(second.processes.get(name)?.cpu_seconds * 100.0);
        let memory =
            |name| move |second: &Second| Some(second.processes.get(name)?.pss_bytes? as f64);
        let cpu: Vec<_> = names.iter().map(|name| cpu(*name)).collect();
        let memory: Vec<_> = names.iter().map(|name| memory(*name)).collect();
        let cpu: Vec<(String, Reading<'_>)> = named(&names, cpu.iter().map(|of| of as Reading<'_>));
        let memory: Vec<(String, Reading<'_>)> =
            named(&names, memory.iter().map(|of| of as Reading<'_>));
        let used = self
            .processes
            .iter()
            .map(|process| format!("{} used {} s", process.name, decimal(process.cpu_seconds)));
        let used = format!(
            "In the whole run {} of processor time.",
            used.collect::<Vec<_>>().join(", ")
        );
        let grew = self.processes.iter().map(|process| {
            let [start, end] =
                [process.pss_bytes_start, process.pss_bytes_end].map(|memory| bytes(memory as f64));
            format!("{} went from {start} to {end}", process.name)
        });
        let grew = format!("{}.", grew.collect::<Vec<_>>().join(", "));
        vec![
            self.by_time(
                "Processor by second".into(),
                used,
                ("% of one core", Scale::Linear),
                &cpu,
            ),
            self.by_time(
                "Memory by second".into(),
                grew,
                ("MiB (PSS)", Scale::Mebibytes),
                &memory,
            ),
        ]
    }

    fn by_time(
        &self,
        title: String,
        summary: String,
        (y_label, y_scale): (&'static str, Scale),
        readings: &[(String, Reading<'_>)],
    ) -> Plot {
        let curve = |(style, (name, of)): (usize, &(String, Reading<'_>))| {
            let points = self
                .series
                .iter()
                .map(|second| (second.at, of(second)))
                .collect();
            Curve {
                name: name.clone(),
                points,
                style: style % STYLES,
                dots: false,
            }
        };
        let every = self.series.len().div_ceil(ROWS).max(1);
        let note = if every > 1 {
            format!("Every {every} seconds. ")
        } else {
            String::new()
        };
        let shown = |value: f64| {
            if y_scale == Scale::Mebibytes {
                bytes(value)
            } else {
                decimal(value)
            }
        };
        let rows = self.series.iter().step_by(every).map(|second| {
            let cells = readings
                .iter()
                .map(|(_, of)| of(second).map_or_else(|| "–".to_owned(), shown));
            [decimal(second.at)].into_iter().chain(cells).collect()
        });
        let head = ["s".to_owned()]
            .into_iter()
            .chain(readings.iter().map(|(name, _)| name.clone()));
        Plot {
            title,
            summary,
            x_label: "seconds since the run began",
            y_label,
            x: Axis::of_time(self.series.last().map_or(0.0, |last| last.at)),
            y_scale,
            curves: readings.iter().enumerate().map(curve).collect(),
            table: Table {
                head: head.collect(),
                rows: rows.collect(),
                note: format!("{note}Values: {y_label}."),
            },
        }
    }
}

fn named<'a>(
    names: &[&str],
    readings: impl Iterator<Item = Reading<'a>>,
) -> Vec<(String, Reading<'a>)> {
    names
        .iter()
        .map(|name| (*name).to_owned())
        .zip(readings)
        .collect()
}

/// Plots the growth of memory against open sockets, as points and lines. All lines begin at 0, so that a large base hides
/// no slope.
pub(super) fn memory_plot(memory: &Memory) -> Plot {
    let most = memory
        .points
        .iter()
        .map(|point| point.sockets)
        .max()
        .unwrap_or_default() as f64;
    let mut curves = Vec::new();
    let mut costs = Vec::new();
    for ((name, slope), style) in memory.slopes.iter().zip((0..STYLES).cycle()) {
        let dots = memory.points.iter().map(|point| {
            let measured = if name == KERNEL {
                point.kernel_bytes
            } else {
                point.pss_bytes.get(name).copied()
            };
            (
                point.sockets as f64,
                measured.map(|measured| (measured as f64 - slope.base_bytes).max(0.0)),
            )
        });
        let at = |sockets: f64| (sockets, Some((slope.bytes_per_socket * sockets).max(0.0)));
        let cost = value(slope.bytes_per_socket, Unit::Bytes);
        curves.push(Curve {
            name: format!("{name}: {cost} per socket"),
            points: vec![at(0.0), at(most)],
            style,
            dots: false,
        });
        curves.push(Curve {
            name: String::new(),
            points: dots.collect(),
            style,
            dots: true,
        });
        costs.push(format!("{name} {cost}"));
    }
    let names: Vec<_> = memory.slopes.keys().cloned().collect();
    let rows = memory.points.iter().map(|point| {
        let cells = names.iter().map(|name| {
            let measured = if name == KERNEL {
                point.kernel_bytes
            } else {
                point.pss_bytes.get(name).copied()
            };
            measured.map_or_else(|| "–".to_owned(), |measured| bytes(measured as f64))
        });
        [count(point.sockets)].into_iter().chain(cells).collect()
    });
    Plot {
        title: "Memory by open sockets".into(),
        summary: format!(
            "Growth over the memory without sockets. Dots are measurements; the slope of the line through them is the cost of a socket: {}.",
            costs.join(", ")
        ),
        x_label: "open sockets",
        y_label: "MiB more",
        x: Axis::of(Scale::Linear, [most].into_iter()),
        y_scale: Scale::Mebibytes,
        curves,
        table: Table {
            head: ["sockets".to_owned()]
                .into_iter()
                .chain(names.iter().cloned())
                .collect(),
            rows: rows.collect(),
            note: String::new(),
        },
    }
}
