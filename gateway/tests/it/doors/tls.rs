//! TLS that the node ends itself.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use rcgen::{CertificateParams, SerialNumber};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::{confirm, installed, log_in};
use crate::support::{Authority, Binary, Issued, World, hall, https, plain_url, tls_tunnel};

/// A node that ends TLS, in a process of its own.
struct TlsNode {
    world: World,
    authority: Authority,
    node: Binary,
    address: SocketAddr,
    operations: String,
}

impl TlsNode {
    fn start(more: &str) -> Self {
        let world = World::in_memory();
        let authority = Authority::in_folder(&world.path(""));
        let Issued {
            certificate, key, ..
        } = authority.issue("node");
        let world = world
            .with(&format!(
                "tls.certificate_file = '{}'\ntls.key_file = '{}'",
                certificate.display(),
                key.display()
            ))
            .with(more);
        let node = Binary::spawn(Binary::command(&world));
        let serving = node.logged("serving");
        let address = plain_url(&serving["listen"]).socket_addrs(|| None).unwrap()[0];
        let operations = plain_url(&serving["operations"]).to_string();
        Self {
            world,
            authority,
            node,
            address,
            operations,
        }
    }

    /// Puts another certificate in place, with this serial number in hexadecimal digits.
    fn renew(&self, serial: u8) {
        let names = vec!["127.0.0.1".to_owned()];
        let mut certificate = CertificateParams::new(names).unwrap();
        certificate.serial_number = Some(SerialNumber::from(vec![serial]));
        self.authority.issue_as("node", certificate);
    }

    /// Asks `openssl s_client` for a connection, and returns what it says.
    fn asked_by_openssl(&self, arguments: &[&str]) -> String {
        let mut command = installed("openssl");
        command
            .args(["s_client", "-connect", &self.address.to_string(), "-CAfile"])
            .arg(self.authority.file())
            .args(["-verify_return_error", "-verify_ip", "127.0.0.1"])
            .args(arguments)
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        text(&output.stdout) + &text(&output.stderr)
    }

    /// The serial number of the certificate that a new connection gets.
    fn serial(&self) -> String {
        let mut command = installed("sh");
        command.args([
            "-c",
            "openssl s_client -connect \"$0\" </dev/null 2>/dev/null | openssl x509 -noout -serial",
            &self.address.to_string(),
        ]);
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim().trim_start_matches("serial=").to_owned()
    }

    async fn not_after(&self) -> u64 {
        let metrics = reqwest::get(format!("{}metrics", self.operations)).await;
        let text = metrics.unwrap().text().await.unwrap();
        let name = "saoma_tls_certificate_not_after_seconds ";
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn people_log_in_at_a_node_that_ends_tls() {
    let node = TlsNode::start("");
    let gateway = tls_tunnel(&node.authority, node.address).await;
    log_in(&node.world, &gateway).await;

    let page = format!("https://{}/.well-known/openid-configuration", node.address);
    let answer = https(&node.authority).get(&page).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["strict-transport-security"],
        "max-age=63072000"
    );

    let mut curl = installed("curl");
    curl.args(["--silent", "--show-error", "--fail", "--cacert"])
        .arg(node.authority.file())
        .args(["--write-out", "\n%{http_version} %{response_code}", &page]);
    let said = String::from_utf8(curl.output().unwrap().stdout).unwrap();
    assert!(said.ends_with("\n1.1 200"), "{said}");
}

#[test]
fn a_node_speaks_tls_1_2_and_1_3_and_http_1_1_in_it() {
    let node = TlsNode::start("");
    for (version, expected) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
        let said = node.asked_by_openssl(&[version, "-alpn", "h2,http/1.1"]);
        assert!(
            said.contains("ALPN protocol: http/1.1"),
            "{version}: {said}"
        );
        assert!(said.contains(expected), "{version}: {said}");
        assert!(said.contains("Verify return code: 0"), "{version}: {said}");
    }
    let old = node.asked_by_openssl(&["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]);
    assert!(old.contains("no peer certificate available"), "{old}");
}

#[tokio::test]
async fn a_new_certificate_is_taken_over_without_an_end_to_connections_and_a_broken_one_is_not() {
    let node = TlsNode::start("");
    let gateway = tls_tunnel(&node.authority, node.address).await;
    let (mut browser, login) = saoma_client::Browser::open(&gateway, &hall())
        .await
        .unwrap();
    let first = node.serial();
    let end = node.not_after().await;

    node.renew(0x7b);
    node.node.signal("HUP");
    let said = node.node.logged("reloaded a part");
    assert_eq!(said["part"], "certificate", "{said}");
    assert_eq!(node.serial(), "7B");
    assert_ne!(first, "7B");
    assert_eq!(node.not_after().await, end, "rcgen's, in the year 4096");

    for broken in [
        "",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(node.world.path("node.crt"), broken).unwrap();
        node.node.signal("HUP");
        let said = node.node.logged("could not reload");
        let error = said["error"].as_str().unwrap();
        assert!(error.contains("tls.certificate_file"), "{said}");
        assert_eq!(node.serial(), "7B", "the one of before is kept");
    }
    // The key of another certificate.
    node.renew(0x7c);
    let other = node.authority.issue("other");
    std::fs::copy(other.key, node.world.path("node.key")).unwrap();
    node.node.signal("HUP");
    node.node.logged("could not reload");
    assert_eq!(node.serial(), "7B");

    confirm(&node.world, &gateway, &mut browser, &login.qr).await;
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_told_in_the_log_and_in_the_metrics() {
    let node = TlsNode::start("");
    let mut certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let end = "2020-01-01T00:00:00Z";
    certificate.not_before = rcgen::date_time_ymd(2019, 1, 1);
    certificate.not_after = rcgen::date_time_ymd(2020, 1, 1);
    node.authority.issue_as("node", certificate);
    node.node.signal("HUP");
    let said = node.node.logged("the certificate has expired");
    assert_eq!(said["not_after"], 1_577_836_800, "{end}");
    assert_eq!(node.not_after().await, 1_577_836_800);
}

/// Row A14: connections that begin no handshake, and those that do not end it.
#[tokio::test]
async fn a_handshake_that_does_not_come_in_time_is_not_waited_for() {
    let node = TlsNode::start("server.header_timeout = '300ms'");
    for begin in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut stream = TcpStream::connect(node.address).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, begin)
            .await
            .unwrap();
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
        assert!(ended.is_ok(), "the node ends the connection");
    }
}

#[test]
fn files_that_cannot_be_used_are_named_before_the_start() {
    let world = World::in_memory();
    let authority = Authority::in_folder(&world.path(""));
    let (one, other) = (authority.issue("one"), authority.issue("other"));
    let missing = world.path("nowhere.pem");
    let world = world.with("server.idle_timeout = '75s'");
    for (certificate, key, expected) in [
        (
            &one.certificate,
            &other.key,
            "tls.certificate_file: cannot use",
        ),
        (&one.key, &one.key, "holds no certificate"),
        (&missing, &one.key, "tls.certificate_file: cannot read"),
        (&one.certificate, &missing, "tls.key_file: cannot read"),
        (
            &one.certificate,
            &one.certificate,
            "tls.key_file: cannot read",
        ),
    ] {
        let mut command = Binary::command(&world);
        command.env("SAOMA_TLS_CERTIFICATE_FILE", certificate);
        command.env("SAOMA_TLS_KEY_FILE", key);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!output.status.success());
    }
}
