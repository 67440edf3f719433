//! Parsing and judging of thresholds.

use proptest::prelude::*;

use super::super::sample::{sample, sample_of_steps};
use super::*;

fn judged(expression: &str) -> (Option<f64>, bool) {
    let outcome = expression.parse::<Threshold>().unwrap().judge(&sample());
    (outcome.value, outcome.passed)
}

fn refused(expression: &str) -> String {
    expression.parse::<Threshold>().unwrap_err().to_string()
}

#[test]
fn a_threshold_is_kept_or_not() {
    assert!(judged("push.p99<5ms").1 && !judged("push.p99<2ms").1);
    assert_eq!(judged("ledger.lost==0"), (Some(0.0), true));
    assert_eq!(judged("ledger.lost!=0"), (Some(0.0), false));
    assert!(judged("opens_per_second >= 8000").1 && !judged("opens_per_second>=9000").1);
    assert!(
        judged("gateway.bytes_per_socket<=3KiB").1 && !judged("gateway.bytes_per_socket<=2KiB").1
    );
    assert!(judged("kernel.bytes_per_socket < 6 KB").1);
    assert!(
        judged("memory.after_churn_ratio<=110%").1 && !judged("memory.after_churn_ratio<=1.01").1
    );
    assert!(judged("redis.cpu_seconds<15s").1 && judged("redis.cpu_seconds > 14000ms").1);
    assert_eq!(judged("push.p99.9<1s"), judged("push.p99_9<1s"));
}

#[test]
fn a_figure_that_was_not_measured_keeps_no_threshold() {
    assert_eq!(judged("resume.p99<1s"), (None, false));
    assert_eq!(judged("proxy.cpu_seconds<1s"), (None, false));
    assert_eq!(judged("push under abuse.p99<1s"), (None, false));
}

#[test]
fn an_error_names_the_mistake_and_the_known_names() {
    assert!(refused("push.p99").contains("has no operator"));
    assert!(refused("push.p99=5").contains("has no operator"));
    assert!(refused("push.p99<fast").contains("`fast` is not a number"));
    assert!(refused("push.p99<1.2.3ms").contains("is not a number"));
    assert!(
        refused("push.p98<5ms")
            .contains("unknown figure `push.p98`: push has count, mean, p50, p90, p99,")
    );
    assert!(refused("pusch.p99<5ms").contains("known are handshake, open, scan, confirm, push"));
    assert!(
        refused("ledger.missing==0").contains("ledger has expected, received, duplicate, lost")
    );
    assert!(refused("opens>8000").contains("opens_per_second"));
    assert!(refused("push.p99<5min").contains("`min` is not a unit"));
    assert!(
        refused("push.p99<5KiB").contains("`push.p99` cannot be compared with KiB: it is a time")
    );
    assert!(refused("ledger.lost<5ms").contains("it is a number"));
    assert!(refused("<5").contains("unknown figure ``"));
}

#[test]
fn a_threshold_can_bound_the_cost_of_a_step() {
    let judged = |expression: &str| {
        expression
            .parse::<Threshold>()
            .unwrap()
            .judge(&sample_of_steps())
    };
    assert!(judged("gateway.cpu_ms_per_1000_confirms<=300").passed);
    assert!(!judged("redis.cpu_ms_per_1000_scans<149ms").passed);
    for figure in [
        "gateway.cpu_ms_per_1000_opens",
        "gateway.cpu_ms_per_1000_redeems",
    ] {
        assert!(
            judged(&format!("{figure}<1s"))
                .value
                .is_some_and(|cost| cost > 0.0)
        );
    }
    assert_eq!(judged("gateway.cpu_ms_per_1000_logins<1s").value, None);
}

#[test]
fn the_readme_names_every_figure() {
    let readme = include_str!("../../README.md");
    let (members, rates) = (
        [PERCENTILES, LEDGER, GENERATOR, MEMORY, PROCESS].concat(),
        RATES,
    );
    let members = members.iter().map(|(name, ..)| format!("`.{name}`"));
    let names = members.chain(rates.iter().map(|(name, ..)| format!("`{name}`")));
    for name in names.chain(KINDS.map(|kind| format!("`{kind}`"))) {
        assert!(
            readme.contains(&name),
            "{name} is missing in loadtest/README.md"
        );
    }
}

/// Every name of [`Report::figures`] can be parsed.
#[test]
fn every_figure_of_a_report_can_be_bounded() {
    for report in [sample(), sample_of_steps()] {
        for figure in report.figures() {
            let threshold: Threshold = format!("{}>=0", figure.name).parse().unwrap();
            assert_eq!(
                (threshold.unit(), threshold.judge(&report).value),
                (figure.unit, Some(figure.value))
            );
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}") {
        let _ = text.parse::<Threshold>();
    }

    #[test]
    fn text_that_is_nearly_a_threshold_is_read_or_refused(text in r"[a-z]{0,6}\.?[a-z0-9_.]{0,6} ?[<>=!]{0,3} ?[0-9.]{0,5} ?[a-zA-Z%µ]{0,3}") {
        let _ = text.parse::<Threshold>();
    }

    #[test]
    fn spaces_change_nothing_and_a_unit_is_only_a_factor(
        kind in prop::sample::select(&KINDS[..]),
        operator in prop::sample::select(vec!["<", "<=", ">", ">=", "==", "!="]),
        number in 0_u32..1_000_000,
    ) {
        let read = |text: String| text.parse::<Threshold>().unwrap();
        let plain = read(format!("{kind}.p99{operator}{number}"));
        let spaced = read(format!("{kind}.p99 {operator}  {number} ms"));
        let micros = read(format!("{kind}.p99{operator}{}us", u64::from(number) * 1000));
        prop_assert_eq!((&plain.figure, plain.operator), (&spaced.figure, spaced.operator));
        for other in [spaced, micros] {
            prop_assert!((other.limit - plain.limit).abs() <= plain.limit * 1e-9, "{other:?}");
        }
    }
}
