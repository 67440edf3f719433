//! Registering on the web, where nothing goes wrong.

use http::StatusCode;
use reqwest::Method;

use crate::support::{Hall, Registering, person, user_form};

/// Row S3.
#[tokio::test]
async fn a_person_registers_in_four_steps_and_is_a_provisional_user() {
    let hall = Hall::open().await;
    let (mut visitor, zi) = (hall.at_the_portal(), person("示例子"));
    let agreement = visitor.get("/register").await;
    assert_eq!(
        (&*agreement.path, agreement.step()),
        ("/register/agreement", "阅读协议")
    );
    let identity = visitor
        .post(
            "/register/agreement",
            &[("category", "personal"), ("agreed", "yes")],
        )
        .await;
    assert_eq!(
        (&*identity.path, identity.step()),
        ("/register/identity", "验证身份")
    );
    let user = visitor
        .post(
            "/register/identity",
            &[("id_number", &zi), ("name", "示例子")],
        )
        .await;
    assert_eq!((&*user.path, user.step()), ("/register/user", "创建用户"));
    let done = Registering {
        visitor,
        id_number: zi.clone(),
    }
    .finish(&hall, &[("email", "a@b.example")])
    .await;
    assert_eq!((&*done.path, done.step()), ("/register/done", "注册完成"));
    assert!(
        done.says("shiliuser") && done.says("您是临时用户"),
        "{done:?}"
    );
    assert_eq!(hall.standing(&zi).await.as_deref(), Some("provisional"));
}

/// Row S3.
#[tokio::test]
async fn registration_speaks_english() {
    let hall = Hall::open().await;
    let mut visitor = hall.at_the_portal().in_english();
    let agreement = visitor.get("/register").await;
    assert_eq!(agreement.step(), "Read the agreement");
    let identity = visitor
        .post("/register/agreement", &[("agreed", "yes")])
        .await;
    assert_eq!(identity.step(), "Verify your identity");
    let refused = visitor
        .post("/register/identity", &[("id_number", "1"), ("name", "")])
        .await;
    assert_eq!(
        refused.problem("id_number"),
        "An ID number has 18 characters."
    );
    assert_eq!(
        refused.problem("name"),
        "Enter your name as it stands on your ID card."
    );
}

/// Row S3.
#[tokio::test]
async fn back_and_forward_keep_what_was_typed_but_never_the_password() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let typed = user_form(&[
        ("user_name", "zi123x"),
        ("email", "zi@b.example"),
        ("wechat", "shili_zi"),
    ]);
    let identity = zi.visitor.post("/register/user/back", &typed).await;
    assert_eq!(
        (identity.value("id_number"), identity.value("name")),
        (&*zi.id_number, "示例子")
    );
    let form = [("id_number", &*zi.id_number), ("name", "示例子")];
    let agreement = zi.visitor.post("/register/identity/back", &form).await;
    assert!(agreement.says("value=\"yes\" checked"));
    let identity = zi
        .visitor
        .post("/register/agreement", &[("agreed", "yes")])
        .await;
    assert_eq!(
        (identity.value("id_number"), identity.value("name")),
        (&*zi.id_number, "示例子")
    );
    let user = zi.visitor.post("/register/identity", &form).await;
    let values = [
        "user_name",
        "phone",
        "email",
        "wechat",
        "password",
        "confirmation",
    ]
    .map(|field| user.value(field));
    assert_eq!(
        values,
        ["zi123x", "13009700099", "zi@b.example", "shili_zi", "", ""]
    );
    let kept: String = sqlx::query_scalar("SELECT draft FROM registration_drafts")
        .fetch_one(&hall.db)
        .await
        .unwrap();
    assert!(
        kept.contains("zi123x") && !kept.contains("k7m2xq"),
        "{kept}"
    );
}

/// Row S3a.
#[tokio::test]
async fn the_user_id_is_the_id_number_unless_another_is_chosen_and_follows_it_when_it_was_mistyped()
{
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    assert_eq!(
        zi.visitor.get("/register/user").await.value("user_name"),
        zi.id_number
    );
    let chou = person("示例丑");
    let user = zi
        .visitor
        .post(
            "/register/identity",
            &[("id_number", &chou), ("name", "示例丑")],
        )
        .await;
    assert_eq!(user.value("user_name"), chou);
}

/// Row S3a.
#[tokio::test]
async fn getting_a_code_without_a_script_keeps_what_was_typed() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let page = zi
        .visitor
        .post("/register/user/code", &user_form(&[("qq", "10000")]))
        .await;
    assert_eq!(
        (page.status, page.value("phone"), page.value("qq")),
        (StatusCode::OK, "13009700099", "10000")
    );
    assert!(
        page.says("验证码已发送至 130****0099") && page.says("页面不保留密码"),
        "{page:?}"
    );
}

/// Row S3a.
#[tokio::test]
async fn the_pages_script_gets_codes_and_looks_user_ids_up() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let sent = zi
        .visitor
        .ask(Method::POST, "/register/user/code", &user_form(&[]))
        .await;
    assert_eq!(
        (&sent["problem"], &sent["wait"]),
        (&serde_json::Value::Null, &60.into())
    );
    let again = zi
        .visitor
        .ask(Method::POST, "/register/user/code", &user_form(&[]))
        .await;
    assert!(
        again["problem"].as_str().unwrap().contains("秒后再获取"),
        "{again}"
    );
    let taken = zi
        .visitor
        .ask(Method::GET, "/register/user-name?user_name=JIA", &[])
        .await;
    assert_eq!(taken["problem"], "该用户名已被他人使用，请更换。");
    let free = zi
        .visitor
        .ask(Method::GET, "/register/user-name?user_name=zi123x", &[])
        .await;
    assert_eq!(free["problem"], serde_json::Value::Null);
}

/// Row S3.
#[tokio::test]
async fn nobody_skips_a_step() {
    let hall = Hall::open().await;
    let mut visitor = hall.at_the_portal();
    for path in ["/register/identity", "/register/user", "/register/done"] {
        assert_eq!(
            visitor.get(path).await.path,
            "/register/agreement",
            "{path}"
        );
        if path != "/register/done" {
            assert_eq!(
                visitor.post(path, &user_form(&[])).await.path,
                "/register/agreement",
                "{path}"
            );
        }
    }
    visitor
        .post("/register/agreement", &[("agreed", "yes")])
        .await;
    assert_eq!(
        visitor.post("/register/user", &user_form(&[])).await.path,
        "/register/identity"
    );
    let lookup = visitor.get("/register/user-name?user_name=jia").await;
    assert_eq!(lookup.status, StatusCode::NOT_FOUND);
}

/// Row S3.
#[tokio::test]
async fn after_a_registration_the_draft_keeps_nothing_of_the_person() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    zi.finish(&hall, &[]).await;
    let kept: String = sqlx::query_scalar("SELECT draft FROM registration_drafts")
        .fetch_one(&hall.db)
        .await
        .unwrap();
    for known in [&*zi.id_number, "示例子", "13009700099"] {
        assert!(!kept.contains(known), "{kept}");
    }
    assert_eq!(
        zi.visitor.get("/register/user").await.path,
        "/register/done"
    );
    assert_eq!(
        zi.visitor.get("/register").await.path,
        "/register/agreement"
    );
}
