//! The alerts and the dashboard in docs/deploy fit the gateway, and a real Prometheus fires on a real node.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use saoma_client::{HttpLogin, Phone};
use saoma_load::ports;
use serde_json::Value;
use tempfile::TempDir;

use crate::documents::root;
use crate::support::{NodeProcess, RedisServer, World, hall};

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join("docs").join(name)).unwrap()
}

/// Runs promtool in a folder and returns what it says.
fn promtool(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("promtool");
    let output = command.current_dir(folder).args(arguments).output();
    let output = output.expect("promtool: .ci/setup installs it");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

/// All expressions of the dashboard, with values for its variables.
fn dashboard_expressions() -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(expression)) = members.get("expr") {
                    found.push(expression.clone());
                }
                members.values().for_each(|value| collect(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana.json")).unwrap();
    let mut found = Vec::new();
    collect(&dashboard, &mut found);
    let filled = found.into_iter().map(|expression| {
        expression
            .replace("$__rate_interval", "5m")
            .replace("$job", ".*")
            .replace("$instance", ".*")
    });
    filled.collect()
}

/// The expressions of the alerts: what follows `expr:`, to the next member.
fn alert_expressions() -> Vec<String> {
    let rules = read("deploy/alerts.yml");
    let after = rules.split("expr:").skip(1);
    let expressions = after.map(|rest| {
        let end = ["\n        for:", "\n        labels:"]
            .into_iter()
            .filter_map(|member| rest.find(member))
            .min();
        rest[..end.unwrap()]
            .trim()
            .trim_start_matches('|')
            .to_owned()
    });
    expressions.collect()
}

/// The series that an expression selects: names, and label values that are compared by `=`.
fn selected(expression: &str) -> Vec<(String, Vec<(String, String)>)> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let mut found = Vec::new();
    for prefix in ["saoma_", "process_"] {
        for (at, _) in expression.match_indices(prefix) {
            if expression[..at].ends_with(|character| is_name(character) || character == '"') {
                continue;
            }
            let rest = &expression[at..];
            let end = rest
                .find(|character| !is_name(character))
                .unwrap_or(rest.len());
            let matchers = rest[end..]
                .strip_prefix('{')
                .and_then(|rest| rest.split_once('}'));
            let matchers = matchers.map_or("", |(matchers, _)| matchers).split(',');
            let equal = matchers.filter_map(|matcher| matcher.split_once("=\""));
            let equal = equal.filter(|(label, _)| !label.ends_with('!') && *label != "job");
            let equal = equal
                .map(|(label, value)| (label.to_owned(), value.trim_end_matches('"').to_owned()));
            found.push((rest[..end].to_owned(), equal.collect()));
        }
    }
    found
}

#[tokio::test]
async fn every_expression_of_alerts_and_dashboard_names_series_that_a_node_has_from_its_start() {
    let node = NodeProcess::start(&World::in_memory(), &[]).await;
    let text = node.metrics("text/plain").await.text().await.unwrap();
    let expressions = [alert_expressions(), dashboard_expressions()].concat();
    assert!(expressions.len() > 50, "{expressions:#?}");
    for expression in &expressions {
        for (name, labels) in selected(expression) {
            let is_there = text.lines().any(|line| {
                let rest = line.strip_prefix(&name);
                rest.is_some_and(|rest| rest.starts_with([' ', '{']))
                    && labels
                        .iter()
                        .all(|(label, value)| line.contains(&format!("{label}=\"{value}\"")))
            });
            assert!(is_there, "{name} {labels:?} of {expression}");
        }
    }
}

#[test]
fn the_rules_and_every_expression_of_the_dashboard_parse_and_the_rules_pass_their_tests() {
    let deploy = root().join("docs/deploy");
    promtool(&deploy, &["check", "rules", "alerts.yml"]);
    promtool(&deploy, &["test", "rules", "alerts_test.yml"]);
    let folder = TempDir::new().unwrap();
    let mut rules = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    for (number, expression) in dashboard_expressions().iter().enumerate() {
        let expression = serde_json::to_string(expression).unwrap();
        writeln!(
            rules,
            "      - record: dashboard:{number}\n        expr: {expression}"
        )
        .unwrap();
    }
    std::fs::write(folder.path().join("dashboard.yml"), rules).unwrap();
    promtool(folder.path(), &["check", "rules", "dashboard.yml"]);
}

