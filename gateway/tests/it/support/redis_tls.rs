//! A Redis server that requires TLS and a password.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use saoma_load::ports;
use tempfile::TempDir;

use super::redis_process::RedisProcess;

/// With an authority of its own.
pub(crate) struct RedisTls {
    server: RedisProcess,
    directory: TempDir,
}

pub(crate) const USER: &str = "hall";
pub(crate) const PASSWORD: &str = "p@ss/word";
const ESCAPED: &str = "p%40ss%2Fword";

impl RedisTls {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec![Ipv4Addr::LOCALHOST.to_string()];
        let certificate = CertificateParams::new(names)
            .unwrap()
            .signed_by(&key, &authority)
            .unwrap();
        std::fs::write(file("ca.pem"), authority.pem()).unwrap();
        std::fs::write(file("server.pem"), certificate.pem()).unwrap();
        std::fs::write(file("server.key"), key.serialize_pem()).unwrap();
        let port = ports::reserve().unwrap();
        let (certificate, key, ca, port_text) = (
            file("server.pem"),
            file("server.key"),
            file("ca.pem"),
            port.to_string(),
        );
        let password = format!(">{PASSWORD}");
        let arguments = [
            ["--port", "0"],
            ["--tls-port", &port_text],
            ["--tls-cert-file", &certificate],
            ["--tls-key-file", &key],
            ["--tls-ca-cert-file", &ca],
            ["--tls-auth-clients", "no"],
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
            directory,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("rediss://{USER}:{ESCAPED}@127.0.0.1:{}", self.server.port())
    }

    /// The only authority that signed its certificate.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.directory.path().join("ca.pem")
    }
}
