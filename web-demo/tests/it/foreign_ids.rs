//! Ids of one person's records, asked for with the cookies of another.

use crate::support::{Hall, TestBrowser, check};

/// The rows that a stranger must leave as they are.
async fn state(hall: &Hall) -> Vec<i64> {
    let mut counts = Vec::new();
    for rows in [
        "applications WHERE state = 'withdrawn'",
        "notices WHERE read_at IS NOT NULL",
        "portal_sessions",
        "phone_sessions",
        "scanned_logins",
        "scanned_logins WHERE decision IS NULL",
        "delegations WHERE withdrawn_at IS NOT NULL",
        "employees WHERE left_on IS NOT NULL",
        "e_cards",
    ] {
        counts.push(hall.count(rows).await);
    }
    counts
}

#[tokio::test]
async fn records_of_another_person_are_neither_shown_nor_changed() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    check!(jia; "/applications/new/professional-title <- reason=晋升 => 已提交");
    let application: (i64,) = hall
        .row("SELECT max(id) FROM applications WHERE account_id = 'c-1001'")
        .await;
    let notice: (i64, String) = hall
        .row("SELECT id, session_id FROM notices WHERE account_id = 'c-1001' AND session_id IS NOT NULL")
        .await;
    let (application, (notice, session)) = (application.0, notice);
    let mut portal = hall.portal_of("yi").await;
    let mut phone = hall.phone_of("yi").await;
    let before = state(&hall).await;
    check!(portal; "
        /applications/{application} => 404 | !晋升
        /applications/{application}/withdraw <- => 404
        /inbox/{notice} => 404
        /inbox/{notice}/not-me <- => 404");
    check!(phone; "
        /inbox/{notice} => @/inbox
        /inbox/{notice}/not-me <- => @/inbox
        /sessions/{session}/end <- => @/sessions");
    assert_eq!(state(&hall).await, before);
    check!(jia; "/applications/{application} => 已提交 | 撤回申请");
}

/// 示例辛 is the legal representative of another unit.
#[tokio::test]
async fn records_of_another_unit_are_neither_shown_nor_changed() {
    let hall = Hall::open().await;
    let last = hall.day("+1 month").await;
    check!(hall.portal_for("yi", "90001").await; "
        /delegations <- id_number=990000199506161048&name=示例丁&ends_on={last}&cards=yes => @/");
    let delegation: (i64,) = hall
        .row("SELECT max(id) FROM delegations WHERE unit_id = '90001'")
        .await;
    let employee: (i64,) = hall
        .row("SELECT min(id) FROM employees WHERE unit_id = '90001'")
        .await;
    let (delegation, employee) = (delegation.0, employee.0);
    let mut xin = hall.portal_for("xin", "90002").await;
    let before = state(&hall).await;
    check!(xin; "
        /delegations/{delegation}/withdraw => 404
        /delegations/{delegation}/withdraw <- => 404
        /unit/contributions/{employee} => 404
        /unit/contributions/{employee} <- base=9000 => 404
        /unit/employees/{employee}/end => 404
        /unit/employees/{employee}/end <- => 404
        /unit/cards/{employee}/remind <- => 404");
    assert_eq!(state(&hall).await, before);
}

/// A login is its phone's alone: another person's phone has no part in it, and neither has another phone of its person.
#[tokio::test]
async fn a_scanned_login_is_shown_to_its_phone_alone() {
    let hall = Hall::with_gateway().await;
    let page = hall.portal().get("/login").await;
    let mut jia = hall.phone_of("jia").await;
    hall.confirmed(&page, &mut jia, "personal").await;
    let (login,): (String,) = hall.row("SELECT login_id FROM scanned_logins").await;
    check!(jia; "/logins/{login} => 登录成功");
    let strangers: [TestBrowser; 2] = [hall.phone_of("yi").await, hall.phone_of("jia").await];
    for mut stranger in strangers {
        let before = state(&hall).await;
        for request in [
            "",
            "/confirm <- identity=personal",
            "/reject <-",
            "/not-me <-",
        ] {
            let answer = check!(stranger; "/logins/{login}{request} => 409 | !网上服务大厅");
            assert!(!answer.says("登录成功"), "{answer:?}");
        }
        assert_eq!(state(&hall).await, before);
    }
}

/// A logout ends the cookie and the app's token, also where a copy of them is kept.
#[tokio::test]
async fn what_was_logged_out_stays_out() {
    let hall = Hall::open().await;
    let mut portal = hall.portal_of("jia").await;
    let mut phone = hall.phone_of("jia").await;
    let mut stolen = [
        portal.back_at(portal.origin()),
        phone.back_at(phone.origin()),
    ];
    check!(portal; "/logout <- => @/login");
    for page in ["/account", "/inbox", "/details"] {
        check!(stolen[0]; "{page} => @/login");
    }
    let active = hall.introspection(&phone).await["active"].clone();
    let kept = phone.back_at(phone.origin());
    check!(phone; "/logout <- => @/login");
    for page in ["/scan", "/sessions", "/inbox", "/card", "/my/face"] {
        check!(stolen[1]; "{page} => @/login");
    }
    assert_eq!(
        (active, &hall.introspection(&kept).await["active"]),
        (true.into(), &false.into())
    );
}
