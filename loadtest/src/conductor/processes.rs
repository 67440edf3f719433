//! What processes and the kernel use, read from `/proc`. Elsewhere nothing is known of them.

use std::collections::BTreeMap;
use std::fs::read_to_string;
use std::str::FromStr;

use crate::report::model::SecondProcess;

/// Clock ticks of `/proc/PID/stat` in a second: the same on every Linux.
const TICKS: f64 = 100.0;

/// Bytes of a page in `/proc/net/sockstat`.
const PAGE: u64 = 4096;

/// Processes of one name: a service may have several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What they are.
    pub name: String,
    /// Their ids.
    pub pids: Vec<u32>,
}

/// Why text names no process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write NAME=PID, such as gateway=4711")]
pub struct NotAProcess;

impl FromStr for Group {
    type Err = NotAProcess;

    fn from_str(text: &str) -> Result<Self, NotAProcess> {
        let (name, pid) = text.trim().split_once('=').ok_or(NotAProcess)?;
        let pid = pid.parse().map_err(|_| NotAProcess)?;
        if name.is_empty() {
            Err(NotAProcess)
        } else {
            Ok(Self {
                name: name.to_owned(),
                pids: vec![pid],
            })
        }
    }
}

impl Group {
    /// Puts those of the same name together, in the order in which the names come.
    pub fn together(named: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for one in named {
            match groups.iter_mut().find(|group| group.name == one.name) {
                Some(group) => group.pids.extend(one.pids),
                None => groups.push(one),
            }
        }
        groups
    }

    /// Their memory, in bytes: what each has for itself and its part of what it shares (PSS).
    pub fn pss_bytes(&self) -> Option<u64> {
        self.pids.iter().map(|pid| pss_bytes(*pid)).sum()
    }

    /// Processor time that they have used, in seconds.
    pub fn cpu_seconds(&self) -> Option<f64> {
        self.pids.iter().map(|pid| cpu_seconds(*pid)).sum()
    }
}

/// Processor time of a process, in seconds.
pub fn cpu_seconds(pid: u32) -> Option<f64> {
    let stat = read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (times.next()?.parse().ok()?, times.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

fn pss_bytes(pid: u32) -> Option<u64> {
    let rollup = read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    kilobytes(&rollup, "Pss:")
}

/// Memory of the kernel that sockets may have to do with, of the whole machine, in bytes: its slab and TCP's buffers.
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

/// Memory of the machine, in bytes.
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

/// What groups use, second by second.
#[derive(Debug)]
pub(super) struct Meter {
    groups: Vec<Group>,
    cpu: Vec<f64>,
}

impl Meter {
    pub(super) fn new(groups: Vec<Group>) -> Self {
        let cpu = groups
            .iter()
            .map(|group| group.cpu_seconds().unwrap_or_default())
            .collect();
        Self { groups, cpu }
    }

    /// Since this was asked last.
    pub(super) fn read(&mut self) -> BTreeMap<String, SecondProcess> {
        let groups = self.groups.iter().zip(&mut self.cpu);
        groups
            .map(|(group, before)| {
                // A process that has ended is at rest.
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

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Processor time of each group so far.
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
    fn this_process_has_memory_and_has_run() {
        let here = Group {
            name: "test".into(),
            pids: vec![std::process::id()],
        };
        assert!(here.pss_bytes().is_some_and(|bytes| bytes > 100_000));
        assert!(here.cpu_seconds().is_some());
        assert!(kernel_bytes().is_some_and(|kernel| kernel < memory_bytes().unwrap()));
        assert_eq!(
            Group {
                pids: vec![u32::MAX],
                ..here
            }
            .pss_bytes(),
            None
        );
    }

    #[test]
    fn processes_of_one_name_count_together() {
        let named = ["gateway=1", "redis=2", "gateway=3"].map(|text| text.parse().unwrap());
        let groups: Vec<_> = Group::together(named)
            .into_iter()
            .map(|group| (group.name, group.pids))
            .collect();
        assert_eq!(
            groups,
            [("gateway".into(), vec![1, 3]), ("redis".into(), vec![2])]
        );
        for wrong in ["gateway", "=1", "gateway=x"] {
            assert_eq!(wrong.parse::<Group>(), Err(NotAProcess));
        }
    }
}
