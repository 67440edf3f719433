//! Settings of TLS in the node, and of balancers that pass connections on.

use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::node::network_list;

/// `[tls]`: TLS on the public listener, for a node without a proxy that ends it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TlsSettings {
    /// File with the certificate of the node, followed by the authorities between it and the root, in
    /// PEM. With it the public listener speaks TLS 1.2 and 1.3 only. SIGHUP reads the files again;
    /// connections that are open go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_file: Option<PathBuf>,
    /// File with the certificate's private key, in PEM, that no other user may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
}

/// `[proxy_protocol]`: balancers that pass connections on unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ProxyProtocol {
    /// Balancers whose connections begin with a PROXY header, of version 1 or 2, as addresses or
    /// networks. The header names the browser's address. A listed peer must send one, within
    /// `server.header_timeout`, and from others a header is refused as malformed HTTP or TLS.
    #[serde(deserialize_with = "network_list")]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub from: Vec<IpNet>,
}
