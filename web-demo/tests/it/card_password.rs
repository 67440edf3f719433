//! The e-card's password: it opens the full number, and is changed and replaced. By the
//! manual it is set at the application; scanning does not ask for it.

use crate::support::{Hall, Page, TestBrowser, check, sql};

const OLD: &str = "492716";
const NEW: &str = "830594";

/// Of 示例甲's card.
const NUMBER: &str = "S99000001";

/// The phone of 示例甲, whose seeded card has no password yet, after setting one by a code to the
/// phone on file.
async fn with_password(hall: &Hall) -> TestBrowser {
    let mut jia = hall.phone_of("jia").await;
    jia.check("/card/reset/code <- => name=\"code\"").await;
    let code = hall.code_sent_to("13009700001").await;
    check!(jia; "/card/reset <- code={code}&password={OLD}&repeat={OLD} => 密码已设置");
    jia
}

async fn show_number(jia: &mut TestBrowser, password: &str, expected: &str) -> Page {
    check!(jia; "/card/number <- card_password={password} => {expected}")
}

async fn change(jia: &mut TestBrowser, old: &str, new: &str, repeat: &str, expected: &str) {
    let form = format!("old={old}&password={new}&repeat={repeat}");
    check!(jia; "/card/password <- {form} => {expected}");
}

/// Row S9.
#[tokio::test]
async fn the_full_number_is_shown_for_the_cards_password_and_that_is_noted() {
    let hall = Hall::open().await;
    let mut jia = with_password(&hall).await;
    check!(jia; "
        / => href=\"/card\"
        /card => !{NUMBER} | S99****01 | href=\"/scan\"
        /card/number <- card_password={NEW} => 422 | !{NUMBER}
            | #card_password 电子社保卡密码不正确。
        /card/number <- card_password={OLD} => {NUMBER}
        /card => !{NUMBER}");
    assert_eq!(hall.last_notice("c-1001").await, "您的完整卡号被查看");
    check!(jia; "/card?lang=en => Show the full number | Change the password");
}

/// Row S9, threat T9.
#[tokio::test]
async fn wrong_card_passwords_are_few_whether_for_the_number_or_for_a_change() {
    let hall = Hall::open().await;
    let mut jia = with_password(&hall).await;
    for _ in 0..4 {
        show_number(&mut jia, NEW, "422").await;
    }
    change(&mut jia, "000000", NEW, NEW, "422").await;
    change(&mut jia, OLD, NEW, NEW, "429").await;
    show_number(&mut jia, OLD, &format!("429 | !{NUMBER}")).await;
    hall.pass_limits(600).await;
    show_number(&mut jia, OLD, NUMBER).await;
}

/// Row S9.
#[tokio::test]
async fn the_card_password_is_changed_by_the_old_one() {
    let hall = Hall::open().await;
    let mut jia = with_password(&hall).await;
    change(&mut jia, "000000", NEW, NEW, "422 | #old …密码不正确…").await;
    change(
        &mut jia,
        OLD,
        "123456",
        "123456",
        "422 | #password …过于简单…",
    )
    .await;
    change(&mut jia, OLD, NEW, OLD, "422 | #repeat …不一致…").await;
    change(&mut jia, OLD, NEW, NEW, "密码已修改").await;
    assert_eq!(hall.last_notice("c-1001").await, "您的电子社保卡密码已修改");
    show_number(&mut jia, OLD, "422").await;
    show_number(&mut jia, NEW, NUMBER).await;
}

/// Row S9.
#[tokio::test]
async fn a_forgotten_card_password_is_replaced_by_face_check_or_code_and_not_without() {
    let hall = Hall::open().await;
    let mut jia = with_password(&hall).await;
    let reset = format!("/card/reset <- password={NEW}&repeat={NEW} =>");
    let unproved = check!(jia; "
        {reset} 422 | id=\"code-error\"
        /card/reset/face <- => @/face/card_password
        {reset} 422");
    assert_ne!(unproved.problem("code"), "");
    hall.pass_face_check(&jia).await;
    check!(jia; "
        /card/reset => 人脸识别已通过
        {reset} 密码已设置");
    show_number(&mut jia, NEW, NUMBER).await;
    // A check counts once.
    check!(jia; "{reset} 422");
}

/// Row S9.
#[tokio::test]
async fn after_a_reset_the_wrong_card_passwords_before_it_count_no_more() {
    let hall = Hall::open().await;
    let mut jia = with_password(&hall).await;
    for _ in 0..5 {
        show_number(&mut jia, NEW, "422").await;
    }
    show_number(&mut jia, OLD, "429").await;
    jia.check("/card/reset/face <-").await;
    hall.pass_face_check(&jia).await;
    check!(jia; "/card/reset <- password={NEW}&repeat={NEW} => 密码已设置");
    show_number(&mut jia, NEW, NUMBER).await;
}

/// Row S9.
#[tokio::test]
async fn without_an_electronic_card_or_with_a_lost_one_there_is_no_password_to_set() {
    let hall = Hall::open().await;
    check!(hall.phone_of("wu").await; "
        /card/nothing => 404
        /card => @/card/apply
        /card/password => @/card/apply
        /card/reset/code <- => 409 | 您还没有电子社保卡");
    let mut jia = hall.phone_of("jia").await;
    check!(jia; "
        /card => 您还没有设置
        /card/password => @/card/reset
        /card/number <- card_password= => 409");
    let lost = "UPDATE register_cards SET state = 'reported_lost'";
    sql!(hall; "{lost} WHERE number = '{NUMBER}'");
    jia.check("/card/reset/code <- => 409 | 已挂失").await;
}
