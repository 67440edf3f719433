//! The electronic card's password: what it opens, and how it is changed and replaced. By the manual it is set at the
//! application; scanning does not ask for it.

use http::StatusCode;
use saoma_demo::registers::DemoRegisters;

use crate::support::{Hall, PASSWORD, Page, Visitor, person};

const OLD: &str = "492716";
const NEW: &str = "830594";

/// 示例甲, whose seeded card has no password yet, sets one by a code to the phone on file.
async fn with_password(hall: &Hall) -> Visitor {
    let mut jia = hall.on_the_phone();
    jia.post("/login", &[("user_name", "jia"), ("password", PASSWORD)])
        .await;
    assert!(set_by_code(hall, &mut jia, OLD).await.says("密码已设置"));
    jia
}

async fn set_by_code(hall: &Hall, jia: &mut Visitor, password: &str) -> Page {
    let sent = jia.post("/card/reset/code", &[]).await;
    assert!(
        sent.status == StatusCode::OK && sent.says("name=\"code\""),
        "{sent:?}"
    );
    let code = hall.code_sent_to("13009700001").await;
    jia.post(
        "/card/reset",
        &[
            ("code", &code),
            ("password", password),
            ("repeat", password),
        ],
    )
    .await
}

fn card_number(name: &str) -> String {
    let (registers, number) = (DemoRegisters::load().unwrap(), person(name));
    let id_number = registers
        .persons()
        .find(|(id_number, _)| id_number.as_str() == number)
        .unwrap()
        .0;
    registers.card(id_number).unwrap().number.clone()
}

async fn show_number(jia: &mut Visitor, password: &str) -> Page {
    jia.post("/card/number", &[("card_password", password)])
        .await
}

/// Row S9.
#[tokio::test]
async fn the_full_number_is_shown_to_whoever_knows_the_cards_password_and_that_is_noted() {
    let hall = Hall::open().await;
    let number = card_number("示例甲");
    let mut jia = with_password(&hall).await;
    assert!(jia.get("/").await.says("href=\"/card\""));
    let card = jia.get("/card").await;
    assert!(
        !card.says(&number) && card.says("S99****01") && card.says("href=\"/scan\""),
        "{card:?}"
    );
    let wrong = show_number(&mut jia, NEW).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && !wrong.says(&number),
        "{wrong:?}"
    );
    assert_eq!(wrong.problem("card_password"), "电子社保卡密码不正确。");
    let shown = show_number(&mut jia, OLD).await;
    assert!(
        shown.status == StatusCode::OK && shown.says(&number),
        "{shown:?}"
    );
    assert!(!jia.get("/card").await.says(&number), "on one page only");
    assert_eq!(hall.last_notice("c-1001").await, "您的完整卡号被查看");
    let english = jia.get("/card?lang=en").await;
    assert!(
        english.says("Show the full number") && english.says("Change the password"),
        "{english:?}"
    );
}

