//! A provisional account becomes a verified one.

use http::StatusCode;

use crate::support::{Hall, PASSWORD, Page, Registering, Visitor, person};

/// The password of every card.
const CARD_PASSWORD: &str = "246810";

async fn logged_in(hall: &Hall, user_name: &str) -> Visitor {
    let mut visitor = hall.at_the_portal();
    let page = visitor
        .post(
            "/login/password",
            &[("user_name", user_name), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(page.path, "/", "{page:?}");
    visitor
}

/// The page that a person is shown who has registered just now.
async fn verify_page(hall: &Hall, name: &str) -> Page {
    let mut registering = Registering::at_the_portal(hall, name).await;
    let user_name = registering.id_number.clone();
    registering.finish(hall, &[("user_name", &user_name)]).await;
    hall.pass_limits(60).await;
    registering.visitor.get("/verify").await
}

/// Row S4.
#[tokio::test]
async fn a_provisional_user_is_told_what_the_account_lacks() {
    let hall = Hall::open().await;
    let home = logged_in(&hall, "ren").await.get("/").await;
    let (allowed, lacking) = home
        .body
        .split_once("身份认证后可以使用")
        .expect("a notice");
    for service in ["考试报名", "行政审批"] {
        assert!(allowed.contains(service), "{service}");
    }
    for service in ["参保信息查询", "就业信息查询"] {
        assert!(lacking.contains(service), "{service}");
    }
    assert!(
        !logged_in(&hall, "jia")
            .await
            .get("/")
            .await
            .says("您是临时用户")
    );
}

/// Row S4.
#[tokio::test]
async fn a_code_to_the_phone_on_file_with_the_card_verifies() {
    let hall = Hall::open().await;
    let mut ren = logged_in(&hall, "ren").await;
    assert!(ren.get("/verify").await.says("130****0009"));
    assert!(
        ren.post("/verify/code/send", &[])
            .await
            .says("验证码已发送至 130****0009")
    );
    let code = hall.code_sent_to("13009700009").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(
        ren.post("/verify/code", &[("code", wrong)])
            .await
            .problem("code"),
        "验证码不正确，还可以输入 4 次。"
    );
    assert!(
        ren.post("/verify/code", &[("code", &code)])
            .await
            .says("身份认证成功")
    );
    assert_eq!(
        hall.standing(&person("示例壬")).await.as_deref(),
        Some("verified")
    );
    assert!(!ren.get("/").await.says("您是临时用户"));
    assert_eq!(ren.get("/verify").await.path, "/");
}

/// Row S4.
#[tokio::test]
async fn the_cards_password_verifies() {
    let hall = Hall::open().await;
    let mut ren = logged_in(&hall, "ren").await;
    let page = ren
        .post("/verify/password", &[("card_password", "000000")])
        .await;
    assert_eq!(
        page.problem("card_password"),
        "社保卡密码不正确，还可以输入 4 次。"
    );
    assert!(
        ren.post("/verify/password", &[("card_password", CARD_PASSWORD)])
            .await
            .says("身份认证成功")
    );
    assert_eq!(
        hall.standing(&person("示例壬")).await.as_deref(),
        Some("verified")
    );
}

/// Row S4.
#[tokio::test]
async fn whoever_has_only_name_and_number_cannot_lock_the_card() {
    let hall = Hall::open().await;
    let mut ren = logged_in(&hall, "ren").await;
    for _ in 0..3 {
        ren.post("/verify/password", &[("card_password", "000000")])
            .await;
    }
    let page = ren
        .post("/verify/password", &[("card_password", "000000")])
        .await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        page.problem("card_password").contains("秒后再试"),
        "{page:?}"
    );
    let wrong: i64 =
        sqlx::query_scalar("SELECT wrong_passwords FROM register_cards WHERE id_number = ?1")
            .bind(person("示例壬"))
            .fetch_one(&hall.db)
            .await
            .unwrap();
    assert_eq!(wrong, 3);
}

/// Row S4.
#[tokio::test]
async fn a_way_that_is_closed_says_why_and_what_to_do() {
    let hall = Hall::open().await;
    for (name, reasons) in [
        ("示例丑", &["未查到您的社会保障卡", "继续作为临时用户"][..]),
        (
            "示例寅",
            &[
                "登记的手机号不是省内号段",
                "到当地人社部门修改",
                "name=\"card_password\"",
            ],
        ),
        ("示例卯", &["所在地区暂不支持密码认证", "130****0014"]),
        ("示例酉", &["没有登记手机号", "所在地区暂不支持密码认证"]),
        ("示例辰", &["已挂失", "130****0015"]),
        ("示例巳", &["已封存"]),
        ("示例午", &["应用已锁定"]),
        ("示例未", &["已注销"]),
        ("示例申", &["尚未激活"]),
    ] {
        let page = verify_page(&hall, name).await;
        for reason in reasons {
            assert!(page.says(reason), "{name}: {reason} in {page:?}");
        }
    }
}

/// Row S4.
#[tokio::test]
async fn a_way_that_is_closed_cannot_be_taken_all_the_same() {
    let hall = Hall::open().await;
    let mut gui = logged_in(&hall, "gui").await;
    for (path, form) in [
        ("/verify/code/send", ("code", "")),
        ("/verify/code", ("code", "123456")),
        ("/verify/password", ("card_password", CARD_PASSWORD)),
    ] {
        assert!(
            gui.post(path, &[form]).await.says("未查到您的社会保障卡"),
            "{path}"
        );
    }
    assert_eq!(
        hall.standing(&person("示例癸")).await.as_deref(),
        Some("provisional")
    );
}

/// Row S4.
#[tokio::test]
async fn a_provisional_user_verifies_on_the_phone_as_well() {
    let hall = Hall::open().await;
    let mut ren = hall.on_the_phone();
    assert_eq!(ren.get("/verify").await.path, "/login");
    ren.post("/login", &[("user_name", "ren"), ("password", PASSWORD)])
        .await;
    assert!(ren.get("/").await.says("您是临时用户"));
    assert!(
        ren.post("/verify/password", &[("card_password", CARD_PASSWORD)])
            .await
            .says("身份认证成功")
    );
    assert!(
        !logged_in(&hall, "ren")
            .await
            .get("/")
            .await
            .says("您是临时用户")
    );
}

/// Row S4.
#[tokio::test]
async fn whoever_has_only_name_and_number_learns_nothing_of_the_persons_card_and_units() {
    let hall = Hall::open().await;
    let mut xu = Registering::on_the_phone(&hall, "示例戌").await;
    xu.finish(&hall, &[]).await;
    let home = xu.visitor.get("/").await;
    assert!(
        home.says("示例戌") && !home.says("示例单位三") && !home.says("我的电子社保卡"),
        "{home:?}"
    );
    xu.visitor
        .post("/verify/password", &[("card_password", CARD_PASSWORD)])
        .await;
    let home = xu.visitor.get("/").await;
    assert!(
        home.says("示例单位三") && home.says("我的电子社保卡"),
        "{home:?}"
    );
}
