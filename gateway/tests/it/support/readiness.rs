//! Readiness and metrics of a node.

use std::time::Duration;

use serde_json::Value;

use super::Node;

/// Time in which a node detects a silent subscription or its recovery.
const DETECTION_TIMEOUT: Duration = Duration::from_secs(30);

impl Node {
    /// Status and body of `/ready`.
    pub(crate) async fn readiness(&self) -> (u16, Value) {
        let answer = reqwest::get(self.operations("/ready")).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Waits until the node turns unready because its subscription is silent.
    pub(crate) async fn once_inbox_silent(&self) {
        self.once_it_says("the node detects the silent subscription", 503, |said| {
            said["inbox"] == false
        })
        .await;
    }

    /// Waits until the node is ready.
    pub(crate) async fn once_ready(&self) {
        self.once_it_says("the node is ready", 200, |said| said["inbox"] == true)
            .await;
    }

    /// Waits until the node is ready, its store included.
    pub(crate) async fn once_store_serves(&self) {
        self.once_it_says("the store serves", 200, |said| said["store"] == true)
            .await;
    }

    /// Returns a metric of the node, or 0 if it does not exist yet.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = reqwest::get(self.operations("/metrics"))
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    async fn once_it_says(&self, what: &str, status: u16, holds: impl Fn(&Value) -> bool) {
        let said = async {
            loop {
                let (answered, said) = self.readiness().await;
                if answered == status && holds(&said) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(DETECTION_TIMEOUT, said)
            .await
            .expect(what);
    }
}
