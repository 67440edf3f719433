//! Front ends: browsers over three transports, phones, the app's backend, and relying parties by OpenID Connect.

pub(crate) mod app_backend;
pub(crate) mod browser;
pub(crate) mod oidc;
pub(crate) mod phone;
