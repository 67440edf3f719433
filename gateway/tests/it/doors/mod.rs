//! The ways by which connections reach a node: through proxies, over TLS, over sockets that others have opened.

mod activation;
mod proxies;
mod proxy;
mod proxy_protocol;
mod redis_certificates;
mod tls;
mod unix_sockets;

use std::process::{Command, Stdio};

use saoma_client::{Browser, Phone};
use saoma_load::deployment::PERSONAL;
use saoma_protocol::ServerMessage;
use url::Url;

use crate::support::{World, hall};

/// Returns a command of a program that `.ci/setup` installs.
fn installed(program: &str) -> Command {
    let mut command = Command::new(program);
    // Debian installs servers in a folder that only root has in the path.
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin"));
    let mut asked = Command::new("sh");
    asked.env("PATH", format!("{path}:/usr/sbin"));
    let found = asked
        .args(["-c", "command -v \"$0\"", program])
        .stdout(Stdio::null())
        .status();
    assert!(
        found.is_ok_and(|status| status.success()),
        "{program} is not installed: run .ci/setup"
    );
    command
}

/// Logs a person in: browser and phone at this address.
async fn log_in(world: &World, gateway: &Url) {
    let (mut browser, login) = Browser::open(gateway, &hall()).await.unwrap();
    confirm(world, gateway, &mut browser, &login.qr).await;
}

/// Scans and confirms a browser's login at this address.
async fn confirm(world: &World, gateway: &Url, browser: &mut Browser, qr: &str) {
    let phone = Phone::new(gateway.clone(), world.persons.token(1)).unwrap();
    let login = phone.scan(qr).await.unwrap().login_id;
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Scanned { .. }
    ));
    phone.confirm(login, PERSONAL).await.unwrap();
    assert!(matches!(
        browser.next().await.unwrap(),
        ServerMessage::Confirmed { .. }
    ));
}
