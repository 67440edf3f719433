//! One account on both surfaces, and logging in to it by password.

use http::StatusCode;

use crate::support::{Hall, PASSWORD, Registering, Visitor};

async fn log_in(
    visitor: &mut Visitor,
    path: &str,
    user_name: &str,
    password: &str,
) -> (StatusCode, String, String) {
    let page = visitor
        .post(path, &[("user_name", user_name), ("password", password)])
        .await;
    (page.status, page.path, page.body)
}

/// Row S2.
#[tokio::test]
async fn an_account_that_was_made_on_the_web_logs_in_on_the_phone_and_on_the_web() {
    let hall = Hall::open().await;
    Registering::at_the_portal(&hall, "示例子")
        .await
        .finish(&hall, &[])
        .await;
    for (mut visitor, path) in [
        (hall.on_the_phone(), "/login"),
        (hall.at_the_portal(), "/login/password"),
    ] {
        let (_, path, home) = log_in(&mut visitor, path, "ShiliUser", "k7m2xq").await;
        assert!(path == "/" && home.contains("示例子"), "{home}");
    }
}

/// Row S2.
#[tokio::test]
async fn an_account_that_was_made_on_the_phone_logs_in_on_the_web() {
    let hall = Hall::open().await;
    Registering::on_the_phone(&hall, "示例子")
        .await
        .finish(&hall, &[])
        .await;
    let (_, path, home) = log_in(
        &mut hall.at_the_portal(),
        "/login/password",
        "shiliuser",
        "k7m2xq",
    )
    .await;
    assert!(path == "/" && home.contains("示例子"), "{home}");
}

/// Row S2.
#[tokio::test]
async fn whoever_has_registered_is_logged_in() {
    let hall = Hall::open().await;
    for (mut registering, name) in [
        (Registering::at_the_portal(&hall, "示例子").await, "示例子"),
        (Registering::on_the_phone(&hall, "示例丑").await, "示例丑"),
    ] {
        registering
            .finish(&hall, &[("user_name", &registering.id_number.clone())])
            .await;
        let home = registering.visitor.get("/").await;
        assert!(home.path == "/" && home.says(name), "{home:?}");
        hall.pass_limits(60).await;
    }
}

/// Row S8.
#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_get_the_same_answer_on_both_surfaces() {
    let hall = Hall::open().await;
    for (surface, path) in [
        (Hall::on_the_phone as fn(&Hall) -> Visitor, "/login"),
        (Hall::at_the_portal, "/login/password"),
    ] {
        let (status, _, wrong) = log_in(&mut surface(&hall), path, "jia", "wrong123").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        let (_, _, unknown) = log_in(&mut surface(&hall), path, "nobody", "wrong123").await;
        assert_eq!(wrong.replace("jia", "…"), unknown.replace("nobody", "…"));
    }
}

/// Row S8.
#[tokio::test]
async fn passwords_are_limited_by_account_across_both_surfaces() {
    let hall = Hall::open().await;
    for _ in 0..5 {
        log_in(&mut hall.on_the_phone(), "/login", "jia", "wrong123").await;
    }
    let (status, _, page) = log_in(
        &mut hall.at_the_portal(),
        "/login/password",
        "jia",
        PASSWORD,
    )
    .await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "{page}");
    let (_, path, _) = log_in(&mut hall.at_the_portal(), "/login/password", "yi", PASSWORD).await;
    assert_eq!(path, "/");
}

/// Row S8.
#[tokio::test]
async fn a_password_login_on_the_web_ends_with_logging_out() {
    let hall = Hall::open().await;
    let mut visitor = hall.at_the_portal();
    log_in(&mut visitor, "/login/password", "jia", PASSWORD).await;
    assert!(visitor.get("/").await.says("我的账户"));
    visitor.post("/logout", &[]).await;
    assert_eq!(visitor.get("/account").await.path, "/login");
}
