//! The page is well-formed, complete and self-contained.

use roxmltree::Document;

use super::super::format::fixed;
use super::super::sample::{sample, sample_of_failure, sample_of_steps};
use super::*;

/// Returns the page without its first line, which is not XML.
fn xml(report: &Report) -> String {
    let page = page(report).unwrap();
    page.strip_prefix("<!doctype html>\n").unwrap().to_owned()
}

fn text(document: &Document<'_>) -> String {
    document
        .descendants()
        .filter(roxmltree::Node::is_text)
        .filter_map(|node| node.text())
        .collect()
}

#[test]
fn the_page_is_well_formed_and_asks_for_nothing() {
    for report in [sample(), sample_of_failure(), Report::default()] {
        let xml = xml(&report);
        let document = Document::parse(&xml).unwrap();
        for node in document.descendants() {
            let asks = ["src", "href", "action", "srcset", "data", "poster"]
                .iter()
                .any(|name| node.has_attribute(*name));
            assert!(!asks && !node.has_tag_name("script"), "{node:?}");
        }
        assert!(!xml.contains("url(") && !xml.contains("@import"));
    }
}

#[test]
fn every_figure_stands_on_the_page() {
    let report = sample();
    let xml = xml(&report);
    let text = text(&Document::parse(&xml).unwrap());
    for latency in &report.latencies {
        let p = &latency.percentiles;
        for figure in [p.mean, p.p50, p.p90, p.p99, p.p99_9, p.p99_99, p.max] {
            assert!(text.contains(&fixed(figure)), "{} {figure}", latency.name);
        }
    }
    for process in &report.processes {
        assert!(
            text.contains(&bytes(process.pss_bytes_end as f64))
                && text.contains(&decimal(process.cpu_seconds))
        );
    }
    for slope in report.memory.as_ref().unwrap().slopes.values() {
        assert!(text.contains(&format!("{} per socket", bytes(slope.bytes_per_socket))));
    }
    for (name, setting) in settings(&report.scenario.settings) {
        assert!(text.contains(&name) && text.contains(&setting), "{name}");
    }
    for outcome in &report.thresholds {
        assert!(text.contains(&outcome.expression));
    }
    assert!(
        text.contains("8,413 /s") && text.contains("499.6 /s") && text.contains("not measured")
    );
}

#[test]
fn a_table_has_the_cost_of_each_step_for_each_process() {
    let xml = xml(&sample_of_steps());
    let document = Document::parse(&xml).unwrap();
    let rows = document
        .descendants()
        .filter(|node| node.has_tag_name("tr"));
    let cells = |row: roxmltree::Node<'_, '_>| {
        row.children()
            .filter_map(|cell| cell.text())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let rows: Vec<_> = rows.map(|row| cells(row).to_owned()).collect();
    for row in [
        "processor time by step done gateway, CPU ms / 1,000 redis, CPU ms / 1,000",
        "confirm 14,000 300.0 150.0",
    ] {
        assert!(rows.iter().any(|shown| shown == row), "{rows:?}");
    }
}

#[test]
fn every_plot_has_axes_with_units_words_and_a_table() {
    let xml = xml(&sample());
    let document = Document::parse(&xml).unwrap();
    let figures: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("figure"))
        .collect();
    assert_eq!(
        figures.len(),
        10,
        "percentiles, four kinds by second, arrivals, sockets, slope, CPU, memory"
    );
    for figure in figures {
        let inside = |name: &str| {
            figure
                .descendants()
                .filter(|node| node.has_tag_name(name))
                .count()
        };
        let svg = figure
            .descendants()
            .find(|node| node.has_tag_name("svg"))
            .unwrap();
        assert!(svg.attribute("aria-label").unwrap().len() > 40);
        let labels = svg.descendants().filter(|node| {
            node.attribute("class")
                .is_some_and(|class| class.starts_with("label"))
        });
        assert_eq!(
            (labels.count(), inside("details"), inside("table")),
            (2, 1, 1)
        );
        assert!(svg.descendants().any(|node| node.has_tag_name("path")));
    }
}

#[test]
fn the_verdict_stands_first_and_a_failure_cannot_write_markup() {
    let banner = |report: &Report| {
        let xml = xml(report);
        let document = Document::parse(&xml).unwrap();
        let verdict = document
            .descendants()
            .find(|node| node.attribute("id") == Some("verdict"))
            .unwrap();
        verdict.attribute("class").unwrap().to_owned()
    };
    let mut late = sample();
    late.generator.voided = Some("it was late".into());
    assert_eq!(
        [sample(), sample_of_failure(), late].map(|report| banner(&report)),
        ["good", "bad", "void"]
    );
    let xml = xml(&sample_of_failure());
    assert!(
        !xml.contains("<unavailable>")
            && text(&Document::parse(&xml).unwrap()).contains("503 <unavailable> & \"retry\"")
    );
}
