//! My inbox, and ending another person's login to the account.

use crate::support::{Hall, check, sql};

/// Row S15.
#[tokio::test]
async fn a_login_tells_the_person_when_where_and_by_which_browser_and_they_end_it() {
    let hall = Hall::open().await;
    let (mut mine, mut theirs) = (hall.portal_of("jia").await, hall.portal_of("jia").await);
    let path = mine.get("/inbox").await.link("/inbox/");
    check!(mine; "{path} => 127.0.0.1 | Chrome · Linux | 这不是我");
    theirs.check("/account => @/account").await;
    check!(mine; "{path}/not-me <- => 该登录已经结束");
    theirs.check("/account => @/login").await;
    mine.check("/account => @/account").await;
}

#[tokio::test]
async fn the_login_at_hand_is_named_and_not_offered_to_be_ended_as_anothers() {
    let hall = Hall::open().await;
    let mut ding = hall.portal_of("ding").await;
    let path = ding.get("/inbox").await.link("/inbox/");
    check!(ding; "{path} => 这是您当前使用的登录 | !这不是我");
}

const NOTICE: &str = "INSERT INTO notices (account_id, title, body, sent_at)";

/// Row S15.
#[tokio::test]
async fn the_menu_counts_unread_notices() {
    let hall = Hall::open().await;
    let mut ding = hall.portal_of("ding").await.in_english();
    let notice = r#"VALUES ('c-1004', '{"zh":"通知","en":"A notice"}', '{"zh":"一\n二","en":"One\nTwo"}', 0)"#;
    sql!(hall; "{NOTICE} {notice}");
    ding.check("/exams => badge count\">2<").await;
    let path = ding.get("/inbox").await.link("/inbox/");
    check!(ding; "
        {path} => <p>One</p> | <p>Two</p> | badge count\">1<
        /exams => badge count\">1<");
}

#[tokio::test]
async fn a_long_inbox_is_read_in_pages() {
    let hall = Hall::open().await;
    let mut ding = hall.portal_of("ding").await;
    for number in 0..12 {
        let title = format!(r#"{{"zh":"第{number}号","en":"x"}}"#);
        let notice = format!(r#"VALUES ('c-1004', '{title}', '{{"zh":"","en":""}}', 0)"#);
        sql!(hall; "{NOTICE} {notice}");
    }
    check!(ding; "
        /inbox => 第11号 | !第1号 | page=2
        /inbox?page=2 => 第1号
        /inbox?page=9 => 没有通知");
}
