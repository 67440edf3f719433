//! The e-card is applied for on the phone.

use crate::support::{Hall, Page, TestBrowser, check, sql};

const RIGHT: &str = "/card/apply <- password=492716&repeat=492716 =>";

/// Has an active card and has not applied.
const WU: &str = "c-1005";

/// Sends the phone to its check and passes it in the verifier's place.
async fn pass_face_check(hall: &Hall, phone: &mut TestBrowser) -> Page {
    check!(phone; "/card/apply/face <- agreed=yes => @/face/e_card");
    hall.pass_face_check(phone).await;
    phone.get("/card/apply").await
}

async fn change_card(hall: &Hall, set: &str) {
    sql!(hall; "UPDATE register_cards SET {set}
         WHERE id_number = (SELECT id_number FROM accounts WHERE id = '{WU}')");
}

/// The hash of the card's password, if there is a card.
async fn password_hash(hall: &Hall) -> Option<String> {
    let hash = format!("SELECT max(password_hash) FROM e_cards WHERE account_id = '{WU}'");
    hall.row::<(Option<String>,)>(&hash).await.0
}

/// Row S9.
#[tokio::test]
async fn agreement_face_check_and_password_make_the_card_and_scanning_possible() {
    let hall = Hall::open().await;
    let mut wu = hall.phone_of("wu").await;
    check!(wu; "
        / => 尚未申领 | 未申领，去申领 | href=\"/my/face\"
        /card/apply/face <- => 422 | 请先阅读并同意协议");
    let page = pass_face_check(&hall, &mut wu).await;
    page.check("after the check", "人脸识别已通过 | !name=\"code\"");
    check!(wu; "{RIGHT} @/card/apply | 您已申领电子社保卡");
    let hash = password_hash(&hall).await.unwrap();
    assert!(hash.starts_with("$argon2id$"));
    wu.check("/ => 正常，可以扫码登录").await;
}

/// Row S9.
#[tokio::test]
async fn without_a_camera_a_code_to_the_phone_on_file_stands_in() {
    let hall = Hall::open().await;
    let mut wu = hall.phone_of("wu").await;
    check!(wu; "/card/apply/code <- agreed=yes => name=\"code\" | !13009700005");
    let code = hall.code_sent_to("13009700005").await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let right = "/card/apply <- password=492716&repeat=492716&code";
    check!(wu; "{right}={wrong} => 422 | id=\"code-error\"");
    assert_eq!(password_hash(&hall).await, None);
    check!(wu; "{right}={code} => 您已申领电子社保卡");
}

/// Row S9.
#[tokio::test]
async fn without_a_proof_of_the_person_there_is_no_card() {
    let hall = Hall::open().await;
    // A check that was not passed leads back.
    check!(hall.phone_of("wu").await; "
        {RIGHT} 422
        /card/apply/face <- agreed=yes => @/face/e_card
        /card/apply => 申领协议 | 短信验证码");
    assert_eq!(password_hash(&hall).await, None);
}

/// Row S9.
#[tokio::test]
async fn a_card_password_that_is_easily_guessed_or_mistyped_is_refused() {
    let hall = Hall::open().await;
    let mut wu = hall.phone_of("wu").await;
    pass_face_check(&hall, &mut wu).await;
    // The check counts until it is used.
    check!(wu; "
        /card/apply <- password=49271&repeat=49271 => 422 | 密码须为6位数字
        /card/apply <- password=123456&repeat=123456 => 422 | 密码过于简单
        /card/apply <- password=000101&repeat=000101 => 422 | 身份证号码的一部分
        /card/apply <- password=492716&repeat=492717 => 422 | 两次输入的密码不一致
        {RIGHT} 您已申领电子社保卡");
}

/// Row S9.
#[tokio::test]
async fn each_obstacle_is_told_with_what_to_do() {
    let hall = Hall::open().await;
    let mut wu = hall.phone_of("wu").await;
    for (set, reason) in [
        ("state = 'not_activated'", "办理卡激活"),
        ("state = 'sealed'", "办理启封"),
        ("state = 'reported_lost'", "卡解挂或卡补办"),
        ("state = 'application_locked'", "窗口解锁"),
        ("state = 'cancelled'", "激活新卡后再申领"),
        ("state = 'active', region = '990200'", "还未开通电子社保卡"),
        ("id_number = '990000199001011230'", "本人无实体社保卡"),
    ] {
        change_card(&hall, set).await;
        check!(wu; "
            /card/apply => {reason}
            /card/apply/face <- agreed=yes => 409 | {reason}");
    }
}

/// Row U5: the reason stands on the first page of the app, before anybody applies.
#[tokio::test]
async fn u5_each_obstacle_stands_on_the_first_page_in_the_manuals_words() {
    let hall = Hall::open().await;
    let mut wu = hall.phone_of("wu").await;
    check!(wu; "/ => !notice warning");
    for (set, reason) in [
        ("state = 'not_activated'", "实体社保卡尚未激活"),
        ("state = 'sealed'", "实体社保卡已封存"),
        ("state = 'reported_lost'", "实体社保卡已挂失"),
        ("state = 'application_locked'", "实体社保卡应用锁定"),
        ("state = 'cancelled'", "实体社保卡已注销"),
        (
            "state = 'active', region = '990200'",
            "所在地区还未开通电子社保卡",
        ),
        ("id_number = '990000199001011230'", "本人无实体社保卡"),
    ] {
        change_card(&hall, set).await;
        check!(wu; "
            / => {reason}
            /card => @/card/apply | {reason}
            /card/apply?lang=en => !{reason}
            /?lang=zh => {reason}");
    }
}

/// Row U5: a holder of the e-card is told why it cannot be used.
#[tokio::test]
async fn u5_a_holder_whose_physical_card_is_no_good_is_told_on_both_pages() {
    let hall = Hall::open().await;
    for (user, reason) in [
        ("bing", "实体社保卡已挂失"),
        ("ji", "实体社保卡已封存"),
        ("geng", "实体社保卡应用锁定"),
        ("xin", "实体社保卡已注销"),
    ] {
        check!(hall.phone_of(user).await; "/ => {reason} \n /card => @/card | {reason}");
    }
}

/// Row U5: without a card, verifying is no way on, and the page does not send the person round in a circle.
#[tokio::test]
async fn u5_without_a_card_or_with_a_cancelled_one_a_provisional_user_is_not_sent_to_verify() {
    let hall = Hall::open().await;
    check!(hall.phone_of("gui").await; "
        /card/apply => 本人无实体社保卡 | 合作银行网点 | 12333 | !您是临时用户 | !href=\"/verify\"
        /card/apply/face <- agreed=yes => 409 | 本人无实体社保卡
        / => 本人无实体社保卡
        /verify => 本人无实体社保卡 | 合作银行网点");
    hall.make_provisional("xin").await;
    check!(hall.phone_of("xin").await; "
        /verify => 您的社会保障卡已注销
        /card/reset => 实体社保卡已注销 | !href=\"/verify\"");
    // With a card that still proves them, they verify, whatever its state.
    hall.make_provisional("wu").await;
    let mut wu = hall.phone_of("wu").await;
    change_card(&hall, "state = 'sealed'").await;
    check!(wu; "/card/apply => 实体社保卡已封存 | 您还是临时用户 | href=\"/verify\"");
    // A stranger can have made the account: it shows nothing of the card's.
    check!(wu; "/ => !S99 | !示例一市");
    change_card(&hall, "state = 'active'").await;
    check!(wu; "/card/apply => 您是临时用户 | href=\"/verify\"");
}

/// Rows S4 and S9.
#[tokio::test]
async fn a_provisional_user_verifies_first() {
    let hall = Hall::open().await;
    check!(hall.phone_of("ren").await; "/card/apply => 请先完成身份认证 | href=\"/verify\"");
}

/// Rows S9 and S15.
#[tokio::test]
async fn a_card_reported_lost_on_the_way_is_refused_at_the_last_step() {
    let hall = Hall::open().await;
    let mut wu = hall.phone_of("wu").await;
    pass_face_check(&hall, &mut wu).await;
    change_card(&hall, "state = 'reported_lost'").await;
    check!(wu; "{RIGHT} 409");
    assert_eq!(password_hash(&hall).await, None);
}

/// Row S9.
#[tokio::test]
async fn a_person_who_has_the_card_is_told_so() {
    let hall = Hall::open().await;
    check!(hall.phone_of("jia").await; "
        /card/apply => 您已申领电子社保卡
        {RIGHT} 无需再次申领
        /card/apply?lang=en => You have the e-card");
}
