//! Registering on the web without a mistake.

use reqwest::Method;
use serde_json::Value;

use crate::support::{Hall, Registering, check, person, user_form};

/// Row S3.
#[tokio::test]
async fn a_person_registers_in_four_steps_and_is_a_provisional_user() {
    let hall = Hall::open().await;
    let (mut browser, zi) = (hall.portal(), person("示例子"));
    for (script, step) in [
        ("/register => @/register/agreement", "阅读协议"),
        (
            "/register/agreement <- category=personal&agreed=yes => @/register/identity",
            "验证身份",
        ),
        (
            &*format!("/register/identity <- id_number={zi}&name=示例子 => @/register/user"),
            "创建用户",
        ),
    ] {
        let page = browser.check(script).await;
        assert_eq!(page.step(), step);
        // Each step is a page of its own, by its title and its heading (WCAG 2.4.2, 2.4.6).
        let heading = format!("<h1>{step}</h1> | <title>{step}（第 ");
        page.check(step, &heading);
    }
    let mut registering = Registering {
        browser,
        id_number: zi.clone(),
    };
    let done = registering.finish(&hall, &[("email", "a@b.example")]).await;
    done.check("the end", "@/register/done | shiliuser | 您是临时用户");
    assert_eq!(done.step(), "注册完成");
    assert_eq!(hall.standing(&zi).await, "provisional");
}

/// Row S3.
#[tokio::test]
async fn registration_speaks_english() {
    let hall = Hall::open().await;
    let mut browser = hall.portal().in_english();
    let agreement = browser.get("/register").await;
    assert_eq!(agreement.step(), "Read the agreement");
    let identity = browser.check("/register/agreement <- agreed=yes").await;
    assert_eq!(identity.step(), "Verify your identity");
    check!(browser; "
        /register/identity <- id_number=1&name= => 422
        | #id_number An ID number has 18 characters.
        | #name Enter your name as it stands on your ID card.");
}

/// Row S3.
#[tokio::test]
async fn back_and_forward_keep_the_form_but_never_the_password() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let typed = [
        ("user_name", "zi123x"),
        ("email", "zi@b.example"),
        ("wechat", "shili_zi"),
    ];
    let identity = zi
        .browser
        .post("/register/user/back", &user_form(&typed))
        .await;
    let id_number = zi.id_number;
    let kept = format!("=id_number {id_number} | =name 示例子");
    identity.check("back", &kept);
    let form = format!("id_number={id_number}&name=示例子");
    check!(zi.browser; "
        /register/identity/back <- {form} => value=\"yes\" checked
        /register/agreement <- agreed=yes => {kept}
        /register/identity <- {form} => =user_name zi123x | =phone 13009700099 | =email zi@b.example
            | =wechat shili_zi | =password | =confirmation");
    let (draft,): (String,) = hall.row("SELECT draft FROM registration_drafts").await;
    assert!(
        draft.contains("zi123x") && !draft.contains("k7m2xq"),
        "{draft}"
    );
}

/// Row S3a.
#[tokio::test]
async fn the_user_id_is_the_id_number_unless_another_is_chosen_and_follows_it_when_it_was_mistyped()
{
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let (number, chou) = (&zi.id_number, person("示例丑"));
    check!(zi.browser; "
        /register/user => =user_name {number}
        /register/identity <- id_number={chou}&name=示例丑 => =user_name {chou}");
}

/// Row S3a.
#[tokio::test]
async fn getting_a_code_without_a_script_keeps_the_form() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    zi.send_code(&[("qq", "10000")]).await.check(
        "the code",
        "=phone 13009700099 | =qq 10000 | 验证码已发送至 130****0099 | 页面不保留密码",
    );
}

/// Row S3a.
#[tokio::test]
async fn the_pages_script_gets_codes_and_looks_user_ids_up() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await.browser;
    let (code, form) = ("/register/user/code", user_form(&[]));
    let sent = zi.ask(Method::POST, code, &form).await;
    assert_eq!(
        (&sent["problem"], &sent["wait"]),
        (&Value::Null, &60.into())
    );
    let again = zi.ask(Method::POST, code, &form).await;
    assert!(
        again["problem"].as_str().unwrap().contains("秒后再获取"),
        "{again}"
    );
    let lookup = "/register/user-name?user_name";
    let taken = zi.ask(Method::GET, &format!("{lookup}=JIA"), &[]).await;
    assert_eq!(taken["problem"], "该用户名已被他人使用，请更换。");
    let free = zi.ask(Method::GET, &format!("{lookup}=zi123x"), &[]).await;
    assert_eq!(free["problem"], Value::Null);
}

/// Row S3.
#[tokio::test]
async fn no_step_is_skipped() {
    let hall = Hall::open().await;
    let mut browser = hall.portal();
    check!(browser; "
        /register/identity => @/register/agreement
        /register/user => @/register/agreement
        /register/done => @/register/agreement");
    for path in ["/register/identity", "/register/user"] {
        let page = browser.post(path, &user_form(&[])).await;
        assert_eq!(page.path, "/register/agreement", "{path}");
    }
    browser.check("/register/agreement <- agreed=yes").await;
    let page = browser.post("/register/user", &user_form(&[])).await;
    assert_eq!(page.path, "/register/identity");
    check!(browser; "/register/user-name?user_name=jia => 404");
}

/// Row S3.
#[tokio::test]
async fn after_a_registration_the_draft_keeps_nothing_of_the_person() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    zi.finish(&hall, &[]).await;
    let (draft,): (String,) = hall.row("SELECT draft FROM registration_drafts").await;
    for known in [&*zi.id_number, "示例子", "13009700099"] {
        assert!(!draft.contains(known), "{draft}");
    }
    check!(zi.browser; "
        /register/user => @/register/done
        /register => @/register/agreement");
}
