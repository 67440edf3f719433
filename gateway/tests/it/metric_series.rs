//! Row K6: alerts on `rate()` see the first event, because each series exists before it; and no series comes later.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use saoma_client::{HttpLogin, HttpMode, Phone, Transport};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ServerMessage, paths};

use crate::support::{NodeProcess, RedisServer, TokenRequest, World, hall};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0";
const TEXT: &str = "text/plain; version=0.0.4";

/// The names and labels of all series.
async fn series(node: &NodeProcess) -> BTreeSet<String> {
    let text = node.metrics(TEXT).await.text().await.unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
        .collect()
}

/// Lets a person log in, and presents the code once more.
async fn log_in(node: &NodeProcess, phone: &Phone, transport: &Transport) {
    let (mut browser, login) = transport.open(&node.url, &hall()).await.unwrap();
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    let redirect_to = loop {
        let told = browser.next_frame().await.unwrap();
        if let Some(ServerMessage::Confirmed { redirect_to, .. }) = told {
            break redirect_to;
        }
    };
    let request = TokenRequest::of(&login, &redirect_to);
    for expected in [200, 400] {
        let endpoint = node.url.join(paths::TOKEN).unwrap();
        let exchanged = request.send_by(&reqwest::Client::new(), endpoint).await;
        assert_eq!(exchanged.unwrap().status, expected);
    }
}

#[tokio::test]
async fn k6_every_series_exists_before_its_first_event_and_none_comes_later() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = NodeProcess::start(&world, &[]).await;
    let before = series(&node).await;
    for expected in [
        r#"saoma_refusals_total{step="open",error="temporarily_unavailable"}"#,
        r#"saoma_pushes_total{source="sweep"}"#,
        r#"saoma_app_tokens_refused_total{reason="kid"}"#,
        r#"saoma_nodes_in_conflict{setting="cluster.secret_files"}"#,
        r#"saoma_http_requests_total{route="/v1/scans",status="5xx"}"#,
        r#"saoma_http_request_seconds_count{route="/oauth2/token"}"#,
        r#"saoma_backend_requests_total{request="introspection",result="failed"}"#,
        r#"saoma_store_command_seconds_bucket{le="+Inf",verb="redeem"}"#,
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        "process_threads",
    ] {
        assert!(before.contains(expected), "{expected}: {before:#?}");
    }

    let http = reqwest::Client::new();
    let phone = Phone::new(node.url.clone(), world.persons.token(1)).unwrap();
    for transport in [
        Transport::WebSocket,
        Transport::Http(http.clone(), HttpMode::EventStream),
        Transport::Http(http.clone(), HttpMode::LongPoll { wait: 25 }),
    ] {
        log_in(&node, &phone, &transport).await;
    }
    let stranger = Phone::new(node.url.clone(), "no-token").unwrap();
    stranger.type_code("BCDF-GHJK").await.unwrap_err();
    phone
        .scan("https://elsewhere.example/q/BCDF")
        .await
        .unwrap_err();
    for path in [
        paths::SOCKET,
        paths::AUTHORIZE,
        paths::USERINFO,
        paths::SESSIONS,
        "/no/where",
    ] {
        let url = node.url.join(path).unwrap();
        assert!(
            http.get(url)
                .send()
                .await
                .unwrap()
                .status()
                .is_client_error(),
            "{path}"
        );
    }
    for _ in 0..150 {
        // The last ones are over the limit.
        drop(HttpLogin::open(&http, &node.url, &hall()).await);
    }
    drop(redis);
    phone.type_code("BCDF-GHJK").await.unwrap_err();

    let after = series(&node).await;
    let later: Vec<_> = after.difference(&before).collect();
    assert_eq!(
        later,
        Vec::<&String>::new(),
        "they came with their first event"
    );
    assert!(before.len() < 3000, "{} series", before.len());
}

#[tokio::test]
async fn the_reader_chooses_between_both_formats_and_promtool_finds_no_fault_in_them() {
    let node = NodeProcess::start(&World::in_memory(), &[]).await;
    for (accept, media_type) in [
        (
            OPEN_METRICS,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
        (TEXT, "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
    ] {
        let response = node.metrics(accept).await;
        assert_eq!(response.headers()["content-type"], media_type, "{accept}");
        let text = response.text().await.unwrap();
        assert_eq!(text.ends_with("# EOF\n"), accept == OPEN_METRICS);
        if accept != OPEN_METRICS {
            let mut promtool = Command::new("promtool")
                .args(["check", "metrics"])
                .stdin(Stdio::piped())
                .stderr(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("promtool: .ci/setup installs it");
            promtool
                .stdin
                .take()
                .unwrap()
                .write_all(text.as_bytes())
                .unwrap();
            let output = promtool.wait_with_output().unwrap();
            let found = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && found.is_empty(), "{found}");
        }
    }
}
