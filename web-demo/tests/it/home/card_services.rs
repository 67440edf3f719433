//! The services for a card, each of which decides at once whether its holder may log in by
//! scanning.

use saoma_protocol::IntrospectionResponse;

use crate::support::{GATEWAY, Hall, TestBrowser, basic, check, sql};

/// Sets the state of 示例甲's card.
async fn set_state(hall: &Hall, state: &str) {
    let change = format!("UPDATE register_cards SET state = '{state}' WHERE number = 'S99000001'");
    assert_eq!(hall.sql(&change).await, 1);
}

/// Reports 示例甲's card lost and orders a new one.
async fn with_a_card_being_made(hall: &Hall) -> TestBrowser {
    let mut jia = hall.portal_of("jia").await;
    check!(jia; "
        /card/report-loss <- confirmed=yes => @/card/report-loss
        /card/replace <- confirmed=yes => @/card/replace");
    jia
}

/// Rows S10, S13 and S15.
#[tokio::test]
async fn a_card_service_decides_at_once_whether_its_holder_may_log_in_by_scanning() {
    let hall = Hall::open().await;
    let (mut jia, phone) = (hall.portal_of("jia").await, hall.phone_of("jia").await);
    set_state(&hall, "not_activated").await;
    let refusal = async || {
        let answer = hall.introspect(&phone).await;
        assert!(answer.active);
        // The gateway learns the same without a token, while a login lasts there.
        let gateway = basic(GATEWAY);
        let standing = hall.ask_standing("127.0.0.1", &gateway, ("c-1001", "personal"));
        let standing: IntrospectionResponse = standing.await.json().await.unwrap();
        assert_eq!(standing.ineligible_reason, answer.ineligible_reason);
        answer.ineligible_reason
    };
    assert_eq!(refusal().await.as_deref(), Some("card_not_activated"));
    for (service, title, then) in [
        ("activate", "社会保障卡已激活", None),
        (
            "report-loss",
            "社会保障卡已挂失",
            Some("card_reported_lost"),
        ),
        ("undo-loss", "社会保障卡已解挂", None),
        ("cancel", "社会保障卡已注销", Some("card_cancelled")),
        ("replace", "社会保障卡补办已受理", Some("card_cancelled")),
    ] {
        check!(jia; "/card/{service} <- confirmed=yes => {title} \n /inbox => {title}");
        assert_eq!(refusal().await.as_deref(), then, "{service}");
    }
}

/// Row S15.
#[tokio::test]
async fn nothing_happens_to_a_card_before_its_holder_has_confirmed_what_it_means() {
    let hall = Hall::open().await;
    check!(hall.portal_of("jia").await; "
        /card/report-loss => 您将不能扫码登录
        /card/report-loss <- => 422 | 请先勾选确认
        /card/track => 正常");
    check!(hall.portal_of("jia").await.in_english(); "
        /card/cancel => you can no longer log in by scanning");
}

/// Row S15.
#[tokio::test]
async fn a_service_that_a_card_does_not_allow_is_refused_with_its_own_reason_and_what_to_do() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    for (state, service, reason) in [
        ("active", "activate", "卡片已激活"),
        ("active", "undo-loss", "没有挂失，无需解挂"),
        ("active", "replace", "请先办理卡挂失"),
        ("reported_lost", "report-loss", "已经挂失，无需再次办理"),
        ("reported_lost", "activate", "请先办理卡解挂"),
        ("sealed", "cancel", "申请解封"),
        ("application_locked", "report-loss", "窗口解锁"),
        ("cancelled", "undo-loss", "请办理卡补办"),
    ] {
        set_state(&hall, state).await;
        check!(jia; "
            /card/{service} => {reason}
            /card/{service} <- confirmed=yes => 409 | {reason} | !<form class=\"card");
    }
    // A refused service leaves no notice.
    jia.check("/inbox => !社会保障卡已").await;
}

/// Row S15.
#[tokio::test]
async fn a_new_card_is_ordered_once_and_followed_until_it_is_there() {
    let hall = Hall::open().await;
    let mut jia = with_a_card_being_made(&hall).await;
    check!(jia; "
        /card/replace <- confirmed=yes => 409 | 新卡正在制作，不能再次补办
        /card/track => aria-current=\"step\">已受理");
    let pass = "UPDATE register_makings SET ordered_at = ordered_at -";
    sql!(hall; "{pass} 60");
    check!(jia; "/card/track => aria-current=\"step\">制卡中");
    sql!(hall; "{pass} 120");
    check!(jia; "
        /card/track => 未激活
        /card/activate <- confirmed=yes => 社会保障卡已激活");
}

/// Row S15.
#[tokio::test]
async fn a_service_done_is_told_once_and_no_address_makes_it_up() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    set_state(&hall, "reported_lost").await;
    check!(jia; "/card/report-loss?done => !社会保障卡已挂失");
    set_state(&hall, "active").await;
    check!(jia; "
        /card/report-loss <- confirmed=yes => 社会保障卡已挂失
        /card/report-loss => !notice done
        /card/report-loss?done => !notice done
        /card/cancel => !notice done");
}

/// Row S15.
#[tokio::test]
async fn the_number_of_a_new_card_is_masked_until_asked_for_and_that_is_noted() {
    let hall = Hall::open().await;
    let mut jia = with_a_card_being_made(&hall).await;
    let (number,): (String,) = hall.row("SELECT number FROM register_makings").await;
    check!(jia; "
        /card/track => !{number} | S99****
        /card/track <- => {number}
        /card/track => !{number}
        /inbox => 您的完整个人信息被查看");
}

/// Rows S4 and S15.
#[tokio::test]
async fn a_provisional_account_can_have_nothing_done_to_a_card() {
    let hall = Hall::open().await;
    hall.make_provisional("jia").await;
    check!(hall.portal_of("jia").await; "/card/cancel <- confirmed=yes => 403");
    let active = "register_cards WHERE number = 'S99000001' AND state = 'active'";
    assert_eq!(hall.count(active).await, 1);
}
