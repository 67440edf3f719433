//! Metrics of the process, read from `/proc` at each scrape. They have the names of any Prometheus client.
//!
//! A system without `/proc` has none of them.

use std::fs;
use std::path::Path;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// Clock ticks per second in `/proc`: `USER_HZ`, a constant of the kernel's interface on all machines that Saoma runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads the process's figures whenever it is asked.
#[derive(Debug)]
pub(super) struct ProcessCollector;

/// Figures of a process.
#[derive(Debug, Default, PartialEq)]
struct Figures {
    cpu_seconds: Option<f64>,
    resident_bytes: Option<i64>,
    virtual_bytes: Option<i64>,
    threads: Option<i64>,
    open_fds: Option<i64>,
    max_fds: Option<i64>,
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let figures = Figures::read(Path::new("/proc/self"));
        if let Some(seconds) = figures.cpu_seconds {
            let help = "Processor time of the node, user and system, in seconds.";
            let counter = ConstCounter::new(seconds);
            let unit = Some(&Unit::Seconds);
            let encoder =
                encoder.encode_descriptor("process_cpu", help, unit, counter.metric_type())?;
            counter.encode(encoder)?;
        }
        let bytes = Some(&Unit::Bytes);
        for (name, help, unit, value) in [
            (
                "process_resident_memory",
                "Memory of the node in RAM.",
                bytes,
                figures.resident_bytes,
            ),
            (
                "process_virtual_memory",
                "Address space of the node.",
                bytes,
                figures.virtual_bytes,
            ),
            (
                "process_threads",
                "Threads of the node.",
                None,
                figures.threads,
            ),
            (
                "process_open_fds",
                "Open file descriptors.",
                None,
                figures.open_fds,
            ),
            (
                "process_max_fds",
                "Limit of open file descriptors.",
                None,
                figures.max_fds,
            ),
        ] {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                let encoder = encoder.encode_descriptor(name, help, unit, gauge.metric_type())?;
                gauge.encode(encoder)?;
            }
        }
        Ok(())
    }
}

impl Figures {
    /// Reads the figures from a process's folder. What cannot be read is left out.
    fn read(process: &Path) -> Self {
        let text = |name| fs::read_to_string(process.join(name)).unwrap_or_default();
        let status = text("status");
        let kilobytes = |name| member(&status, name)?.checked_mul(1024);
        Self {
            cpu_seconds: cpu_seconds(&text("stat")),
            resident_bytes: kilobytes("VmRSS:"),
            virtual_bytes: kilobytes("VmSize:"),
            threads: member(&status, "Threads:"),
            open_fds: open_fds(&process.join("fd")),
            max_fds: max_fds(&text("limits")),
        }
    }
}

/// Returns the number after a name in `/proc/…/status`.
fn member(status: &str, name: &str) -> Option<i64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Returns user and system time. The name of the program may hold blanks and stands in parentheses.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

/// Returns the number of open file descriptors: since Linux 6.2 the size of the folder, which need not be read then.
fn open_fds(folder: &Path) -> Option<i64> {
    let size = fs::metadata(folder).ok()?.len();
    let count = match usize::try_from(size).ok()? {
        // One of them is that of the reading itself.
        0 => fs::read_dir(folder).ok()?.count().saturating_sub(1),
        size => size,
    };
    i64::try_from(count).ok()
}

fn max_fds(limits: &str) -> Option<i64> {
    let rest = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_read_from_proc() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("a file");
        };
        write(
            "stat",
            "42 (a (b) c) S 1 1 1 0 -1 4194560 900 0 0 0 150 25 0 0 20 0 9 0 100 1 1",
        );
        write(
            "status",
            "Name:\tsaoma\nVmSize:\t  2048 kB\nVmRSS:\t    1024 kB\nThreads:\t9\n",
        );
        write(
            "limits",
            "Limit                     Soft Limit           Hard Limit           Units     \n\
             Max open files            1024                 1048576              files     \n",
        );
        assert_eq!(
            Figures {
                open_fds: None,
                ..Figures::read(folder.path())
            },
            Figures {
                cpu_seconds: Some(1.75),
                resident_bytes: Some(1_048_576),
                virtual_bytes: Some(2_097_152),
                threads: Some(9),
                open_fds: None,
                max_fds: Some(1024),
            }
        );
        assert_eq!(
            Figures::read(Path::new("/nowhere")),
            Figures::default(),
            "a system without /proc"
        );
    }
}
