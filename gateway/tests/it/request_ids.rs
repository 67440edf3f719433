//! Row K7: each request has an id, which its answer, its problem document and its log lines name, and a log line if the
//! operator wants one.

use reqwest::Response;
use saoma_client::HttpLogin;
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{Problem, ServerMessage, paths};

use crate::support::{CapturedLogs, IntrospectionStub, Node, TokenRequest, World, hall, until};

const BEHIND_A_PROXY: &str = "server.trusted_proxies = ['127.0.0.1']";

async fn get(node: &Node, path: &str, headers: &[(&'static str, &str)]) -> Response {
    let mut request = reqwest::Client::new().get(node.url.join(path).unwrap());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

fn id_of(response: &Response) -> String {
    let ids: Vec<_> = response.headers().get_all("x-request-id").iter().collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    ids[0].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn k7_every_answer_has_an_id_of_its_own_and_a_problem_document_repeats_it() {
    let node = World::in_memory().start().await;
    let mut ids = Vec::new();
    for path in [
        paths::DISCOVERY,
        paths::JWKS,
        paths::AUTHORIZE,
        paths::DEVICE,
        "/nowhere",
    ] {
        let response = get(&node, path, &[]).await;
        let id = id_of(&response);
        assert_eq!(id.len(), 32, "{path}: {id}");
        let media_type = response.headers()["content-type"].to_str().unwrap();
        if media_type == Problem::MEDIA_TYPE {
            let problem: Problem = response.json().await.unwrap();
            assert_eq!(problem.request_id.as_deref(), Some(&*id), "{path}");
        }
        ids.push(id);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5, "no id comes twice");
}

#[tokio::test]
async fn k7_only_a_proxy_of_ours_names_requests() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let stranger = World::in_memory().start().await;
    let behind = World::in_memory().with(BEHIND_A_PROXY).start().await;
    let from = ("x-forwarded-for", "198.51.100.1");
    for (header, value, named) in [
        ("x-request-id", "edge-42", "edge-42"),
        ("traceparent", &traceparent, TRACE),
    ] {
        let response = get(&behind, "/nowhere", &[from, (header, value)]).await;
        assert_eq!(id_of(&response), named);
        let problem: Problem = response.json().await.unwrap();
        assert_eq!(problem.request_id.as_deref(), Some(named));
        let response = get(&stranger, "/nowhere", &[(header, value)]).await;
        assert_ne!(id_of(&response), named, "a stranger's {header}");
    }
    let forged = get(&behind, "/nowhere", &[from, ("x-request-id", "a b\"c")]).await;
    assert_eq!(id_of(&forged).len(), 32, "text that is no id");
}

#[tokio::test(flavor = "current_thread")]
async fn k7_the_log_lines_of_a_request_have_its_id() {
    let logs = CapturedLogs::start("warn");
    let backend = IntrospectionStub::start("no JSON".to_owned()).await;
    let world = World::in_memory()
        .with_introspection(&backend)
        .with(BEHIND_A_PROXY);
    let node = world.start().await;
    let scan = reqwest::Client::new()
        .post(node.url.join(paths::SCANS).unwrap())
        .header("x-forwarded-for", "198.51.100.1")
        .header("x-request-id", "edge-43")
        .bearer_auth("a-token-of-the-app")
        .json(&serde_json::json!({ "user_code": "BCDF-GHJK" }))
        .send();
    assert_eq!(scan.await.unwrap().status(), 503);
    let text = logs.text();
    let mut lines = text
        .lines()
        .filter(|line| line.contains("could not serve a request"));
    let line = lines.next().unwrap_or_else(|| panic!("no line: {text}"));
    assert!(line.contains("request_id=edge-43"), "{line}");
}

#[tokio::test(flavor = "current_thread")]
async fn k7_with_the_setting_each_request_has_a_line_and_no_line_has_a_secret() {
    let logs = CapturedLogs::start("info");
    let world = World::in_memory().with("log.requests = true");
    let node = world.start().await;
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    browser.next().await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    let request = TokenRequest::of(&login, &redirect_to);
    assert_eq!(request.send(&node).await.status, 200);
    let response = get(&node, "/q/SECRET-CODE?secret=QUERY", &[]).await;
    let id = id_of(&response);
    drop(response.bytes().await.unwrap());

    let text = logs.text();
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("answered a request"))
        .collect();
    let of = |route: &str| {
        let route = format!("route=\"{route}\"");
        let mut lines = lines.iter().filter(|line| line.contains(&route));
        let line = lines
            .next()
            .unwrap_or_else(|| panic!("no line for {route}: {text}"));
        assert_eq!(lines.next(), None);
        *line
    };
    let of_login = format!("login_id={}", login.login_id);
    for (route, status) in [
        (paths::SCANS, 200),
        (paths::CONFIRM, 200),
        (paths::TOKEN, 200),
    ] {
        let line = of(route);
        for part in [
            "method=POST",
            &format!("status={status}"),
            "milliseconds=",
            "address=127.0.0.1",
            &of_login,
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(!line.contains("bytes=0 "), "{line}");
    }
    assert!(of(paths::SOCKET).contains("status=101"));
    assert!(of("/q/{code}").contains(&format!("request_id={id}")));
    for secret in ["SECRET-CODE", "QUERY", "code=", &*login.qr] {
        assert!(
            !lines.iter().any(|line| line.contains(secret)),
            "{secret}: {text}"
        );
    }
}

#[tokio::test(flavor = "current_thread")]
async fn k7_the_line_of_an_event_stream_is_written_at_its_end() {
    let logs = CapturedLogs::start("info");
    let node = World::in_memory().with("log.requests = true").start().await;
    let http = reqwest::Client::new();
    let (requests, login) = HttpLogin::open(&http, &node.url, &hall()).await.unwrap();
    let line = || {
        let text = logs.text();
        let mut lines = text.lines().filter(|line| line.contains(paths::EVENTS));
        lines.next().map(str::to_owned)
    };
    let mut stream = requests.stream_request(0).unwrap().send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    assert_eq!(line(), None, "it is being sent");
    drop(stream);
    until(|| line().is_some()).await;
    let line = line().unwrap();
    assert!(
        line.contains(&format!("login_id={}", login.login_id)),
        "{line}"
    );
    assert!(!line.contains("bytes=0 "), "{line}");
}
