//! The names and descriptions of the metrics.

use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Unit;

use super::Metrics;
use super::process::ProcessCollector;
use crate::wall_clock;

impl Metrics {
    /// Registers the process metrics of any Prometheus exporter, under the names that dashboards know, and those of the node's
    /// installation.
    pub(super) fn register_process(&mut self) {
        let started = wall_clock::since_epoch().as_secs_f64();
        self.registry.register_with_unit(
            "process_start_time",
            "Start time of the node, in Unix seconds",
            Unit::Seconds,
            ConstGauge::new(started),
        );
        self.registry.register_collector(Box::new(ProcessCollector));
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        self.registry
            .register("saoma_build", "Version of the gateway", build);
        self.registry.register_with_unit(
            "saoma_tls_certificate_not_after",
            "End of the validity of the certificate in tls.certificate_file, in Unix seconds; 0 without TLS",
            Unit::Seconds,
            self.certificate_not_after.clone(),
        );
    }

    /// Registers the gateway's own metrics.
    pub(super) fn register(&mut self) {
        let registry = self.registry.sub_registry_with_prefix("saoma");
        registry.register(
            "sockets_open",
            "Open sockets, event streams and polls",
            self.sockets_open.clone(),
        );
        registry.register(
            "logins_opened",
            "Logins opened, by transport",
            self.logins_opened.clone(),
        );
        let attachments = "Connections of browsers to a login, by transport; each poll counts";
        registry.register("attachments", attachments, self.attachments.clone());
        registry.register(
            "login_changes",
            "Changes of logins, by event",
            self.login_changes.clone(),
        );
        registry.register(
            "pushes",
            "Changes delivered to waiting browsers, by source: inbox, resume, reread or sweep",
            self.pushes.clone(),
        );
        let lag = "Time from a change in the store to the inbox of this node";
        registry.register_with_unit("push_lag", lag, Unit::Seconds, self.push_lag.clone());
        registry.register(
            "socket_closes",
            "Closed sockets, by close code; gone is a browser that left without one",
            self.socket_closes.clone(),
        );
        registry.register(
            "refusals",
            "Refused requests, by step and error code",
            self.refusals.clone(),
        );
        registry.register(
            "rate_limited",
            "Attempts over a rate limit, by limit",
            self.limited.clone(),
        );
        registry.register(
            "misdeclared_proxy_requests",
            "Requests that contradict server.trusted_proxies: forwarded by another peer, or by a proxy that names no address",
            self.misdeclared_proxies.clone(),
        );
        registry.register(
            "misused_codes",
            "Right authorization codes presented after their redemption (replayed), or with a wrong client, redirect URI or verifier (mismatched)",
            self.misused_codes.clone(),
        );
        registry.register(
            "sessions_ended",
            "Sessions at the provider that have ended before their time, by reason",
            self.sessions_ended.clone(),
        );
        registry.register(
            "logout_deliveries",
            "Tries to tell clients of logouts, by result: delivered, failed (it is told again) or given_up",
            self.logout_deliveries.clone(),
        );
        registry.register(
            "rate_limits_remembered",
            "Attempts over a rate limit that were refused without asking the store again, by limit",
            self.limits_remembered.clone(),
        );
        registry.register(
            "admission_refusals",
            "Browsers and logins that the node did not admit, by reason: draining, pace, full, logins or network",
            self.admission_refusals.clone(),
        );
        registry.register(
            "logins_unattended",
            "Logins on this node whose code works and whose browser is not connected, as of the last sweep",
            self.logins_unattended.clone(),
        );
        registry.register(
            "nodes_in_conflict",
            "Other nodes on the store whose setting does not fit that of this one, by setting",
            self.nodes_in_conflict.clone(),
        );
        registry.register(
            "app_tokens_refused",
            "Refused access tokens of the app, by the check that failed",
            self.app_tokens_refused.clone(),
        );
        registry.register(
            "reloads",
            "Reloads of the settings by SIGHUP, by result: ok, or failed (nothing has changed then)",
            self.reloads.clone(),
        );
        self.store.register(registry);
        self.http.register(registry);
        self.backends.register(registry);
    }
}
