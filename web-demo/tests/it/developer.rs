//! The developer pages.

use crate::support::{Hall, PASSWORD, PHONE_HOST, PORTAL_HOST, check};

/// Row S3a.
#[tokio::test]
async fn short_messages_are_shown_in_the_demonstration_and_marked_as_such() {
    let hall = Hall::open().await;
    check!(hall.developer().await; "/developer/messages => 仅演示系统有此页面");
    hall.phone().check("/developer/messages => 404").await;
}

/// Row S3a.
#[tokio::test]
async fn messages_that_a_real_carrier_takes_are_shown_on_no_page() {
    let hall = Hall::without_registers().await;
    check!(hall.portal(); "
        /developer/messages => 404
        /developer/desk => 404
        /developer/desk/applications/2 <- decision=approved&answer=同意 => 404");
}

const COOKIE: &str = "shili_developer";

const PAGES: [&str; 2] = ["/developer/messages", "/developer/desk"];

/// The codes of the short messages would let anyone log in as the people who get them.
#[tokio::test]
async fn a_hall_that_other_machines_reach_has_no_developer_pages() {
    let hall = Hall::not_exposed().await;
    let mut browser = hall.portal().through_proxy(PORTAL_HOST, "192.0.2.7");
    for page in PAGES {
        check!(browser; "{page} => 404");
    }
    check!(browser; "/developer/desk/applications/2 <- decision=approved&answer=x => 404");
    let hall = Hall::behind_proxy_and_gateway_elsewhere().await;
    let mut browser = hall.portal().through_proxy(PORTAL_HOST, "192.0.2.7");
    for page in PAGES {
        check!(browser; "{page} => 仅演示系统有此页面");
    }
}

/// Row A13: a proxy that `--trusted-proxy` does not name stands before a portal of this machine, and says so.
#[tokio::test]
async fn a_proxy_that_was_not_declared_gets_no_developer_pages() {
    let hall = Hall::open().await;
    let developer = hall.developer().await;
    let http = reqwest::Client::new();
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "via"]
        .into_iter()
        .chain(["cf-connecting-ip", "cdn-loop", "x-envoy-external-address"])
    {
        for page in PAGES {
            let request = http.get(format!("{}{page}", hall.portal));
            let cookie = format!("{COOKIE}={}", developer.cookies[COOKIE]);
            let request = request.header(header, "192.0.2.7").header("cookie", cookie);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 404, "{header} {page}");
        }
    }
}

