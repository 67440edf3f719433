//! nginx and HAProxy with the configurations for operators, on other addresses.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use saoma_load::ports;

use super::installed;
use crate::support::{Authority, Issued, signal};

pub(super) struct Proxy {
    process: Child,
    /// Where it ends TLS.
    pub(super) address: SocketAddr,
    /// Where it sends people to TLS.
    pub(super) plain: SocketAddr,
}

/// Returns a configuration of docs/, with these texts replaced.
///
/// # Panics
/// A text is missing: the configuration has then changed.
pub(super) fn configuration(name: &str, replaced: &[(&str, String)]) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(name);
    let text = fs::read_to_string(file).unwrap();
    replaced.iter().fold(text, |text, (old, new)| {
        assert!(text.contains(old), "docs/{name} has no {old}");
        text.replace(old, new)
    })
}

fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], ports::reserve().unwrap()))
}

impl Proxy {
    /// Starts nginx before two nodes. Idle connections to them end after `keepalive`.
    pub(super) fn nginx(authority: &Authority, nodes: [&str; 2], keepalive: &str) -> Self {
        let folder = authority.file().parent().unwrap().join("nginx");
        fs::create_dir(&folder).unwrap();
        let (address, plain) = (free(), free());
        let Issued {
            certificate, key, ..
        } = authority.issue("nginx");
        let site = configuration(
            "nginx.conf",
            &[
                ("192.0.2.11:8080", nodes[0].to_owned()),
                ("192.0.2.12:8080", nodes[1].to_owned()),
                (
                    "keepalive_timeout 60s",
                    format!("keepalive_timeout {keepalive}"),
                ),
                ("listen 80;", format!("listen {plain};")),
                ("listen 443 ssl", format!("listen {address} ssl")),
                ("/etc/ssl/login.example.crt", shown(&certificate)),
                ("/etc/ssl/login.example.key", shown(&key)),
            ],
        );
        fs::write(folder.join("saoma.conf"), site).unwrap();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {kind}; "))
            .concat();
        // Workers of an nginx that root starts run as another user, who may not read the folder.
        let user = if is_root() { "user root; " } else { "" };
        let around = format!(
            "{user}daemon off; pid nginx.pid; events {{}} http {{ access_log off; {temporary} include saoma.conf; }}"
        );
        fs::write(folder.join("nginx.conf"), around).unwrap();
        let mut command = installed("nginx");
        command
            .arg("-p")
            .arg(&folder)
            .args(["-c", "nginx.conf", "-e", "stderr"]);
        Self::started(command, address, plain)
    }

    /// Starts HAProxy before two nodes, which it asks for readiness at the other addresses. Idle connections to them end
    /// after `purge`.
    pub(super) fn haproxy(authority: &Authority, nodes: [(&str, u16); 2], purge: &str) -> Self {
        let (address, plain) = (free(), free());
        let server = |(node, operations): (&str, u16)| format!("{node} port {operations}");
        let text = configuration(
            "haproxy.cfg",
            &[
                ("maxconn 100000", "maxconn 200".to_owned()),
                ("192.0.2.11:8080", server(nodes[0])),
                ("192.0.2.12:8080", server(nodes[1])),
                ("check port 9090 inter 2s", "check inter 100ms".to_owned()),
                ("pool-purge-delay 30s", format!("pool-purge-delay {purge}")),
                ("bind :80", format!("bind {plain}")),
                ("bind :443", format!("bind {address}")),
                (
                    "/etc/ssl/login.example.pem",
                    shown(&authority.issue("haproxy").both),
                ),
            ],
        );
        Self::haproxy_with(authority, &text, address, plain)
    }

    /// Starts HAProxy with this configuration, which serves at `address`.
    pub(super) fn haproxy_with(
        authority: &Authority,
        configuration: &str,
        address: SocketAddr,
        plain: SocketAddr,
    ) -> Self {
        let file = authority.file().with_file_name("haproxy.cfg");
        fs::write(&file, configuration).unwrap();
        let mut command = installed("haproxy");
        // In the foreground.
        command.args(["-db", "-q", "-f"]).arg(file);
        Self::started(command, address, plain)
    }

    fn started(mut command: Command, address: SocketAddr, plain: SocketAddr) -> Self {
        let mut process = command.spawn().unwrap();
        let began = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert_eq!(process.try_wait().unwrap(), None, "it ended at its start");
            assert!(began.elapsed() < Duration::from_secs(20), "it serves");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self {
            process,
            address,
            plain,
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // nginx ends its workers by this one, not by KILL.
        signal(&self.process, "TERM");
        let _ = self.process.wait();
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.starts_with(b"0\n")
}
