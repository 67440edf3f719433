//! A report as text, for people and build logs.

use std::fmt::{self, Display, Formatter};

use super::figures::Unit;
use super::format::{bytes, count, decimal, fixed, moment, percentile, settings, value};
use super::model::{Memory, Percentiles, Report};
use super::threshold::Threshold;

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        self.latency_table(f)?;
        self.rates_and_ledger(f)?;
        self.process_table(f)?;
        self.step_table(f)?;
        if let Some(memory) = self
            .memory
            .as_ref()
            .filter(|memory| !memory.slopes.is_empty())
        {
            slopes(f, memory)?;
        }
        if !self.failures.is_empty() {
            writeln!(f, "\nfailures")?;
        }
        for failure in &self.failures {
            writeln!(f, "{:>10} × {}", count(failure.count), failure.what)?;
        }
        if !self.counts.is_empty() {
            writeln!(f, "\ncounts")?;
        }
        for counted in &self.counts {
            writeln!(f, "{:>10} × {}", count(counted.count), counted.what)?;
        }
        self.outcomes(f)?;
        let verdict = self.verdict();
        write!(f, "\n{}: {}", verdict.name(), verdict.explanation())?;
        if self.keeps_thresholds() {
            Ok(())
        } else {
            write!(f, "\nthresholds were not kept")
        }
    }
}

impl Report {
    fn head(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (about, settings): (Vec<_>, Vec<_>) = settings(&self.scenario.settings)
            .into_iter()
            .partition(|(name, _)| name == "about");
        let settings: Vec<_> = settings
            .into_iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        writeln!(
            f,
            "{} {}: {}",
            self.tool.name, self.tool.version, self.scenario.name
        )?;
        for (_, about) in about {
            writeln!(f, "about       {about}")?;
        }
        writeln!(
            f,
            "began       {}, took {} s",
            moment(self.started_at),
            decimal(self.seconds)
        )?;
        writeln!(f, "settings    {}", settings.join(", "))?;
        writeln!(f, "targets     {}", self.targets.join(", "))?;
        let machine = &self.machine;
        let memory = bytes(machine.memory_bytes as f64);
        writeln!(
            f,
            "generator   {} workers on {} cores, {memory}, {}",
            self.workers, machine.cores, machine.os
        )
    }