#[test]
fn each_alert_has_a_test_and_a_section_of_the_operators_page() {
    let (rules, tests, page) = (
        read("deploy/alerts.yml"),
        read("deploy/alerts_test.yml"),
        read("operations.md"),
    );
    let alerts: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() > 15);
    for alert in &alerts {
        assert!(
            page.contains(&format!("\n### {alert}\n")),
            "{alert} has no section"
        );
        let runbook = format!("runbook: docs/operations.md#{}", alert.to_lowercase());
        assert!(rules.contains(&runbook), "{alert} names its section");
        let fires = format!("alertname: {alert}\n        exp_alerts:\n");
        assert!(tests.contains(&fires), "{alert} fires in no test");
    }
    let sections = page
        .lines()
        .filter_map(|line| line.strip_prefix("### Saoma"));
    assert_eq!(sections.count(), alerts.len(), "no section is left over");
}

/// A Prometheus in a process of its own, with the alerts of docs/deploy. It ends when dropped.
struct Prometheus {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one that reads this node each second, and whose alerts wait for nothing.
    fn start(node: &NodeProcess) -> Self {
        let folder = TempDir::new().unwrap();
        let rules: String = read("deploy/alerts.yml")
            .lines()
            .filter(|line| !line.trim_start().starts_with("for: "))
            .fold(String::new(), |text, line| text + line + "\n");
        std::fs::write(folder.path().join("alerts.yml"), rules).unwrap();
        let (target, port) = (node.operations.authority(), ports::reserve().unwrap());
        let settings = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
             rule_files: [alerts.yml]\n\
             scrape_configs:\n  - job_name: saoma\n    static_configs: [{{ targets: ['{target}'] }}]\n"
        );
        std::fs::write(folder.path().join("prometheus.yml"), settings).unwrap();
        let process = Command::new("prometheus")
            .current_dir(folder.path())
            .args(["--config.file=prometheus.yml", "--storage.tsdb.path=data"])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus: .ci/setup installs it");
        Self {
            process,
            port,
            _folder: folder,
        }
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let url = format!("http://127.0.0.1:{}/api/v1/{path}", self.port);
        reqwest::get(url).await.ok()?.json().await.ok()
    }

    /// Returns the names of the firing alerts.
    async fn firing(&self) -> BTreeSet<String> {
        let answer = self.get("alerts").await.unwrap_or_default();
        let alerts = answer["data"]["alerts"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        firing
            .filter_map(|alert| Some(alert["labels"]["alertname"].as_str()?.to_owned()))
            .collect()
    }

    /// Returns the number of times that the node was read.
    async fn scrapes(&self) -> f64 {
        let query = "query?query=sum_over_time(up%7Bjob=%22saoma%22%7D%5B1h%5D)";
        let answer = self.get(query).await.unwrap_or_default();
        let value = answer["data"]["result"][0]["value"][1].as_str();
        value.map_or(0.0, |value| value.parse().unwrap())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Repeats a deed until an alert fires.
async fn until_it_fires(prometheus: &Prometheus, alert: &str, mut deed: impl AsyncFnMut()) {
    let fires = async {
        while !prometheus.firing().await.contains(alert) {
            deed().await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let fired = tokio::time::timeout(Duration::from_secs(60), fires).await;
    fired.unwrap_or_else(|_| panic!("{alert} does not fire"));
}

#[tokio::test]
async fn a_real_prometheus_fires_when_redis_is_stopped_and_when_a_crowd_is_refused() {
    let redis = RedisServer::start();
    let world = World::on(&redis);
    let node = NodeProcess::start(&world, &[]).await;
    let prometheus = Prometheus::start(&node);
    let read_twice = async {
        while prometheus.scrapes().await < 2.0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), read_twice)
        .await
        .expect("it reads the node");
    assert_eq!(prometheus.firing().await, BTreeSet::new(), "all is well");

    let http = reqwest::Client::new();
    let party = hall();
    // The first ones are let through. Prometheus counts the others as if they had come within five minutes.
    let crowd = async || {
        let opens = (0..100).map(|_| HttpLogin::open(&http, &node.url, &party));
        drop(join_all(opens).await);
    };
    until_it_fires(&prometheus, "SaomaFlooded", crowd).await;

    drop(redis);
    let phone = Phone::new(node.url.clone(), world.persons.token(1)).unwrap();
    let scan = async || {
        phone.type_code("BCDF-GHJK").await.unwrap_err();
    };
    until_it_fires(&prometheus, "SaomaLoginsRefused", scan).await;
}
