//! Unix sockets: to listen on, and to Redis.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use saoma_client::NewLogin;

use super::{installed, log_in};
use crate::support::{Binary, ORIGIN, RedisUnix, World, hall};

#[tokio::test]
async fn a_proxy_on_the_same_machine_reaches_the_node_by_its_socket_and_names_the_browsers() {
    let world = World::in_memory();
    let path = world.path("public.sock");
    let operations = world.path("operations.sock");
    let mut command = Binary::command(&world);
    command
        .env("SAOMA_SERVER_LISTEN", format!("unix:{}", path.display()))
        .env(
            "SAOMA_OPERATIONS_LISTEN",
            format!("unix:{}", operations.display()),
        )
        .env("SAOMA_SERVER_SOCKET_MODE", "0600")
        .env("SAOMA_LIMITS_OPEN_PER_ADDRESS_BURST", "1");
    let mut node = Binary::spawn(command);
    let serving = node.logged("serving");
    assert_eq!(serving["listen"], format!("unix:{}", path.display()));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let curl = |socket: &Path, address: &str, method: &str, page: &str| {
        let mut curl = installed("curl");
        let body = serde_json::to_string(&NewLogin::of(&hall()).request).unwrap();
        curl.args(["--silent", "--show-error", "--unix-socket"])
            .arg(socket)
            .args(["--header", &format!("X-Forwarded-For: {address}")])
            .args(["--header", &format!("Origin: {ORIGIN}")])
            .args(["--json", &body, "--request", method])
            .args(["--write-out", "\n%{response_code}"])
            .arg(format!("http://login.example{page}"));
        String::from_utf8(curl.output().unwrap().stdout).unwrap()
    };
    assert!(curl(&operations, "", "GET", "/ready").ends_with("\n200"));
    // The limit counts the addresses that the proxy names.
    for (address, limited) in [
        ("203.0.113.1", false),
        ("203.0.113.2", false),
        ("203.0.113.1", true),
    ] {
        let answer = curl(&path, address, "POST", "/v1/logins");
        let status = if limited { "\n429" } else { "\n201" };
        assert!(answer.ends_with(status), "{address}: {answer}");
    }
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
    assert!(!path.exists() && !operations.exists(), "both are removed");
}

#[tokio::test]
async fn redis_is_reached_by_its_socket() {
    let redis = RedisUnix::start();
    let world = World::on_url(redis.url());
    let (one, two) = (world.start().await, world.start().await);
    log_in(&world, &one.url).await;
    // The browser at one node, the phone at another.
    let (mut browser, login) = one.browser().await;
    let phone = world.phone(&two, 1);
    let login = phone.scan(&login.qr).await.unwrap().login_id;
    browser.next().await.unwrap();
    phone
        .confirm(login, saoma_load::deployment::PERSONAL)
        .await
        .unwrap();
    browser.next().await.unwrap();
}
