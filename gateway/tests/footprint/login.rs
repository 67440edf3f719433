//! A login from its opening to the redeemed code.

use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ConfirmRequest, ScanRequest, ServerMessage, paths};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::wire::{CLOSE, Opening, Wire, is_answer, is_told, post, rest};
use crate::{HEAP, World};

/// Bytes that the gateway allocates for each step, whether it keeps them or not: a measure of its work that is the same on
/// every machine. 5 % more than the most of several runs.
const BUDGET: [(&str, usize); STEPS] = [
    // A connection, for which hyper has two buffers of 8 KiB and fills a third one; the handshake, the socket's task, and
    // the login in the store.
    ("open", 43_100),
    // A request on a connection that is open. Hyper reads on while it is answered, into a new buffer of 8 KiB. The message
    // to the browser makes its socket active.
    ("scan", 20_600),
    // As a scan; then the browser closes its socket, whose end may fall into the step or after it.
    ("confirm", 22_400),
    // A request on a connection that is open, whose answer holds a signed token.
    ("redeem", 24_200),
];

const STEPS: usize = 4;

const LOGINS: usize = 100;

#[test]
fn a_login_allocates_within_its_budget() {
    let world = World::start();
    let mut phone = Wire::connect(&world);
    let mut portal = Wire::connect(&world);
    // The first login, and each person's first, pays for everything that is made once.
    for number in 0..world.tokens.len() {
        log_in(&world, number, &mut phone, &mut portal);
    }
    let mut spent = [0; STEPS];
    for number in 0..LOGINS {
        let steps = log_in(&world, number, &mut phone, &mut portal);
        spent
            .iter_mut()
            .zip(steps)
            .for_each(|(sum, step)| *sum += step);
    }
    println!(
        "{:?} bytes for open, scan, confirm, redeem",
        spent.map(|sum| sum / LOGINS)
    );
    for ((step, budget), sum) in BUDGET.into_iter().zip(spent) {
        assert!(
            sum / LOGINS <= budget,
            "{step}: {} bytes are allocated, where {budget} are allowed",
            sum / LOGINS
        );
    }
}

/// Logs a person in, and says what each step allocated.
fn log_in(world: &World, person: usize, phone: &mut Wire, portal: &mut Wire) -> [usize; STEPS] {
    let opening = Opening::new(world);
    let mut browser = Wire::connect(world);
    let token = &world.tokens[person % world.tokens.len()];
    let ask = |path: &str, body: &str| {
        post(
            path,
            &format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"),
            body,
        )
    };

    let opened = counted(|| {
        opening.go(&mut browser);
    });
    let ServerMessage::Opened { login_id, qr, .. } = browser.heard() else {
        panic!("no code")
    };
    rest(&mut browser);

    let scan = ask(
        paths::SCANS,
        &serde_json::to_string(&ScanRequest::Qr { qr }).unwrap(),
    );
    let scanned = counted(|| {
        phone.say(&scan);
        phone.listen(is_answer);
        browser.listen(is_told);
    });
    assert!(matches!(browser.heard(), ServerMessage::Scanned { .. }));

    let body = serde_json::to_string(&ConfirmRequest {
        identity: PERSONAL.into(),
        same_user_code: false,
    })
    .unwrap();
    let confirm = ask(&paths::of_login(paths::CONFIRM, login_id), &body);
    let confirmed = counted(|| {
        phone.say(&confirm);
        phone.listen(is_answer);
        browser.listen(is_told);
        browser.say(&CLOSE);
        browser.listen_out();
    });
    let ServerMessage::Confirmed { redirect_to, .. } = browser.heard() else {
        panic!("not confirmed")
    };

    let redeem = redeeming(world, &redirect_to, &opening.code_verifier);
    let redeemed = counted(|| {
        portal.say(&redeem);
        portal.listen(is_answer);
    });
    assert!(
        portal
            .heard::<serde_json::Value>()
            .get("id_token")
            .is_some()
    );
    [opened, scanned, confirmed, redeemed]
}

fn redeeming(world: &World, redirect_to: &str, code_verifier: &str) -> Vec<u8> {
    let redirect_to = Url::parse(redirect_to).unwrap();
    let (_, code) = redirect_to
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap();
    let form = Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "authorization_code"),
            ("client_id", &*world.hall.client_id),
        ])
        .extend_pairs([
            ("code", &*code),
            ("redirect_uri", &*world.hall.redirect_uri),
            ("code_verifier", code_verifier),
        ])
        .finish();
    post(
        paths::TOKEN,
        "Content-Type: application/x-www-form-urlencoded\r\n",
        &form,
    )
}

/// Bytes that were allocated meanwhile.
fn counted(act: impl FnOnce()) -> usize {
    let before = HEAP.total_allocated();
    act();
    HEAP.total_allocated() - before
}
