//! HTTP as all front ends need it: the server loop, admission, bodies, problems, trusted proxies, built assets.

mod access_line;
pub(crate) mod admission;
pub mod assets;
pub(crate) mod basic_credentials;
pub(crate) mod bearer_token;
pub(crate) mod body;
pub(crate) mod cors;
pub(crate) mod forwarding;
pub(crate) mod json;
pub(crate) mod listener;
pub(crate) mod observer;
pub(crate) mod peer;
pub(crate) mod problem;
pub(crate) mod proxy_protocol;
pub(crate) mod read_clock;
pub(crate) mod request_counts;
pub(crate) mod request_id;
pub(crate) mod security_headers;
pub(crate) mod server;
pub(crate) mod tls;
pub(crate) mod trusted_proxies;
pub(crate) mod write_deadline;