/// Row A13: a proxy that says nothing looks like a browser of this machine, so the key of the terminal is asked for.
#[tokio::test]
async fn a13_developer_pages_open_with_the_key_of_the_terminal_alone() {
    let hall = Hall::open().await;
    let mut visitor = hall.portal();
    let wrong = "A".repeat(43);
    for page in PAGES {
        check!(visitor; "
            {page} => 404
            {page}?key= => 404
            {page}?key={wrong} => 404");
    }
    let decision = "/developer/desk/applications/2 <- decision=approved&answer=x";
    check!(visitor; "{decision} => 404");
    visitor.cookies.insert(COOKIE.to_owned(), wrong);
    check!(visitor; "
        /developer/messages => 404
        {decision} => 404");
    let mut developer = hall.developer().await;
    for page in PAGES {
        check!(developer; "{page} => 仅演示系统有此页面");
    }
    let other = Hall::open().await.developer().await;
    visitor.cookies = other.cookies;
    check!(visitor; "/developer/messages => 404");
}

/// Everybody can read the password of the demo's accounts in the source.
#[tokio::test]
async fn a_hall_that_other_machines_reach_has_a_password_of_its_own() {
    let hall = Hall::not_exposed().await;
    let own = hall.file("demo-password");
    let portal = hall.portal().through_proxy(PORTAL_HOST, "192.0.2.7");
    let phone = hall.phone().through_proxy(PHONE_HOST, "192.0.2.8");
    for (mut browser, path) in [(portal, "/login/password"), (phone, "/login")] {
        let refused = browser.log_in(path, "jia", PASSWORD).await;
        refused.check(path, "422");
        let home = browser.log_in(path, "jia", &own).await;
        home.check(path, "@/ | 示例甲");
    }
}

/// Row S15.
#[tokio::test]
async fn the_authoritys_desk_decides_an_application_once_and_its_person_is_told() {
    let hall = Hall::open().await;
    let path = "/developer/desk/applications/2";
    check!(hall.developer().await; "
        /developer/desk?lang=en => Open applications
        /developer/desk?lang=zh => 仅演示系统有此页面 | 由外省转入
        {path} <- decision=returned&answer=+ => 422 | #application-2 请填写答复。
            | value=\"returned\" checked
        {path} <- decision=approved&answer=转移已办结+<b> => @/developer/desk | !由外省转入
        {path} <- decision=returned&answer=x => 409");
    let notice = hall.last_notice("c-1001").await;
    assert!(notice.starts_with("您的申请已办结："), "{notice}");
    check!(hall.portal_of("jia").await; "/applications/2 => 已办结 | 转移已办结 &#60;b&#62;");
}

/// Row S15.
#[tokio::test]
async fn the_authoritys_desk_answers_a_question_and_the_inbox_of_both_surfaces_tells() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    check!(jia; "/questions <- subject=缴费&body=何时到账？");
    let path = "/developer/desk/questions/2";
    check!(hall.developer().await; "
        /developer/desk => 何时到账？
        {path} <- answer=次月到账。 => !何时到账？
        {path} <- answer=x => 409");
    check!(jia; "
        /questions => 次月到账。
        /inbox => 您的提问已答复：缴费");
    check!(hall.phone_of("jia").await; "/inbox => 您的提问已答复：缴费");
}

/// Row U7: the authority adds operators at its desk, who then choose the unit at the next scan.
#[tokio::test]
async fn u7_the_authoritys_desk_adds_an_operator_who_can_then_act_for_the_unit() {
    let hall = Hall::open().await;
    let mut desk = hall.developer().await;
    let phone = hall.phone_of("ding").await;
    assert_eq!(hall.identities(&phone).await, ["personal"]);
    let ding = "name=示例丁&id_number=990000199506161048";
    check!(desk; "
        /developer/desk => href=\"/developer/desk/operators\"
        /developer/desk/operators => 示例单位一 | 示例单位三 | 示例亥
        /developer/desk/operators <- unit=90001&{ding}
            => @/developer/desk/operators | 已添加业务操作员：示例丁（示例单位一） | !990000199506161048
        /developer/desk/operators => !已添加业务操作员");
    assert_eq!(hall.identities(&phone).await, ["personal", "unit:90001"]);
    check!(hall.portal_for("ding", "90001").await; "/ => 业务操作员 | 示例单位一 \n /unit/employees => 示例甲");
    check!(hall.portal_for("yi", "90001").await; "/ => 示例丁");
    check!(hall.portal_of("ding").await; "/inbox => 您已成为“示例单位一”的业务操作员");
    check!(hall.portal_of("yi").await; "/inbox => 人社主管部门已添加业务操作员：示例丁（示例单位一）");
}

/// Row U7.
#[tokio::test]
async fn u7_a_person_who_cannot_be_an_operator_is_refused_beside_the_field() {
    let hall = Hall::open().await;
    let mut desk = hall.developer().await;
    for (form, expected) in [
        (
            "name=示例丁&id_number=990000199506161048",
            "422 | #unit 请选择单位。",
        ),
        (
            "unit=90009&name=示例丁&id_number=990000199506161048",
            "422 | #unit 请选择单位。",
        ),
        (
            "unit=90001&name=+&id_number=990000199506161048",
            "422 | #name …姓名…",
        ),
        (
            "unit=90001&name=示例丁&id_number=1",
            "422 | #id_number 身份证号应为18位。",
        ),
        (
            "unit=90001&name=示例甲&id_number=990000199506161048",
            "422 | #name …不…",
        ),
        (
            "unit=90001&name=示例乙&id_number=990000198511221020",
            "409 | #id_number …法定代表人…",
        ),
        (
            "unit=90002&name=示例乙&id_number=990000198511221020",
            "409 | #id_number …业务操作员…",
        ),
    ] {
        check!(desk; "/developer/desk/operators <- {form} => {expected}");
    }
    let before = hall.count("register_posts").await;
    assert_eq!(before, 5);
    check!(hall.portal(); "/developer/desk/operators <- unit=90001 => 404");
}

/// Rows U2 and U7: the removal asks first, ends the operator's logins, and tells both.
#[tokio::test]
async fn u7_an_operators_removal_asks_first_and_ends_their_logins_for_the_unit() {
    let hall = Hall::open().await;
    let (mut desk, phone) = (hall.developer().await, hall.phone_of("yi").await);
    let (mut operator, mut personal) = (
        hall.portal_for("yi", "90002").await,
        hall.portal_of("yi").await,
    );
    let path = desk
        .get("/developer/desk/operators")
        .await
        .link("/developer/desk/operators/90002/");
    assert!(!path.contains("990000"), "{path}");
    check!(desk; "{path} => 示例乙 | 移除后立即生效 | 暂不移除 | 确认移除");
    assert_eq!(
        hall.identities(&phone).await,
        ["personal", "unit:90001", "unit:90002"]
    );
    check!(desk; "
        {path} <- => @/developer/desk/operators | 已移除业务操作员：示例乙（示例单位二）
        {path} <- => @/developer/desk/operators | !已移除业务操作员
        {path} => 404");
    assert_eq!(hall.identities(&phone).await, ["personal", "unit:90001"]);
    operator.check("/unit/employees => @/login").await;
    check!(personal; "/inbox => 您已不再是“示例单位二”的业务操作员");
    check!(hall.portal_of("xin").await; "/inbox => 人社主管部门已移除业务操作员：示例乙（示例单位二）");
    let logout = "logouts WHERE account_id = 'c-1002' AND identity_id = 'unit:90002'";
    assert_eq!(hall.count(logout).await, 1);
}