    fn latency_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "\n{:<22}", "milliseconds")?;
        for head in [
            "count", "mean", "p50", "p90", "p99", "p99_9", "p99_99", "max",
        ] {
            write!(f, "{:>11}", percentile(head))?;
        }
        writeln!(f)?;
        let kinds = self
            .latencies
            .iter()
            .map(|latency| (latency.name.as_str(), &latency.percentiles));
        for (name, percentiles) in kinds.chain([("generator late", &self.generator.lateness)]) {
            let Percentiles {
                p50,
                p90,
                p99,
                p99_9,
                p99_99,
                max,
                mean,
                ..
            } = percentiles;
            write!(f, "{name:<22}{:>11}", count(percentiles.count))?;
            for figure in [mean, p50, p90, p99, p99_9, p99_99, max] {
                write!(f, "{:>11}", fixed(*figure))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn rates_and_ledger(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        let rates = [
            ("opens", self.rates.opens_per_second),
            ("logins", self.rates.logins_per_second),
        ];
        let rates: Vec<_> = rates
            .iter()
            .filter_map(|(name, rate)| Some(format!("{} {name}/s", decimal((*rate)?))))
            .collect();
        if !rates.is_empty() {
            writeln!(f, "rates       {}", rates.join(", "))?;
        }
        let ledger = &self.ledger;
        let parts = [
            ("expected", ledger.expected),
            ("received", ledger.received),
            ("duplicate", ledger.duplicate),
            ("lost", ledger.lost),
            ("wrong browser", ledger.wrong_browser),
            ("failed", ledger.failed),
        ]
        .map(|(name, number)| format!("{name} {}", count(number)));
        writeln!(f, "ledger      {}", parts.join(", "))?;
        self.abuse_line(f)?;
        let generator = &self.generator;
        let cpu = decimal(generator.cpu_seconds);
        writeln!(
            f,
            "generator   {} arrivals dropped, {cpu} s of CPU",
            count(generator.dropped)
        )
    }

    fn abuse_line(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(effect) = self.effect_of_abuse() else {
            return Ok(());
        };
        write!(
            f,
            "abuse       {} honest logins failed",
            count(effect.refused)
        )?;
        let ratios = [
            ("login", effect.login_p99_ratio),
            ("open", effect.open_p99_ratio),
        ];
        for (kind, ratio) in ratios {
            if let Some(ratio) = ratio {
                write!(f, ", p99 of {kind} × {}", decimal(ratio))?;
            }
        }
        writeln!(f)
    }

    fn process_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.processes.is_empty() {
            return Ok(());
        }
        let heads = [
            "processes",
            "CPU s",
            "PSS start",
            "PSS end",
            "ms/1000 logins",
            "µs/socket·s",
        ];
        writeln!(
            f,
            "\n{:<16}{:>5}{:>10}{:>12}{:>12}{:>16}{:>13}",
            heads[0], "", heads[1], heads[2], heads[3], heads[4], heads[5]
        )?;
        for process in &self.processes {
            let optional = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), decimal);
            writeln!(
                f,
                "{:<16}{:>5}{:>10}{:>12}{:>12}{:>16}{:>13}",
                process.name,
                format!("× {}", process.pids.len()),
                decimal(process.cpu_seconds),
                bytes(process.pss_bytes_start as f64),
                bytes(process.pss_bytes_end as f64),
                optional(process.cpu_ms_per_1000_logins),
                optional(process.cpu_us_per_socket_second),
            )?;
        }
        Ok(())
    }

    fn step_table(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let steps = self.steps();
        if steps.is_empty() {
            return Ok(());
        }
        write!(
            f,
            "\n{:<22}{:>11}{:>11}",
            "CPU ms per 1,000", "done", "seconds"
        )?;
        for process in &self.processes {
            write!(f, "{:>12}", process.name)?;
        }
        writeln!(f)?;
        for step in steps {
            write!(
                f,
                "{:<22}{:>11}{:>11}",
                step.name,
                count(step.done),
                decimal(step.seconds)
            )?;
            for process in &self.processes {
                let cost = step.cpu_ms_per_1000(&process.name);
                write!(f, "{:>12}", cost.map_or_else(|| "-".to_owned(), decimal))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }

    fn outcomes(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.thresholds.is_empty() {
            writeln!(f, "\nthresholds")?;
        }
        for outcome in &self.thresholds {
            let unit = outcome
                .expression
                .parse()
                .map_or(Unit::Ratio, |threshold: Threshold| threshold.unit());
            let found = outcome
                .value
                .map_or_else(|| "not measured".to_owned(), |figure| value(figure, unit));
            let mark = if outcome.passed { "passed" } else { "FAILED" };
            writeln!(f, "  {mark}  {}: {found}", outcome.expression)?;
        }
        Ok(())
    }
}

fn slopes(f: &mut Formatter<'_>, memory: &Memory) -> fmt::Result {
    if memory.slopes.is_empty() && memory.after_churn_ratio.is_none() {
        return Ok(());
    }
    writeln!(
        f,
        "\n{:<16}{:>15}{:>16}{:>10}",
        "memory", "B per socket", "without", "r²"
    )?;
    for (name, slope) in &memory.slopes {
        let (cost, base) = (decimal(slope.bytes_per_socket), bytes(slope.base_bytes));
        writeln!(f, "{name:<16}{cost:>15}{base:>16}{:>10.4}", slope.r2)?;
    }
    match memory.after_churn_ratio {
        Some(ratio) => writeln!(f, "after churn     {:>15}", format!("× {ratio:.2}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{sample, sample_of_failure, sample_of_steps};

    #[test]
    fn the_summary_of_a_run() {
        insta::assert_snapshot!(sample());
    }

    #[test]
    fn the_summary_of_steps_has_their_cost_for_each_process() {
        let text = sample_of_steps().to_string();
        let (_, table) = text.split_once("CPU ms per 1,000").unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .take(5)
            .map(|line| line.split_whitespace().collect())
            .collect();
        assert_eq!(rows[0], ["done", "seconds", "gateway", "redis"]);
        assert_eq!(rows[3], ["confirm", "14,000", "7.00", "300.0", "150.0"]);
        assert_eq!(
            (rows[1][0], rows[2][0], rows[4][0]),
            ("open", "scan", "redeem")
        );
    }

    #[test]
    fn the_summary_of_a_failed_run_ends_with_the_verdict() {
        let text = sample_of_failure().to_string();
        assert!(text.contains("9 × phone: 503 <unavailable>"), "{text}");
        let (_, end) = text.rsplit_once("\n\n").unwrap();
        assert_eq!(
            end,
            "NOT CLEAN: A result was lost, repeated or misdirected, or a login failed.\nthresholds were not kept"
        );
    }
}
