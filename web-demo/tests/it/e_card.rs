//! The electronic card is applied for on the phone.

use http::StatusCode;

use crate::support::{Hall, PASSWORD, Page, Visitor};

const AGREED: [(&str, &str); 1] = [("agreed", "yes")];

const RIGHT: [(&str, &str); 2] = [("password", "492716"), ("repeat", "492716")];

/// Has an active card and has not applied.
const WU: &str = "c-1005";

async fn phone_of(hall: &Hall, user_name: &str) -> Visitor {
    let mut visitor = hall.on_the_phone();
    let home = visitor
        .post(
            "/login",
            &[("user_name", user_name), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(home.path, "/", "{home:?}");
    visitor
}

/// Sends the phone to its check and lets it be passed, as the verifier would.
async fn pass_face_check(hall: &Hall, phone: &mut Visitor) -> Page {
    assert_eq!(
        phone.post("/card/apply/face", &AGREED).await.path,
        "/face/e_card"
    );
    hall.pass_face_check(phone).await;
    phone.get("/card/apply").await
}

async fn change_card(hall: &Hall, set: &str) {
    let change = format!(
        "UPDATE register_cards SET {set} WHERE id_number = (SELECT id_number FROM accounts WHERE id = '{WU}')"
    );
    sqlx::query(sqlx::AssertSqlSafe(change))
        .execute(&hall.db)
        .await
        .unwrap();
}

/// The hash of the card's password, if there is a card.
async fn password_hash(hall: &Hall) -> Option<String> {
    let hash =
        sqlx::query_scalar("SELECT password_hash FROM e_cards WHERE account_id = ?1").bind(WU);
    hash.fetch_optional(&hall.db).await.unwrap()
}

/// Row S9.
#[tokio::test]
async fn agreement_face_check_and_password_make_the_card_and_scanning_possible() {
    let hall = Hall::open().await;
    let mut wu = phone_of(&hall, "wu").await;
    let home = wu.get("/").await;
    assert!(
        home.says("尚未申领") && home.says("未申领，去申领") && home.says("href=\"/my/face\""),
        "{home:?}"
    );
    let unagreed = wu.post("/card/apply/face", &[]).await;
    assert!(
        unagreed.status == StatusCode::UNPROCESSABLE_ENTITY && unagreed.says("请先阅读并同意协议")
    );
    let page = pass_face_check(&hall, &mut wu).await;
    assert!(
        page.says("人脸识别已通过") && !page.says("name=\"code\""),
        "{page:?}"
    );
    let done = wu.post("/card/apply", &RIGHT).await;
    assert!(
        done.path == "/card/apply" && done.says("您已申领电子社保卡"),
        "{done:?}"
    );
    assert!(
        password_hash(&hall)
            .await
            .unwrap()
            .starts_with("$argon2id$")
    );
    assert!(wu.get("/").await.says("正常，可以扫码登录"));
}

/// Row S9.
#[tokio::test]
async fn without_a_camera_a_code_to_the_phone_on_file_stands_in() {
    let hall = Hall::open().await;
    let mut wu = phone_of(&hall, "wu").await;
    let page = wu.post("/card/apply/code", &AGREED).await;
    assert!(
        page.says("name=\"code\"") && !page.says("13009700005"),
        "{page:?}"
    );
    let code = hall.code_sent_to("13009700005").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = wu
        .post("/card/apply", &[("code", wrong), RIGHT[0], RIGHT[1]])
        .await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.says("id=\"code-error\""),
        "{refused:?}"
    );
    assert_eq!(password_hash(&hall).await, None);
    let done = wu
        .post("/card/apply", &[("code", &code), RIGHT[0], RIGHT[1]])
        .await;
    assert!(done.says("您已申领电子社保卡"), "{done:?}");
}

/// Row S9.
#[tokio::test]
async fn without_a_proof_of_who_it_is_there_is_no_card() {
    let hall = Hall::open().await;
    let mut wu = phone_of(&hall, "wu").await;
    assert_eq!(
        wu.post("/card/apply", &RIGHT).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        wu.post("/card/apply/face", &AGREED).await.path,
        "/face/e_card"
    );
    let page = wu.get("/card/apply").await;
    assert!(
        page.says("申领协议") && page.says("短信验证码"),
        "a check that was not passed leads back: {page:?}"
    );
    assert_eq!(password_hash(&hall).await, None);
}

/// Row S9.
#[tokio::test]
async fn a_card_password_that_is_easily_guessed_or_mistyped_is_refused() {
    let hall = Hall::open().await;
    let mut wu = phone_of(&hall, "wu").await;
    pass_face_check(&hall, &mut wu).await;
    for (password, repeat, reason) in [
        ("49271", "49271", "密码须为6位数字"),
        ("123456", "123456", "密码过于简单"),
        ("000101", "000101", "身份证号码的一部分"),
        ("492716", "492717", "两次输入的密码不一致"),
    ] {
        let page = wu
            .post("/card/apply", &[("password", password), ("repeat", repeat)])
            .await;
        assert!(
            page.status == StatusCode::UNPROCESSABLE_ENTITY && page.says(reason),
            "{reason}: {page:?}"
        );
    }
    assert!(
        wu.post("/card/apply", &RIGHT)
            .await
            .says("您已申领电子社保卡"),
        "the check still counts"
    );
}

/// Row S9.
#[tokio::test]
async fn each_thing_that_stands_in_the_way_is_told_with_what_to_do() {
    let hall = Hall::open().await;
    let mut wu = phone_of(&hall, "wu").await;
    for (set, reason) in [
        ("state = 'not_activated'", "办理卡激活"),
        ("state = 'sealed'", "办理启封"),
        ("state = 'reported_lost'", "卡解挂或卡补办"),
        ("state = 'application_locked'", "窗口解锁"),
        ("state = 'cancelled'", "激活新卡后再申领"),
        ("state = 'active', region = '990200'", "尚未开通电子社保卡"),
        ("id_number = '990000199001011230'", "您还没有实体社会保障卡"),
    ] {
        change_card(&hall, set).await;
        assert!(wu.get("/card/apply").await.says(reason), "{set}");
        let refused = wu.post("/card/apply/face", &AGREED).await;
        assert!(
            refused.status == StatusCode::CONFLICT && refused.says(reason),
            "{set}: {refused:?}"
        );
    }
}

/// Rows S4 and S9.
#[tokio::test]
async fn a_provisional_user_verifies_first() {
    let hall = Hall::open().await;
    let page = phone_of(&hall, "ren").await.get("/card/apply").await;
    assert!(
        page.says("请先完成身份认证") && page.says("href=\"/verify\""),
        "{page:?}"
    );
}

/// Rows S9 and S15.
#[tokio::test]
async fn a_card_reported_lost_on_the_way_is_refused_at_the_last_step() {
    let hall = Hall::open().await;
    let mut wu = phone_of(&hall, "wu").await;
    pass_face_check(&hall, &mut wu).await;
    change_card(&hall, "state = 'reported_lost'").await;
    assert_eq!(
        wu.post("/card/apply", &RIGHT).await.status,
        StatusCode::CONFLICT
    );
    assert_eq!(password_hash(&hall).await, None);
}

/// Row S9.
#[tokio::test]
async fn whoever_has_the_card_is_told_so() {
    let hall = Hall::open().await;
    let mut jia = phone_of(&hall, "jia").await;
    assert!(jia.get("/card/apply").await.says("您已申领电子社保卡"));
    assert!(jia.post("/card/apply", &RIGHT).await.says("无需再次申领"));
    assert!(
        jia.get("/card/apply?lang=en")
            .await
            .says("You have the electronic card")
    );
}
