//! The text that Prometheus reads.

use super::*;

#[test]
fn the_text_names_what_happened() {
    let metrics = Arc::new(Metrics::default());
    let open = metrics.socket_opened();
    metrics.login_opened(Transport::WebSocket);
    metrics.attached(Transport::LongPoll);
    metrics.login_changed(EventKind::Scan);
    metrics.pushed(PushSource::Inbox);
    metrics.push_lag(3);
    metrics.refused("scan", ErrorCode::UnknownCode);
    metrics.limited(LimitName::ScanPerPerson);
    metrics.socket_closed(CloseCode::Done);
    metrics.socket_gone();
    let text = metrics.encode(Exposition::OpenMetrics).expect("text");
    for line in [
        "saoma_sockets_open 1",
        r#"saoma_logins_opened_total{transport="websocket"} 1"#,
        r#"saoma_attachments_total{transport="long_poll"} 1"#,
        r#"saoma_login_changes_total{event="scan"} 1"#,
        r#"saoma_pushes_total{source="inbox"} 1"#,
        r#"saoma_push_lag_seconds_bucket{le="0.0032"} 1"#,
        r#"saoma_refusals_total{step="scan",error="unknown_code"} 1"#,
        r#"saoma_rate_limited_total{limit="scan_per_person"} 1"#,
        r#"saoma_socket_closes_total{code="done"} 1"#,
        r#"saoma_socket_closes_total{code="gone"} 1"#,
        concat!(
            r#"saoma_build_info{version=""#,
            env!("CARGO_PKG_VERSION"),
            r#""} 1"#
        ),
    ] {
        assert!(
            text.lines().any(|written| written == line),
            "{line}: {text}"
        );
    }
    assert!(text.contains("\nprocess_start_time_seconds 1"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    drop(open);
    assert!(
        metrics
            .encode(Exposition::OpenMetrics)
            .expect("text")
            .contains("saoma_sockets_open 0")
    );
}
