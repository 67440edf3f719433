//! Access to the pages: of strangers, persons, units, provisional accounts.

use crate::support::{Hall, check};

const PERSONAL: [&str; 11] = [
    "/details",
    "/card/track",
    "/account",
    "/account/password",
    "/insurance/pension",
    "/insurance/statement",
    "/applications",
    "/exams",
    "/questions",
    "/resume",
    "/inbox",
];

#[tokio::test]
async fn strangers_are_sent_to_the_login_page_and_units_to_their_own() {
    let hall = Hall::open().await;
    let (mut stranger, mut unit) = (hall.portal(), hall.portal_for("yi", "90001").await);
    for path in PERSONAL {
        check!(stranger; "{path} => @/login");
        check!(unit; "{path} => @/");
    }
}

/// Row S4.
#[tokio::test]
async fn a_provisional_account_is_for_exams_and_applications_and_shows_nothing_of_the_person() {
    let hall = Hall::open().await;
    hall.make_provisional("jia").await;
    check!(hall.portal_of("jia").await; "
        /exams => @/exams
        /applications => @/applications
        /applications/new/professional-title => @/applications/new/professional-title
        /inbox => @/inbox
        /account => @/account
        /details => 403 | 需要身份认证
        /card/track => 403 | 需要身份认证
        /insurance/pension => 403 | 需要身份认证
        /insurance/statement => 403 | 需要身份认证
        /questions => 403 | 需要身份认证
        /resume => 403 | 需要身份认证
        /training => 403 | 需要身份认证
        /details <- => 403
        / => 临时用户 | !990 | !/insurance");
}

#[tokio::test]
async fn no_page_shows_what_is_another_persons() {
    let hall = Hall::open().await;
    let (mut jia, mut ding) = (hall.portal_of("jia").await, hall.portal_of("ding").await);
    let application = jia.get("/applications").await.link("/applications/");
    let notice = jia.get("/inbox").await.link("/inbox/");
    check!(jia; "{application} => @{application}");
    check!(ding; "
        {application} => 404
        {notice} => 404
        {notice}/not-me <- => 404
        /insurance/pension => !示例单位一
        /questions => !示例单位一
        /resume => !示例单位一
        /training => !示例单位一
        /exams => !示例单位一");
    jia.check("/ => 您好，示例甲").await;
}

const NUMBER: &str = "990000199003071016";

/// Row S15.
#[tokio::test]
async fn details_are_masked_until_asked_for_and_that_is_noted() {
    let hall = Hall::open().await;
    check!(hall.portal_of("jia").await; "
        / => 990*************16 | !{NUMBER}
        /details => 990*************16 | !{NUMBER}
        /insurance/statement => 990*************16 | !{NUMBER}
        /details <- => {NUMBER} | 1990-03-07 | 男 | S99000001
        /details => !{NUMBER}
        /inbox => 您的完整个人信息被查看");
}

/// Row S15.
#[tokio::test]
async fn the_statement_of_rights_is_printed_with_the_full_number_on_demand() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    check!(jia; "
        /insurance/statement?year=2024 <- => {NUMBER} | 2024年度 | 可以打印
        /insurance/statement?year=2024 => !{NUMBER}
        /inbox => 您的完整个人信息被查看");
    hall.make_provisional("jia").await;
    jia.check("/insurance/statement <- => 403").await;
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so() {
    let hall = Hall::open().await;
    check!(hall.portal_of("jia").await; "
        /nowhere => 404 | 页面不存在
        /insurance/none => 404 | 页面不存在
        /card/none => 404 | 页面不存在
        /applications/0 => 404 | 页面不存在
        /applications/new/none => 404 | 页面不存在
        /inbox/x => 404 | 页面不存在");
}
