//! A report as a self-contained page: it embeds styles and plots, and makes no request.

mod plot;
mod plots;
mod scale;
mod tables;

use askama::Template;

use self::plot::{Plot, Table};
use self::tables::{counted, latencies, ledger, phases, processes, steps};
use super::figures::{Figure, Unit};
use super::format::{bytes, count, decimal, moment, settings, value};
use super::model::Report;
use super::threshold::Threshold;
use super::verdict::Verdict;

#[derive(Template)]
#[template(path = "report/page.html")]
struct Page<'a> {
    report: &'a Report,
    dropped: String,
    cpu: String,
    began: String,
    took: String,
    verdict: Banner,
    tiles: Vec<Tile>,
    thresholds: Vec<ThresholdRow<'a>>,
    ledger: Table,
    latencies: Table,
    processes: Table,
    steps: Table,
    failures: Table,
    counts: Table,
    phases: Table,
    settings: Vec<(String, String)>,
    sections: Vec<Section>,
}

struct Banner {
    class: &'static str,
    sign: &'static str,
    name: &'static str,
    explanation: String,
}

/// A highlighted figure.
struct Tile {
    label: String,
    value: String,
    note: String,
}

struct ThresholdRow<'a> {
    expression: &'a str,
    value: String,
    passed: bool,
}

/// Plots of one topic.
struct Section {
    title: &'static str,
    plots: Vec<Drawn>,
}

struct Drawn {
    plot: Plot,
    svg: String,
}

/// Renders a report as a page.
///
/// # Errors
/// Returns the template's error, which does not occur while it writes into memory.
pub fn page(report: &Report) -> askama::Result<String> {
    let machine = &report.machine;
    let mut shown = vec![
        ("scenario".to_owned(), report.scenario.name.clone()),
        ("targets".into(), report.targets.join(", ")),
        ("workers".into(), report.workers.to_string()),
        (
            "machine".into(),
            format!(
                "{} cores, {}, {}",
                machine.cores,
                bytes(machine.memory_bytes as f64),
                machine.os
            ),
        ),
        (
            "tool".into(),
            format!("{} {}", report.tool.name, report.tool.version),
        ),
    ];
    shown.extend(settings(&report.scenario.settings));
    let page = Page {
        report,
        dropped: count(report.generator.dropped),
        cpu: decimal(report.generator.cpu_seconds),
        began: moment(report.started_at),
        took: decimal(report.seconds),
        verdict: banner(report),
        tiles: tiles(report),
        thresholds: threshold_rows(report),
        ledger: ledger(report),
        latencies: latencies(report),
        processes: processes(report),
        steps: steps(report),
        failures: counted("failure", &report.failures),
        counts: counted("counted", &report.counts),
        phases: phases(report),
        settings: shown,
        sections: sections(report)?,
    };
    page.render()
}

fn banner(report: &Report) -> Banner {
    let verdict = report.verdict();
    let (class, sign, name) = match verdict {
        Verdict::Clean => ("good", "✓", "Clean"),
        Verdict::NotClean => ("bad", "✕", "Not clean"),
        Verdict::Void(_) => ("void", "!", "Void"),
        Verdict::NoLogins => ("plain", "–", "No logins"),
    };
    let ledger = &report.ledger;
    let wrong = [
        ("lost", ledger.lost),
        ("duplicate", ledger.duplicate),
        ("in a wrong browser", ledger.wrong_browser),
        ("failed", ledger.failed),
    ];
    let wrong = wrong.iter().filter(|(_, number)| *number > 0);
    let wrong: Vec<_> = wrong
        .map(|(what, number)| format!("{} {what}", count(*number)))
        .collect();
    let mut explanation = verdict.explanation();
    if !wrong.is_empty() {
        explanation = format!(
            "{explanation} Of {} confirms: {}.",
            count(ledger.expected),
            wrong.join(", ")
        );
    }
    Banner {
        class,
        sign,
        name,
        explanation,
    }
}

fn tiles(report: &Report) -> Vec<Tile> {
    let figures = report.figures();
    let find = |name: &str| figures.iter().find(|figure| figure.name == name);
    let tile = |label: &str, name: &str, note: String| {
        let Figure {
            value: number,
            unit,
            ..
        } = find(name)?;
        Some(Tile {
            label: label.to_owned(),
            value: value(*number, *unit),
            note,
        })
    };
    let note = |name: &str, label: &str| {
        find(name)
            .map(|figure| format!("{label} {}", value(figure.value, figure.unit)))
            .unwrap_or_default()
    };
    let most = report
        .series
        .iter()
        .map(|second| second.sockets)
        .max()
        .unwrap_or_default();
    let sockets = (most > 0).then(|| Tile {
        label: "open sockets".into(),
        value: count(most),
        note: "at most".into(),
    });
    [
        tile(
            "logins",
            "rates.logins_per_second",
            note("ledger.received", "in all"),
        ),
        tile(
            "opens",
            "rates.opens_per_second",
            note("open.count", "in all"),
        ),
        tile("push p99", "push.p99", note("push.p50", "median")),
        tile("open p99", "open.p99", note("open.p50", "median")),
        tile(
            "gateway memory",
            "gateway.bytes_per_socket",
            "per socket".into(),
        ),
        tile(
            "gateway CPU",
            "gateway.cpu_ms_per_1000_logins",
            "per 1,000 logins".into(),
        ),
        tile(
            "gateway CPU",
            "gateway.cpu_ms_per_1000_confirms",
            "per 1,000 confirms".into(),
        ),
        tile(
            "gateway CPU",
            "gateway.cpu_us_per_socket_second",
            "per socket and second".into(),
        ),
        sockets,
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn threshold_rows(report: &Report) -> Vec<ThresholdRow<'_>> {
    let measured = |outcome: &'_ super::model::Outcome| {
        let unit = outcome
            .expression
            .parse()
            .map_or(Unit::Ratio, |threshold: Threshold| threshold.unit());
        outcome
            .value
            .map_or_else(|| "not measured".to_owned(), |figure| value(figure, unit))
    };
    let outcomes = report.thresholds.iter();
    outcomes
        .map(|outcome| ThresholdRow {
            expression: &outcome.expression,
            value: measured(outcome),
            passed: outcome.passed,
        })
        .collect()
}

fn sections(report: &Report) -> askama::Result<Vec<Section>> {
    let memory = report
        .memory
        .as_ref()
        .filter(|memory| !memory.slopes.is_empty());
    let sections = [
        (
            "Latency",
            report
                .percentile_plot()
                .into_iter()
                .chain(report.latency_plots())
                .collect::<Vec<_>>(),
        ),
        ("Load", report.rate_plots()),
        (
            "Servers",
            memory
                .map(plots::memory_plot)
                .into_iter()
                .chain(report.process_plots())
                .collect(),
        ),
    ];
    let draw = |plot: Plot| {
        Ok(Drawn {
            svg: plot.svg()?,
            plot,
        })
    };
    let filled = sections.into_iter().filter(|(_, plots)| !plots.is_empty());
    filled
        .map(|(title, plots)| {
            Ok(Section {
                title,
                plots: plots.into_iter().map(draw).collect::<askama::Result<_>>()?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
