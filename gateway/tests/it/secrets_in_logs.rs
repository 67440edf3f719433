//! Threat T27: logs at their most talkative hold no secret.

use saoma_load::deployment::PERSONAL;
use saoma_protocol::ServerMessage;

use crate::support::{CapturedLogs, TokenRequest, World};

#[tokio::test(flavor = "current_thread")]
async fn a_whole_login_leaves_no_secret_in_the_logs() {
    let captured = CapturedLogs::start("saoma_gateway=trace,hyper=trace,tower_http=trace");

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

    let logs = captured.text();
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
