//! What requests without a login cost the hall (row A19), and the addresses that they come from (row A3).

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Hall, PHONE_HOST, check};

const PORTAL_PAGES: [&str; 9] = [
    "/",
    "/login",
    "/login/hosted",
    "/login/password",
    "/callback?state=a&code=b&iss=c",
    "/register",
    "/register/agreement",
    "/register/user",
    "/register/done",
];

const PHONE_PAGES: [&str; 7] = [
    "/",
    "/login",
    "/login/face",
    "/face/log_in",
    "/register",
    "/register/identity",
    "/register/user",
];

/// The number of rows of all tables.
async fn rows(hall: &Hall) -> i64 {
    let tables = "SELECT group_concat('SELECT count(*) AS n FROM ' || name, ' UNION ALL ')
        FROM sqlite_schema WHERE type = 'table'";
    let (tables,): (String,) = hall.row(tables).await;
    hall.row::<(i64,)>(&format!("SELECT sum(n) FROM ({tables})"))
        .await
        .0
}

#[tokio::test]
async fn opening_a_page_without_cookies_writes_nothing() {
    let hall = Hall::with_gateway().await;
    let before = rows(&hall).await;
    for page in PORTAL_PAGES {
        hall.portal().headers_of(page).await;
        assert_eq!(rows(&hall).await, before, "portal {page}");
    }
    for page in PHONE_PAGES {
        hall.phone().headers_of(page).await;
        assert_eq!(rows(&hall).await, before, "phone {page}");
    }
}

#[tokio::test]
async fn registrations_begun_from_one_address_are_bounded() {
    let hall = Hall::open().await;
    for _ in 0..30 {
        check!(hall.portal(); "/register/agreement <- agreed=yes => @/register/identity");
    }
    check!(hall.portal(); "/register/agreement <- agreed=yes => 429 | 操作过于频繁");
    assert_eq!(hall.count("registration_drafts").await, 30);
}

/// Each is a question to the gateway, which counts wrong codes against the portal.
#[tokio::test]
async fn codes_that_cannot_be_redeemed_are_bounded_by_address() {
    let hall = Hall::with_gateway().await;
    let mut statuses = Vec::new();
    for _ in 0..21 {
        let mut browser = hall.portal();
        let page = browser.get("/login").await;
        let state = page.between(" state=\"", "\"");
        let callback = format!("/callback?state={state}&code=made-up&iss={}", hall.gateway);
        statuses.push(browser.get(&callback).await.status.as_u16());
    }
    let (last, earlier) = statuses.split_last().unwrap();
    assert!(earlier.iter().all(|status| *status == 502), "{statuses:?}");
    assert_eq!(*last, 429);
}

#[tokio::test]
async fn the_gateway_is_told_the_address_of_the_phones_last_request() {
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let phone = hall.phone().through_proxy(PHONE_HOST, "192.0.2.8");
    let mut phone = phone.logged_in("/login", "jia").await;
    let answer = hall.introspection(&phone).await;
    for (member, expected) in [
        ("phone_address", "192.0.2.8"),
        ("client_id", "shili-app"),
        ("scope", "login:confirm"),
        ("sub", "c-1001"),
    ] {
        assert_eq!(answer[member], expected, "{answer}");
    }
    assert!(answer["exp"].as_i64() > Some(1_700_000_000), "{answer}");
    phone = phone.through_proxy(PHONE_HOST, "6.6.6.6, 2001:db8::8");
    check!(phone; "/scan => @/scan");
    assert_eq!(
        hall.introspection(&phone).await["phone_address"],
        "2001:db8::8"
    );
    check!(phone; "/logout <- => @/login");
}

/// Row A3.
#[tokio::test]
async fn limits_by_address_count_the_persons_own_behind_a_proxy() {
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let at = |address| hall.phone().through_proxy(PHONE_HOST, address);
    // A text that is no ID number counts for nothing.
    let junk = "/login/face <- name=x&id_number=1";
    let named = [("name", "x"), ("id_number", "990000199003071016")];
    let mut stranger = at("192.0.2.1");
    stranger.check(&format!("{junk} => 422\n").repeat(31)).await;
    for _ in 0..30 {
        assert_ne!(stranger.post("/login/face", &named).await.status, 429);
    }
    assert_eq!(stranger.post("/login/face", &named).await.status, 429);
    let other = at("192.0.2.2").post("/login/face", &named).await;
    assert_ne!(other.status, 429);
}

/// The pictures of a face check are the largest body: strangers could fill the memory with them.
#[tokio::test]
async fn pictures_of_a_browser_that_was_not_asked_for_any_are_not_read() {
    let hall = Hall::open().await;
    let host = hall.phone.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "POST /face/log_in/frames HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\n\
         content-type: application/json\r\ncontent-length: 800000\r\n\r\n",
        hall.phone
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 409");
}
