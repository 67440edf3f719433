//! Progress as one line per second, for logs.

use std::fmt::Write;
use std::time::Duration;

use crate::coordinator::snapshot::Snapshot;
use crate::report::format::{count, decimal};

/// Formats the progress of a run.
pub(super) fn line(snapshot: &Snapshot) -> String {
    let Snapshot {
        second,
        ledger,
        generator,
        ..
    } = snapshot;
    let mut line = format!(
        "{:>6}",
        Snapshot::clock(Duration::try_from_secs_f64(second.at).unwrap_or_default())
    );
    if !snapshot.phase.is_empty() {
        let _ = write!(line, "  {}", snapshot.phase);
    }
    let [sockets, arrivals, done] = [second.sockets, second.arrivals, second.done].map(count);
    let _ = write!(
        line,
        "  {sockets} sockets, {arrivals} arrivals, {done} done"
    );
    if ledger.failed > 0 {
        let _ = write!(line, ", {} FAILED so far", count(ledger.failed));
    }
    let measured = snapshot.latencies.iter().filter_map(|(kind, _)| {
        let latency = second
            .latencies
            .get(kind)
            .filter(|latency| latency.count > 0)?;
        Some(format!(
            "{kind} {}/{}",
            decimal(latency.p50),
            decimal(latency.p99)
        ))
    });
    let measured: Vec<_> = measured.collect();
    if !measured.is_empty() {
        let _ = write!(line, "; p50/p99 in ms: {}", measured.join(", "));
    }
    if ledger.expected > 0 {
        let _ = write!(
            line,
            "; delivered {} of {}",
            count(ledger.received),
            count(ledger.expected)
        );
    }
    if generator.dropped > 0 {
        let _ = write!(line, "; {} DROPPED", count(generator.dropped));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::crate::coordinator::snapshot::sample;
    use super::*;

    #[test]
    fn a_line_has_the_figures_and_the_failures() {
        let text = line(&sample());
        let (run, latencies) = text.split_once("; ").unwrap();
        assert_eq!(
            run,
            "  0:42  arrivals  15,000 sockets, 500 arrivals, 500 done"
        );
        assert!(
            latencies.contains("scan 1.36/4.92, push 1.04/3.79, ")
                && latencies.ends_with("delivered 20,998 of 21,000")
        );
        let mut broken = sample();
        broken.ledger.failed = 3;
        broken.generator.dropped = 1200;
        let text = line(&broken);
        assert!(
            text.contains("3 FAILED so far") && text.ends_with("1,200 DROPPED"),
            "{text}"
        );
    }
}
