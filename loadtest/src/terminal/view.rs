//! Layout of the screen: a pure function of the snapshot and the seconds before it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Cell, LineGauge, Paragraph, Row, Sparkline, Table};

use super::history::History;
use crate::coordinator::snapshot::Snapshot;
use crate::report::format::{bytes, count, decimal};

/// Minimum number of columns for curves beside the table of latencies.
const WIDE: u16 = 96;

/// Widths of the latency columns: four of the last second, four of the whole run.
const LATENCY_COLUMNS: [u16; 8] = [7, 7, 7, 7, 9, 7, 7, 7];

/// Draws the progress of a run.
pub(super) fn render(frame: &mut Frame<'_>, snapshot: &Snapshot, history: &History) {
    let kinds = u16::try_from(snapshot.latencies.len()).unwrap_or(u16::MAX);
    let processes = u16::try_from(snapshot.second.processes.len()).unwrap_or(u16::MAX);
    let failures = u16::try_from(snapshot.failures.len().min(3)).unwrap_or(0);
    let [head, rates, latencies, health, servers, failed, _] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(4),
        Constraint::Length(kinds.saturating_add(3)),
        Constraint::Length(4),
        Constraint::Length(if processes > 0 {
            processes.saturating_add(2)
        } else {
            0
        }),
        Constraint::Length(failures),
        Constraint::Min(0),
    ])
    .areas(frame.area());
    draw_head(frame, head, snapshot);
    draw_rates(frame, rates, snapshot, history);
    draw_latencies(frame, latencies, snapshot, history);
    let [ledger, generator] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(health);
    draw_ledger(frame, ledger, snapshot);
    draw_generator(frame, generator, snapshot);
    draw_processes(frame, servers, snapshot);
    draw_failures(frame, failed, snapshot);
}

fn boxed(title: &str) -> Block<'_> {
    let title = Span::from(format!(" {title} ")).not_dim().bold();
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(Style::new().dim())
        .title(title)
}

/// A label and its number.
fn labelled<'a>(label: &'a str, value: String) -> [Span<'a>; 3] {
    [
        Span::from(label).dim(),
        Span::from(format!(" {value}")),
        Span::from("   "),
    ]
}

/// A label and a number that is highlighted unless it is 0.
fn alarming<'a>(label: &'a str, number: u64) -> [Span<'a>; 3] {
    let [label, value, gap] = labelled(label, count(number));
    [
        label,
        if number > 0 {
            value.red().bold()
        } else {
            value
        },
        gap,
    ]
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let [line, gauge] = Layout::vertical([Constraint::Length(1); 2]).areas(area);
    let [left, right] =
        Layout::horizontal([Constraint::Fill(1), Constraint::Length(16)]).areas(line);
    let name = Span::from(format!(" saoma-load {}  ", snapshot.scenario)).bold();
    let phase = match &snapshot.generator.voided {
        Some(reason) => Span::from(format!("VOID: {reason}")).red().bold(),
        None => Span::from(&snapshot.phase),
    };
    frame.render_widget(Line::from_iter([name, phase]), left);
    frame.render_widget(Line::from("q ends the run ").dim().right_aligned(), right);
    let clock = Snapshot::clock(snapshot.elapsed);
    let (Some(progress), Some(length)) = (snapshot.progress(), snapshot.length) else {
        frame.render_widget(Line::from(format!(" {clock} of this part")), gauge);
        return;
    };
    let remaining = Snapshot::clock(length.saturating_sub(snapshot.elapsed));
    let label = format!(
        " {clock} of {}, {remaining} to go ",
        Snapshot::clock(length)
    );
    let bar = LineGauge::default()
        .ratio(progress)
        .label(label)
        .filled_style(Color::Cyan)
        .unfilled_style(Style::new().dim());
    frame.render_widget(bar, gauge);
}

fn draw_rates(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot, history: &History) {
    let second = &snapshot.second;
    let block = boxed("last second");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let [text, curves] =
        Layout::horizontal([Constraint::Length(62), Constraint::Fill(1)]).areas(inner);
    let rates = [
        labelled("arrivals", count(second.arrivals)),
        labelled("done", count(second.done)),
        alarming("failed", second.failed),
    ];
    let lines = [
        Line::from_iter(rates.concat()),
        Line::from_iter(labelled("sockets", count(second.sockets))),
    ];
    frame.render_widget(Paragraph::new(Vec::from(lines)), text);
    let [done, sockets] = Layout::vertical([Constraint::Length(1); 2]).areas(curves);
    frame.render_widget(
        Sparkline::default()
            .data(history.done(done.width))
            .style(Color::Cyan),
        done,
    );
    frame.render_widget(
        Sparkline::default()
            .data(history.sockets(sockets.width))
            .style(Color::Blue),
        sockets,
    );
}

