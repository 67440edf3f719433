//! Listeners that the service manager hands over, and what the node tells it.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use saoma_client::{Browser, BrowserError};
use tokio::task::JoinSet;
use url::Url;

use super::{installed, log_in};
use crate::support::{Binary, World, hall, plain_url};

/// Puts a listener at standard input, from where a shell moves it to where systemd would have put it.
fn handed_over(world: &World, listener: OwnedFd) -> Command {
    let served = Binary::command(world);
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=public; exec \"$0\" \"$@\" 3<&0 0</dev/null",
        ])
        .arg(served.get_program())
        .args(served.get_args())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::from(listener));
    command
}

fn url_of(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}")).unwrap()
}

/// Opens a login as pages do: one whose request is under way in the moment of the stop is told to come back. No connection
/// is refused.
async fn open(gateway: &Url) {
    for _ in 0..100 {
        match Browser::open(gateway, &hall()).await {
            Ok(_) => return,
            Err(BrowserError::Refused { status, .. }) if status == 503 => {}
            Err(BrowserError::Closed { code: 1012, .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it is told to come back for ever");
}

#[tokio::test]
async fn a_restart_refuses_nobody() {
    let world = World::in_memory().with_drain("0s", "200ms");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let gateway = url_of(listener.local_addr().unwrap());
    let start = || {
        let listener = OwnedFd::from(listener.try_clone().unwrap());
        Binary::spawn(handed_over(&world, listener))
    };
    let mut node = start();
    let serving = node.logged("serving");
    assert_eq!(plain_url(&serving["listen"]), gateway);
    log_in(&world, &gateway).await;

    let mut browsers = JoinSet::new();
    for _ in 0..3 {
        node.signal("TERM");
        // They come while no node is there, and wait in the kernel's queue.
        for number in 0..20 {
            let gateway = gateway.clone();
            browsers.spawn(async move {
                tokio::time::sleep(Duration::from_millis(20 * number)).await;
                open(&gateway).await;
            });
        }
        assert_eq!(node.ended(), Some(0));
        node = start();
        node.logged("serving");
    }
    while let Some(opened) = browsers.join_next().await {
        opened.unwrap();
    }
    log_in(&world, &gateway).await;
}

#[tokio::test]
async fn systemd_hands_over_both_listeners() {
    let world = World::in_memory();
    let served = Binary::command(&world);
    let ports: Vec<_> = (0..2)
        .map(|_| saoma_load::ports::reserve().unwrap())
        .collect();
    let mut command = installed("systemd-socket-activate");
    for port in &ports {
        command.args(["-l", &format!("127.0.0.1:{port}")]);
    }
    command
        .arg("--fdname=operations:public")
        .arg(served.get_program())
        .args(served.get_args());
    let node = Binary::spawn(command);
    // The first connection starts the node.
    let operations = format!("http://127.0.0.1:{}/ready", ports[0]);
    let ready = async {
        loop {
            match reqwest::get(&operations).await {
                Ok(answer) => return answer.status(),
                // The program has yet to listen.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let ready = tokio::time::timeout(Duration::from_secs(30), ready).await;
    assert_eq!(ready.expect("it starts"), 200);
    let serving = node.logged("serving");
    assert_eq!(serving["listen"], format!("127.0.0.1:{}", ports[1]));
    log_in(&world, &plain_url(&serving["listen"])).await;
}

#[tokio::test]
async fn a_unix_socket_is_handed_over_too() {
    let world = World::in_memory();
    let path = world.path("public.sock");
    let listener = OwnedFd::from(UnixListener::bind(&path).unwrap());
    let mut node = Binary::spawn(handed_over(&world, listener));
    let serving = node.logged("serving");
    assert_eq!(serving["listen"], format!("unix:{}", path.display()));
    let client = reqwest::Client::builder().unix_socket(path.clone()).build();
    let answer = client.unwrap().get("http://login.example/q").send().await;
    assert!(answer.unwrap().status().as_u16() < 500);
    node.signal("TERM");
    assert_eq!(node.ended(), Some(0));
    assert!(path.exists(), "the file is the service manager's");
}

/// The lines of the next message to the service manager.
fn told(socket: &UnixDatagram) -> Vec<String> {
    let mut message = [0; 1024];
    let length = socket
        .recv(&mut message)
        .expect("it says something in time");
    let text = std::str::from_utf8(&message[..length]).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn told_once(socket: &UnixDatagram, line: &str) -> Vec<String> {
    for _ in 0..1000 {
        let said = told(socket);
        if said.iter().any(|said| said == line) {
            return said;
        }
    }
    panic!("it does not say {line}")
}

#[tokio::test]
async fn the_service_manager_is_told_of_each_step() {
    let world = World::in_memory();
    let socket = notified(&world.path("notify.sock"));
    let served = Binary::command(&world);
    let mut command = Command::new("sh");
    command
        .args(["-c", "export WATCHDOG_PID=$$; exec \"$0\" \"$@\""])
        .arg(served.get_program())
        .args(served.get_args())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("NOTIFY_SOCKET", world.path("notify.sock"))
        .env("WATCHDOG_USEC", "200000");
    let mut node = Binary::spawn(command);
    told_once(&socket, "READY=1");
    told_once(&socket, "WATCHDOG=1");
    told_once(&socket, "WATCHDOG=1");
    node.signal("HUP");
    let said = told_once(&socket, "RELOADING=1");
    assert!(said.iter().any(|line| line.starts_with("MONOTONIC_USEC=")));
    told_once(&socket, "READY=1");
    node.signal("TERM");
    let said = told_once(&socket, "STOPPING=1");
    assert!(
        said.iter()
            .any(|line| line == "EXTEND_TIMEOUT_USEC=17000000"),
        "{said:?}"
    );
    assert_eq!(node.ended(), Some(0));
}

fn notified(path: &Path) -> UnixDatagram {
    let socket = UnixDatagram::bind(path).unwrap();
    let patience = Duration::from_secs(30);
    socket.set_read_timeout(Some(patience)).unwrap();
    socket
}

#[test]
fn sockets_that_are_no_listeners_of_the_node_are_refused_at_the_start() {
    let world = World::in_memory();
    let folder = tempfile::tempdir().unwrap();
    let datagrams = UnixDatagram::bind(folder.path().join("a.sock")).unwrap();
    let mut command = handed_over(&world, OwnedFd::from(datagrams));
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("is no stream socket"), "{said}");
    assert!(!output.status.success());
}
