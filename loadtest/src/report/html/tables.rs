//! Tables of the page.

use super::super::figures::PERCENTILES;
use super::super::format::{bytes, count, decimal, fixed, percentile};
use super::super::model::{Failure, Report};
use super::plot::Table;

fn table(head: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table {
        head: head.iter().map(|name| (*name).to_owned()).collect(),
        rows,
        note: String::new(),
    }
}

/// Results, and what became of them.
pub(super) fn ledger(report: &Report) -> Table {
    let ledger = &report.ledger;
    let rows = [
        (
            "expected",
            ledger.expected,
            "confirms that the gateway accepted",
        ),
        (
            "received",
            ledger.received,
            "results that reached their browser",
        ),
        (
            "duplicate",
            ledger.duplicate,
            "results that a browser got again",
        ),
        (
            "lost",
            ledger.lost,
            "results that never reached their browser",
        ),
        (
            "wrong browser",
            ledger.wrong_browser,
            "results that belong to another browser",
        ),
        (
            "failed",
            ledger.failed,
            "logins that failed before their confirm",
        ),
    ];
    table(
        &["ledger", "", ""],
        rows.map(|(name, number, what)| vec![name.into(), count(number), what.into()])
            .into(),
    )
}

/// Latencies of each step.
pub(super) fn latencies(report: &Report) -> Table {
    let kinds = report
        .latencies
        .iter()
        .map(|latency| (latency.name.as_str(), &latency.percentiles));
    let rows = kinds
        .chain([("generator late", &report.generator.lateness)])
        .map(|(name, p)| {
            let figures = [p.mean, p.p50, p.p90, p.p99, p.p99_9, p.p99_99, p.max].map(fixed);
            [name.to_owned(), count(p.count)]
                .into_iter()
                .chain(figures)
                .collect()
        });
    let head = ["ms".to_owned()]
        .into_iter()
        .chain(PERCENTILES.iter().map(|(name, ..)| percentile(name)));
    Table {
        head: head.collect(),
        rows: rows.collect(),
        note: String::new(),
    }
}

/// Processor time and memory of each process.
pub(super) fn processes(report: &Report) -> Table {
    let optional = |figure: Option<f64>| figure.map_or_else(|| "–".to_owned(), decimal);
    let rows = report.processes.iter().map(|process| {
        let ids: Vec<_> = process.pids.iter().map(ToString::to_string).collect();
        vec![
            process.name.clone(),
            ids.join(", "),
            decimal(process.cpu_seconds),
            bytes(process.pss_bytes_start as f64),
            bytes(process.pss_bytes_end as f64),
            optional(process.cpu_ms_per_1000_logins),
            optional(process.cpu_us_per_socket_second),
        ]
    });
    let head = [
        "process",
        "ids",
        "CPU s",
        "memory before",
        "after",
        "CPU ms / 1,000 logins",
        "CPU µs / socket·s",
    ];
    table(&head, rows.collect())
}

/// Processor time of each process by step.
pub(super) fn steps(report: &Report) -> Table {
    let names = || report.processes.iter().map(|process| process.name.as_str());
    let rows = report.steps().into_iter().map(|step| {
        let cost = |process| {
            step.cpu_ms_per_1000(process)
                .map_or_else(|| "–".to_owned(), decimal)
        };
        [step.name.to_owned(), count(step.done)]
            .into_iter()
            .chain(names().map(cost))
            .collect()
    });
    let heads = names().map(|name| format!("{name}, CPU ms / 1,000"));
    let head = ["processor time by step".to_owned(), "done".to_owned()]
        .into_iter()
        .chain(heads);
    Table {
        head: head.collect(),
        rows: rows.collect(),
        note: String::new(),
    }
}

/// Failures of a kind, with their numbers.
pub(super) fn counted(head: &str, counted: &[Failure]) -> Table {
    table(
        &[head, "count"],
        counted
            .iter()
            .map(|failure| vec![failure.what.clone(), count(failure.count)])
            .collect(),
    )
}

/// Phases of the run.
pub(super) fn phases(report: &Report) -> Table {
    let rows = report.phases.iter().map(|phase| {
        let rate = if phase.done > 0 && phase.seconds > 0.0 {
            decimal(phase.done as f64 / phase.seconds)
        } else {
            "–".into()
        };
        vec![
            phase.name.clone(),
            decimal(phase.began),
            decimal(phase.seconds),
            count(phase.done),
            rate,
        ]
    });
    table(
        &["phase", "began, s", "took, s", "done", "per second"],
        rows.collect(),
    )
}
