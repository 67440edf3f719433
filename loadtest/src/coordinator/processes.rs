//! Memory and processor time of processes, read from `/proc`. Other systems than Linux have no figures.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::str::FromStr;

use crate::report::model::SecondProcess;

/// Clock ticks per second in `/proc/PID/stat`, the same on every Linux.
const TICKS: f64 = 100.0;

/// Page size in `/proc/net/sockstat`, in bytes.
const PAGE: u64 = 4096;

/// Processes that are counted together under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessGroup {
    /// Name, such as `gateway`.
    pub name: String,
    /// Process ids.
    pub pids: Vec<u32>,
}

/// A text that is not `NAME=PID`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected NAME=PID, such as gateway=4711")]
pub struct ParseProcessError;

impl FromStr for ProcessGroup {
    type Err = ParseProcessError;

    fn from_str(text: &str) -> Result<Self, ParseProcessError> {
        let (name, pid) = text.trim().split_once('=').ok_or(ParseProcessError)?;
        let pid = pid.parse().map_err(|_| ParseProcessError)?;
        if name.is_empty() {
            Err(ParseProcessError)
        } else {
            Ok(Self {
                name: name.to_owned(),
                pids: vec![pid],
            })
        }
    }
}

impl ProcessGroup {
    /// Merges groups of the same name, in the order of their first occurrence.
    pub fn merge(named: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for one in named {
            match groups.iter_mut().find(|group| group.name == one.name) {
                Some(group) => group.pids.extend(one.pids),
                None => groups.push(one),
            }
        }
        groups
    }

    /// Returns the memory in bytes: private pages, and each process's part of shared ones (PSS).
    pub fn pss_bytes(&self) -> Option<u64> {
        self.pids.iter().map(|pid| pss_bytes(*pid)).sum()
    }

    /// Returns the processor time so far, in seconds.
    pub fn cpu_seconds(&self) -> Option<f64> {
        self.pids.iter().map(|pid| cpu_seconds(*pid)).sum()
    }
}

/// Returns the processor time of a process, in seconds.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name stands before it and can hold any character.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (times.next()?.parse().ok()?, times.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

fn pss_bytes(pid: u32) -> Option<u64> {
    let rollup = read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    kilobytes(&rollup, "Pss:")
}

/// Returns the kernel memory of the whole machine that sockets can take, in bytes: slab and TCP buffers.
pub fn kernel_bytes() -> Option<u64> {
    let slab = kilobytes(&read_to_string("/proc/meminfo").ok()?, "Slab:")?;
    let sockets = read_to_string("/proc/net/sockstat").ok()?;
    let tcp = sockets.lines().find(|line| line.starts_with("TCP:"))?;
    let pages: u64 = tcp
        .split_whitespace()
        .skip_while(|word| *word != "mem")
        .nth(1)?
        .parse()
        .ok()?;
    Some(slab + pages * PAGE)
}

/// Returns the memory of the machine, in bytes.
pub fn memory_bytes() -> Option<u64> {
    kilobytes(&read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace()
        .next()?
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes * 1024)
}

/// Reads the usage of process groups once per second.
#[derive(Debug)]
pub(super) struct Monitor {
    groups: Vec<ProcessGroup>,
    cpu: Vec<f64>,
}

impl Monitor {
    pub(super) fn new(groups: Vec<ProcessGroup>) -> Self {
        let cpu = groups
            .iter()
            .map(|group| group.cpu_seconds().unwrap_or_default())
            .collect();
        Self { groups, cpu }
    }

    /// Returns the usage since the last call.
    pub(super) fn read(&mut self) -> BTreeMap<String, SecondProcess> {
        let groups = self.groups.iter().zip(&mut self.cpu);
        groups
            .map(|(group, before)| {
                // A process that has ended uses nothing.
                let now = group.cpu_seconds().unwrap_or(*before);
                let cpu_seconds = (now - std::mem::replace(before, now)).max(0.0);
                (
                    group.name.clone(),
                    SecondProcess {
                        pss_bytes: group.pss_bytes(),
                        cpu_seconds,
                    },
                )
            })
            .collect()
    }

    pub(super) fn groups(&self) -> &[ProcessGroup] {
        &self.groups
    }

    /// Returns the processor time of each group so far.
    pub(super) fn cpu(&self) -> Vec<f64> {
        self.groups
            .iter()
            .map(|group| group.cpu_seconds().unwrap_or_default())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_process_has_memory_and_processor_time() {
        let here = ProcessGroup {
            name: "test".into(),
            pids: vec![std::process::id()],
        };
        assert!(here.pss_bytes().is_some_and(|bytes| bytes > 100_000));
        assert!(here.cpu_seconds().is_some());
        assert!(kernel_bytes().is_some_and(|kernel| kernel < memory_bytes().unwrap()));
        assert_eq!(
            ProcessGroup {
                pids: vec![u32::MAX],
                ..here
            }
            .pss_bytes(),
            None
        );
    }

    #[test]
    fn processes_of_one_name_are_merged() {
        let named = ["gateway=1", "redis=2", "gateway=3"].map(|text| text.parse().unwrap());
        let groups: Vec<_> = ProcessGroup::merge(named)
            .into_iter()
            .map(|group| (group.name, group.pids))
            .collect();
        assert_eq!(
            groups,
            [("gateway".into(), vec![1, 3]), ("redis".into(), vec![2])]
        );
        for wrong in ["gateway", "=1", "gateway=x"] {
            assert_eq!(wrong.parse::<ProcessGroup>(), Err(ParseProcessError));
        }
    }
}