/// Row S9, threat T9.
#[tokio::test]
async fn wrong_card_passwords_are_few_whether_for_the_number_or_for_a_change() {
    let hall = Hall::open().await;
    let mut jia = with_password(&hall).await;
    for _ in 0..4 {
        assert_eq!(
            show_number(&mut jia, NEW).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    let change = [("old", "000000"), ("password", NEW), ("repeat", NEW)];
    assert_eq!(
        jia.post("/card/password", &change).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    let right = [("old", OLD), ("password", NEW), ("repeat", NEW)];
    assert_eq!(
        jia.post("/card/password", &right).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    let refused = show_number(&mut jia, OLD).await;
    assert!(
        refused.status == StatusCode::TOO_MANY_REQUESTS && !refused.says(&card_number("示例甲"))
    );
    hall.pass_limits(600).await;
    assert_eq!(show_number(&mut jia, OLD).await.status, StatusCode::OK);
}

/// Row S9.
#[tokio::test]
async fn the_card_password_is_changed_by_whoever_knows_it() {
    let hall = Hall::open().await;
    let mut jia = with_password(&hall).await;
    for (old, password, repeat, field, reason) in [
        ("000000", NEW, NEW, "old", "密码不正确"),
        (OLD, "123456", "123456", "password", "过于简单"),
        (OLD, NEW, OLD, "repeat", "不一致"),
    ] {
        let form = [("old", old), ("password", password), ("repeat", repeat)];
        let refused = jia.post("/card/password", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(
            refused.problem(field).contains(reason),
            "{field}: {refused:?}"
        );
    }
    let changed = jia
        .post(
            "/card/password",
            &[("old", OLD), ("password", NEW), ("repeat", NEW)],
        )
        .await;
    assert!(changed.says("密码已修改"), "{changed:?}");
    assert_eq!(hall.last_notice("c-1001").await, "您的电子社保卡密码已修改");
    assert_eq!(
        show_number(&mut jia, OLD).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(show_number(&mut jia, NEW).await.status, StatusCode::OK);
}

/// Row S9.
#[tokio::test]
async fn a_forgotten_card_password_is_replaced_by_face_check_or_code_and_not_without() {
    let hall = Hall::open().await;
    let mut jia = with_password(&hall).await;
    let form = [("password", NEW), ("repeat", NEW)];
    let unproved = jia.post("/card/reset", &form).await;
    assert!(
        unproved.status == StatusCode::UNPROCESSABLE_ENTITY && !unproved.problem("code").is_empty()
    );
    assert_eq!(
        jia.post("/card/reset/face", &[]).await.path,
        "/face/card_password"
    );
    assert_eq!(
        jia.post("/card/reset", &form).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "not passed"
    );
    hall.pass_face_check(&jia).await;
    assert!(jia.get("/card/reset").await.says("人脸识别已通过"));
    assert!(jia.post("/card/reset", &form).await.says("密码已设置"));
    assert_eq!(show_number(&mut jia, NEW).await.status, StatusCode::OK);
    assert_eq!(
        jia.post("/card/reset", &form).await.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "a check counts once"
    );
}

/// Row S9.
#[tokio::test]
async fn whoever_has_set_another_card_password_need_not_wait_for_the_wrong_ones_before() {
    let hall = Hall::open().await;
    let mut jia = with_password(&hall).await;
    for _ in 0..5 {
        assert_eq!(
            show_number(&mut jia, NEW).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
    }
    assert_eq!(
        show_number(&mut jia, OLD).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    jia.post("/card/reset/face", &[]).await;
    hall.pass_face_check(&jia).await;
    assert!(
        jia.post("/card/reset", &[("password", NEW), ("repeat", NEW)])
            .await
            .says("密码已设置")
    );
    assert_eq!(show_number(&mut jia, NEW).await.status, StatusCode::OK);
}

/// Row S9.
#[tokio::test]
async fn without_an_electronic_card_or_with_a_lost_one_there_is_no_password_to_set() {
    let hall = Hall::open().await;
    let mut wu = hall.on_the_phone();
    wu.post("/login", &[("user_name", "wu"), ("password", PASSWORD)])
        .await;
    assert_eq!(wu.get("/card/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(wu.get("/card").await.path, "/card/apply");
    assert_eq!(wu.get("/card/password").await.path, "/card/apply");
    let refused = wu.post("/card/reset/code", &[]).await;
    assert!(
        refused.status == StatusCode::CONFLICT && refused.says("您还没有电子社保卡"),
        "{refused:?}"
    );
    let mut jia = hall.on_the_phone();
    jia.post("/login", &[("user_name", "jia"), ("password", PASSWORD)])
        .await;
    assert!(
        jia.get("/card").await.says("您还没有设置")
            && jia.get("/card/password").await.path == "/card/reset"
    );
    assert_eq!(show_number(&mut jia, "").await.status, StatusCode::CONFLICT);
    let lost =
        sqlx::query("UPDATE register_cards SET state = 'reported_lost' WHERE id_number = ?1");
    lost.bind(person("示例甲")).execute(&hall.db).await.unwrap();
    let refused = jia.post("/card/reset/code", &[]).await;
    assert!(
        refused.status == StatusCode::CONFLICT && refused.says("已挂失"),
        "{refused:?}"
    );
}
