//! Front ends: browsers over three transports, phones, and relying parties by OpenID Connect.

pub(crate) mod browser;
pub(crate) mod oidc;
pub(crate) mod phone;
