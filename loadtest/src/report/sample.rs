//! Realistic reports for tests.

use std::collections::BTreeMap;

use serde_json::json;

use super::model::{
    Failure, Generator, Latency, Machine, Memory, MemoryPoint, Percentiles, Phase, PhaseProcess,
    Process, Rates, Report, SCHEMA, Scenario, Second, SecondLatency, SecondProcess, Tool,
};
use crate::ledger::Balance;

const SECONDS: u64 = 120;

/// Returns two minutes of logins at two gateways.
pub(crate) fn sample() -> Report {
    let mut report = Report {
        schema: SCHEMA,
        tool: Tool {
            name: "saoma-load".into(),
            version: "0.1.0".into(),
        },
        scenario: Scenario {
            name: "login".into(),
            settings: json!({ "waiting": 15_000, "rate": 500.0, "duration": "120s", "transport": "websocket", "come_back": false }),
        },
        started_at: 1_795_640_400,
        seconds: 120.4,
        targets: vec![
            "http://127.0.0.1:8080/".into(),
            "http://127.0.0.1:8081/".into(),
        ],
        workers: 2,
        machine: Machine {
            cores: 8,
            memory_bytes: 16 << 30,
            os: "Linux 6.1.0".into(),
        },
        rates: Rates {
            opens_per_second: Some(8412.7),
            logins_per_second: Some(499.6),
        },
        latencies: [
            ("handshake", 0.31),
            ("open", 0.52),
            ("scan", 1.12),
            ("push", 0.84),
            ("redeem", 1.9),
        ]
        .map(|(name, median)| latency(name, median))
        .into(),
        series: (1..=SECONDS).map(second).collect(),
        counts: Vec::new(),
        phases: vec![
            phase("open", 0.0, 1.783, 15_000, [1.2, 0.45]),
            phase("arrivals", 3.8, 120.1, 60_000, [47.9, 13.9]),
        ],
        ledger: Balance {
            expected: 60_000,
            received: 60_000,
            ..Balance::default()
        },
        generator: Generator {
            lateness: Percentiles {
                count: 60_000,
                p50: 0.06,
                p90: 0.11,
                p99: 0.4,
                p99_9: 1.3,
                p99_99: 2.8,
                max: 3.1,
                mean: 0.07,
            },
            dropped: 0,
            cpu_seconds: 71.3,
            voided: None,
        },
        processes: processes(),
        memory: Some(slopes()),
        failures: Vec::new(),
        thresholds: Vec::new(),
    };
    let thresholds = [
        "push.p99<5ms",
        "ledger.lost==0",
        "gateway.bytes_per_socket<=2KiB",
        "resume.p99<1s",
    ];
    report.judge(&thresholds.map(|threshold| threshold.parse().unwrap()));
    report
}

/// Rounds to few digits, so that a file returns them exactly.
fn round(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}

/// Returns the same run with failures.
pub(crate) fn sample_of_failure() -> Report {
    let mut report = sample();
    report.ledger = Balance {
        expected: 59_990,
        received: 59_987,
        lost: 3,
        failed: 12,
        ..Balance::default()
    };
    report.failures = vec![
        Failure {
            what: "phone: 503 <unavailable> & \"retry\"".into(),
            count: 9,
        },
        Failure {
            what: "browser: closed with 1006".into(),
            count: 3,
        },
    ];
    report
}

/// Returns the same run with logins step by step.
pub(crate) fn sample_of_steps() -> Report {
    let mut report = sample();
    report.scenario.name = "steps".into();
    report.phases = vec![
        phase("open", 0.0, 2.1, 14_000, [1.12, 0.42]),
        phase("scan", 4.1, 7.0, 14_000, [3.5, 2.1]),
        phase("confirm", 12.4, 7.0, 14_000, [4.2, 2.1]),
        phase("redeem", 20.7, 7.0, 14_000, [2.8, 1.4]),
    ];
    for process in &mut report.processes {
        process.cpu_ms_per_1000_logins = None;
    }
    report
}

