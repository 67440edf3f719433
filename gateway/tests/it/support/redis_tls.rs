//! A Redis server that requires TLS and a password.

use std::path::{Path, PathBuf};

use saoma_load::ports;
use tempfile::TempDir;

use super::authority::{Authority, Issued};
use super::redis_process::RedisProcess;

/// With an authority of its own.
pub(crate) struct RedisTls {
    server: RedisProcess,
    client: Issued,
    directory: TempDir,
}

pub(crate) const USER: &str = "hall";
pub(crate) const PASSWORD: &str = "p@ss/word";
const ESCAPED: &str = "p%40ss%2Fword";

impl RedisTls {
    pub(crate) fn start() -> Self {
        Self::start_with("no")
    }

    /// Starts one that asks its clients for a certificate.
    pub(crate) fn start_asking() -> Self {
        Self::start_with("yes")
    }

    fn start_with(auth_clients: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::in_folder(directory.path());
        let server = authority.issue("server");
        let client = authority.issue("client");
        let shown = |path: &Path| path.to_str().unwrap().to_owned();
        let port = ports::reserve().unwrap();
        let (certificate, key, ca, port_text) = (
            shown(&server.certificate),
            shown(&server.key),
            shown(&authority.file()),
            port.to_string(),
        );
        let password = format!(">{PASSWORD}");
        let arguments = [
            ["--port", "0"],
            ["--tls-port", &port_text],
            ["--tls-cert-file", &certificate],
            ["--tls-key-file", &key],
            ["--tls-ca-cert-file", &ca],
            ["--tls-auth-clients", auth_clients],
            ["--bind", "127.0.0.1"],
            ["--save", ""],
            ["--requirepass", "another"],
        ];
        let user = ["--user", USER, "on", &password, "~*", "&*", "+@all"];
        let arguments = arguments
            .into_iter()
            .flatten()
            .chain(user)
            .map(str::to_owned)
            .collect();
        Self {
            server: RedisProcess::start_as(port, arguments),
            client,
            directory,
        }
    }

    /// A client's certificate, of the same authority.
    pub(crate) const fn client(&self) -> &Issued {
        &self.client
    }

    pub(crate) fn url(&self) -> String {
        format!("rediss://{USER}:{ESCAPED}@127.0.0.1:{}", self.server.port())
    }

    /// The only authority that signed its certificate.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }
}
