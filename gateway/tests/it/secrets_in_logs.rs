//! Threat T27: logs at their most talkative hold no secret.

use std::io::Write;
use std::sync::{Arc, Mutex};

use saoma_load::deployment::PERSONAL;
use saoma_protocol::ServerMessage;

use crate::support::{TokenRequest, World};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_whole_login_leaves_no_secret_in_the_logs() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("saoma_gateway=trace,hyper=trace,tower_http=trace")
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);

    let world = World::in_memory();
    let node = world.start().await;
    let (mut browser, login) = node.browser().await;
    let phone = world.phone(&node, 1);
    phone.scan(&login.qr).await.unwrap();
    phone.confirm(login.login_id, PERSONAL).await.unwrap();
    browser.next().await.unwrap();
    let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await.unwrap() else {
        panic!("not confirmed")
    };
    let request = TokenRequest::of(&login, &redirect_to);
    let exchanged = request.send(&node).await;
    request.send(&node).await;

    let logs = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(
        logs.contains("redeemed twice"),
        "the logs were captured: {logs}"
    );
    for (name, secret) in [
        ("receive key", login.receive_key.to_string()),
        ("code", request.code.clone()),
        ("verifier", request.code_verifier.clone()),
        ("access token", exchanged.access_token.unwrap()),
        ("ID token", exchanged.id_token.unwrap()),
        ("app token", world.persons.token(1)),
        ("scan code", login.qr.rsplit('/').next().unwrap().to_owned()),
        ("user code", login.user_code.clone()),
    ] {
        assert!(!logs.contains(&secret), "the {name} is in the logs");
    }
}