fn draw_latencies(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot, history: &History) {
    let is_wide = area.width >= WIDE;
    let block = boxed(if is_wide {
        "latency, ms; curves: p99 of each second"
    } else {
        "latency, ms"
    });
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let longest = snapshot
        .latencies
        .iter()
        .map(|(kind, _)| kind.len())
        .max()
        .unwrap_or_default();
    let kind_width = u16::try_from(longest).unwrap_or(u16::MAX).clamp(10, 24);
    let widths = [kind_width].into_iter().chain(LATENCY_COLUMNS);
    let table_width = widths.clone().map(|width| width + 1).sum();
    let [table, curves] =
        Layout::horizontal([Constraint::Length(table_width), Constraint::Fill(1)]).areas(inner);
    let heads = [
        "", "count", "p50", "p99", "max", "all: p50", "p99", "p99.9", "max",
    ];
    let rows = snapshot.latencies.iter().map(|(kind, all)| {
        let last = snapshot
            .second
            .latencies
            .get(kind)
            .filter(|last| last.count > 0);
        let last = last.map_or_else(
            || ["-"; 4].map(str::to_owned),
            |last| {
                [
                    count(last.count),
                    decimal(last.p50),
                    decimal(last.p99),
                    decimal(last.max),
                ]
            },
        );
        let all = [all.p50, all.p99, all.p99_9, all.max].map(decimal);
        let figures = last
            .into_iter()
            .chain(all)
            .map(|figure| right(figure, Style::new()));
        Row::new([Cell::from(kind.clone()).bold()].into_iter().chain(figures))
    });
    let head = Row::new(heads.map(|head| right(head.to_owned(), Style::new().dim())));
    frame.render_widget(Table::new(rows, widths).header(head), table);
    if !is_wide {
        return;
    }
    for ((kind, _), row) in snapshot.latencies.iter().zip(curves.rows().skip(1)) {
        frame.render_widget(
            Sparkline::default()
                .data(history.p99(kind, row.width))
                .style(Color::Yellow),
            row,
        );
    }
}

fn right(text: String, style: Style) -> Cell<'static> {
    Cell::from(Line::from(text).right_aligned()).style(style)
}

fn draw_ledger(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let ledger = &snapshot.ledger;
    let delivered = [
        labelled(
            "delivered",
            format!("{} of {}", count(ledger.received), count(ledger.expected)),
        ),
        labelled("pending", count(ledger.lost)),
    ];
    let wrong = [
        alarming("duplicate", ledger.duplicate),
        alarming("wrong", ledger.wrong_browser),
        alarming("failed", ledger.failed),
    ];
    let lines = vec![
        Line::from_iter(delivered.concat()),
        Line::from_iter(wrong.concat()),
    ];
    frame.render_widget(Paragraph::new(lines).block(boxed("ledger")), area);
}

fn draw_generator(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let generator = &snapshot.generator;
    let (late, cpu) = (
        &generator.lateness,
        format!("{} s", decimal(generator.cpu_seconds)),
    );
    let lines = vec![
        Line::from_iter(labelled(
            "late p99",
            format!("{} ms, max {} ms", decimal(late.p99), decimal(late.max)),
        )),
        Line::from_iter([alarming("dropped", generator.dropped), labelled("CPU", cpu)].concat()),
    ];
    frame.render_widget(Paragraph::new(lines).block(boxed("generator")), area);
}

fn draw_processes(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let rows = snapshot.second.processes.iter().map(|(name, process)| {
        let memory = process
            .pss_bytes
            .map_or_else(|| "-".to_owned(), |memory| bytes(memory as f64));
        let cpu = format!("{:.0} % CPU", process.cpu_seconds * 100.0);
        Row::new([
            Cell::from(name.clone()).bold(),
            right(memory, Style::new()),
            right(cpu, Style::new()),
        ])
    });
    frame.render_widget(
        Table::new(rows, [18, 12, 12]).block(boxed("processes")),
        area,
    );
}

fn draw_failures(frame: &mut Frame<'_>, area: Rect, snapshot: &Snapshot) {
    let lines = snapshot.failures.iter().take(3);
    let lines =
        lines.map(|failure| Line::from(format!(" {} × {}", count(failure.count), failure.what)));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()).red(), area);
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::crate::coordinator::snapshot::sample;
    use super::*;
    use crate::report::model::Failure;
    use crate::report::sample;

    fn drawn(width: u16, height: u16, snapshot: &Snapshot) -> String {
        let mut history = History::default();
        for second in &sample::sample().series[..42] {
            history.add(&Snapshot {
                second: second.clone(),
                ..snapshot.clone()
            });
        }
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal
            .draw(|frame| render(frame, snapshot, &history))
            .unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn a_wide_screen() {
        insta::assert_snapshot!(drawn(110, 26, &sample()));
    }

    #[test]
    fn the_smallest_usual_screen_with_failures() {
        let mut snapshot = sample();
        snapshot.ledger.failed = 7;
        snapshot.generator.voided = Some("the generator was 300 ms late at p99".into());
        snapshot.failures = vec![Failure {
            what: "phone: 503".into(),
            count: 7,
        }];
        insta::assert_snapshot!(drawn(80, 24, &snapshot));
    }

    #[test]
    fn no_screen_is_too_small_and_nothing_measured_too_little() {
        for (width, height) in [(1, 1), (20, 5), (300, 3)] {
            drawn(width, height, &sample());
            drawn(width, height, &Snapshot::default());
        }
    }
}
