//! The gateway as its users meet it: over real sockets, with a real Redis.
#![allow(
    clippy::disallowed_methods,
    reason = "tests use real clocks, and their tasks end with the runtime of the test"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

mod admission;
mod agree;
mod browser;
mod burst;
mod chaos;
mod check_config;
mod cli;
mod client_assertion;
mod client_files;
mod cluster_watch;
mod code_page;
mod conformance;
mod cost;
mod described_answers;
mod described_routes;
mod device;
mod documents;
mod doors;
mod drain;
mod floods;
mod foreign_codes;
mod guessing;
mod hosted_page;
mod hostile_bodies;
mod hostile_frames;
mod identities;
mod identity_sources;
mod late_commands;
mod limits;
mod long_poll;
mod lost_changes;
mod many_nodes;
mod metric_series;
mod monitoring;
mod openid;
mod outage;
mod par;
mod phone;
mod phone_door;
mod plain_words;
mod probe;
mod provider_sessions;
mod rate_limit_script;
mod ready;
mod redis_shapes;
mod refresh_tokens;
mod reload;
mod relying_party;
mod request_ids;
mod secrets_in_logs;
mod shared_redis;
mod signing_keys;
mod silent_subscription;
mod store_contract;
mod strangers;
mod support;
mod sweep;
mod tidy;
mod typed_codes;
mod undeclared_proxy;
mod waiting_logins;
mod whose_token;
