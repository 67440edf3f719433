//! The inbox on the phone.

use crate::support::{Hall, PASSWORD, Visitor};

async fn phone_of(hall: &Hall, user_name: &str) -> Visitor {
    let mut phone = hall.on_the_phone();
    phone
        .post(
            "/login",
            &[("user_name", user_name), ("password", PASSWORD)],
        )
        .await;
    phone
}

/// Row S15.
#[tokio::test]
async fn the_phone_tells_of_a_login_that_was_not_its_persons_and_ends_it() {
    let hall = Hall::open().await;
    let mut stranger = hall.at_the_portal();
    stranger
        .post(
            "/login/password",
            &[("user_name", "jia"), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(stranger.get("/account").await.path, "/account");
    let mut jia = phone_of(&hall, "jia").await;
    assert!(jia.get("/").await.says("badge count\">1<"));
    let list = jia.get("/inbox").await;
    let id = list
        .body
        .split("href=\"/inbox/")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let path = format!("/inbox/{id}");
    let notice = jia.get(&path).await;
    assert!(
        notice.says("您的账号登录了网上服务大厅") && notice.says("这不是我"),
        "{notice:?}"
    );
    assert!(!jia.get("/").await.says("badge count"), "it has been read");
    let mut ding = phone_of(&hall, "ding").await;
    assert_eq!(ding.get(&path).await.path, "/inbox", "another person's");
    assert_eq!(
        ding.post(&format!("{path}/not-me"), &[]).await.path,
        "/inbox"
    );
    assert_eq!(stranger.get("/account").await.path, "/account");
    assert!(
        jia.post(&format!("{path}/not-me"), &[])
            .await
            .says("该登录已经结束")
    );
    assert_eq!(stranger.get("/account").await.path, "/login");
    assert!(ding.get("/inbox?lang=en").await.says("No notices"));
}

/// Row S15.
#[tokio::test]
async fn nobody_reads_an_inbox_without_being_logged_in() {
    let hall = Hall::open().await;
    for path in ["/inbox", "/inbox/1", "/card"] {
        assert_eq!(hall.on_the_phone().get(path).await.path, "/login", "{path}");
    }
}