/// Returns a phase with the processor time of gateway and Redis.
fn phase(name: &str, began: f64, seconds: f64, done: u64, cpu: [f64; 2]) -> Phase {
    let processes = ["gateway", "redis"].into_iter().zip(cpu);
    let used = |cpu_seconds| PhaseProcess {
        cpu_seconds,
        cpu_ms_per_1000: Some(round(cpu_seconds * 1e6 / done as f64, 3)),
    };
    let processes = processes
        .map(|(name, cpu_seconds)| (name.to_owned(), used(cpu_seconds)))
        .collect();
    Phase {
        name: name.to_owned(),
        began,
        seconds,
        done,
        failed: 0,
        processes,
    }
}

/// Returns latencies with a long tail: each further nine adds about as much again.
fn latency(name: &str, median: f64) -> Latency {
    let at = |nines: f64| round(median * (1.0 + nines * nines), 3);
    let curve = (0..=45)
        .map(|step| f64::from(step) / 10.0)
        .map(|nines| [round(1.0 - 0.1_f64.powf(nines), 6), at(nines)]);
    let percentiles = Percentiles {
        count: 60_000,
        p50: at(0.3),
        p90: at(1.0),
        p99: at(2.0),
        p99_9: at(3.0),
        p99_99: at(4.0),
        max: at(4.5),
        mean: at(0.55),
    };
    Latency {
        name: name.to_owned(),
        percentiles,
        curve: curve.collect(),
    }
}

fn second(at: u64) -> Second {
    // A pseudo-random value that is the same in each run.
    let jitter = |salt: u64| ((at * 7919 + salt * 104_729) % 997) as f64 / 997.0;
    let stall = if at == 78 { 6.0 } else { 1.0 };
    let latency = |salt: u64, median: f64| SecondLatency {
        count: 500,
        p50: round(median * (1.0 + 0.2 * jitter(salt)), 3),
        p99: round(median * stall * (3.0 + 1.5 * jitter(salt + 1)), 3),
        max: round(median * stall * (5.0 + 6.0 * jitter(salt + 2)), 3),
    };
    let process = |pss: f64, cpu: f64, salt| SecondProcess {
        pss_bytes: Some(pss as u64),
        cpu_seconds: round(cpu * (0.9 + 0.2 * jitter(salt)), 3),
    };
    let sockets = (at * 1500).min(15_000);
    Second {
        at: at as f64,
        sockets,
        arrivals: 500,
        done: 500 - if at == 78 { 40 } else { 0 },
        failed: 0,
        latencies: BTreeMap::from([
            ("open".into(), latency(1, 0.56)),
            ("scan".into(), latency(2, 1.2)),
            ("push".into(), latency(3, 0.91)),
            ("redeem".into(), latency(4, 2.1)),
        ]),
        processes: BTreeMap::from([
            (
                "gateway".into(),
                process(21e6 + sockets as f64 * 2210.0, 0.41, 5),
            ),
            (
                "redis".into(),
                process(12e6 + sockets as f64 * 900.0, 0.12, 6),
            ),
        ]),
    }
}

fn processes() -> Vec<Process> {
    let process = |name: &str, pids: &[u32], cpu: f64, start: u64, end: u64| Process {
        name: name.into(),
        pids: pids.into(),
        cpu_seconds: cpu,
        pss_bytes_start: start,
        pss_bytes_end: end,
        cpu_ms_per_1000_logins: Some(round(cpu / 60.0 * 1000.0, 3)),
        cpu_us_per_socket_second: None,
    };
    vec![
        process("gateway", &[4711, 4712], 49.2, 21_000_000, 54_100_000),
        process("redis", &[4700], 14.4, 12_000_000, 25_500_000),
    ]
}

fn slopes() -> Memory {
    let mut memory = Memory::new(
        (0..=6).map(|step| memory(step * 2500)).collect(),
        Some(1.04),
    );
    for slope in memory.slopes.values_mut() {
        slope.r2 = round(slope.r2, 5);
        slope.bytes_per_socket = round(slope.bytes_per_socket, 1);
        slope.base_bytes = slope.base_bytes.round();
    }
    memory
}

fn memory(sockets: u64) -> MemoryPoint {
    let wobble = (sockets * 31 / 2500 % 7) * 40_000;
    MemoryPoint {
        sockets,
        pss_bytes: BTreeMap::from([
            ("gateway".into(), 21_000_000 + sockets * 2210 + wobble),
            ("redis".into(), 12_000_000 + sockets * 900),
        ]),
        kernel_bytes: Some(3_000_000 + sockets * 5100),
    }
}
