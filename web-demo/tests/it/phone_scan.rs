//! The way to a confirmation and what comes after it: who may scan, links, "this was not me", the installed app.

use saoma_protocol::ServerMessage;
use serde_json::Value;

use crate::support::{Hall, TestBrowser, check, open_login, sql, until};

/// Rows U6 and U8.
#[tokio::test]
async fn u8_a_person_whose_card_cannot_scan_reads_why_in_place_of_the_way_to_scan() {
    let hall = Hall::open().await;
    for (state, reason) in [
        ("not_activated", "实体社保卡尚未激活"),
        ("sealed", "实体社保卡已封存"),
        ("reported_lost", "实体社保卡已挂失"),
        ("application_locked", "实体社保卡应用锁定"),
        ("cancelled", "实体社保卡已注销"),
    ] {
        sql!(hall; "UPDATE register_cards SET state = '{state}'
             WHERE id_number = (SELECT id_number FROM accounts WHERE id = 'c-1001')");
        let mut jia = hall.phone_of("jia").await;
        check!(jia; "
            / => {reason} | tel:12333 | !class=\"button scan\"
            /card => !class=\"button scan\" | {portal}
            /scan => {reason} | tel:12333 | !scan-camera | !name=\"user_code\" | {portal}", portal = hall.portal);
        // What the holder can do without a counter is one press away.
        let service = match state {
            "not_activated" => "activate",
            "reported_lost" => "undo-loss",
            "cancelled" => "replace",
            _ => "",
        };
        for page in ["/", "/card", "/scan"] {
            let page = jia.get(page).await;
            let link = format!("{}/card/", hall.portal);
            assert_eq!(page.body.contains(&link), !service.is_empty(), "{page:?}");
            assert!(page.body.contains(&format!("{link}{service}")) || service.is_empty());
        }
    }
    let mut wu = hall.phone_of("wu").await;
    check!(wu; "
        / => 您还没有电子社保卡 | href=\"/card/apply\" | !class=\"button scan\"
        /scan => 请先申领电子社保卡 | href=\"/card/apply\" | !scan-camera
        /scan?lang=en => You have no e-card yet");
    check!(hall.phone_of("ding").await; "
        / => class=\"button scan\" | !tel:12333\" class
        /scan => name=\"user_code\"");
}

/// Row U6: the gateway is not asked, so that the computer still waits and another person can scan.
#[tokio::test]
async fn u6_a_scan_of_a_person_who_is_refused_leaves_the_computers_code_good() {
    let hall = Hall::with_gateway().await;
    let (mut browser, login) = open_login(&hall).await;
    let mut bing = hall.phone_of("bing").await;
    check!(bing; "
        /scan <- user_code={code} => 403 | 实体社保卡已挂失 | 电脑上的二维码没有被使用，仍然有效
        /scan <- text={qr} => 403 | 实体社保卡已挂失
        /open?code={qr} => @/open | 403 | 实体社保卡已挂失
        /open => @/scan",
        code = login.user_code, qr = login.qr);
    let mut jia = hall.phone_of("jia").await;
    // A code of no login is corrected in the same field; its own text leads on, as a Chinese keyboard ends it.
    check!(jia; "
        /scan <- user_code=BBBB-BBBB => 422 | #user-code 没有与此代码对应的登录… | value=\"BBBB-BBBB\"
        /scan <- user_code={}。 => 以电子社保卡身份登录", login.user_code);
    let next = browser.next().await.unwrap();
    assert!(matches!(next, ServerMessage::Scanned { .. }), "{next:?}");
}

/// Row B2: a link is asked about first, and a GET scans nothing.
#[tokio::test]
async fn a_link_is_taken_after_a_login_and_scans_only_when_its_person_says_yes() {
    let hall = Hall::with_gateway().await;
    let (_browser, login) = open_login(&hall).await;
    let code = login.qr.rsplit('/').next().unwrap();
    let mut stranger = hall.phone();
    check!(stranger; "
        /open?code={code} => @/login | 请先登录，然后继续确认电脑上的登录 | !该页面需要登录后查看
        /login => href=\"/login/face\" | 请先登录，然后继续确认电脑上的登录
        /login <- user_name=jia&password=shili2026 => @/open | 二维码是否就在您眼前的电脑屏幕上？ | !{code}
        /open => 二维码是否就在您眼前的电脑屏幕上？");
    assert_eq!(hall.count("scanned_logins").await, 0);
    stranger
        .check("/open/decline <- => @/open/declined | 没有登录任何电脑")
        .await;
    stranger.check("/open => @/scan").await;
    assert_eq!(hall.count("scanned_logins").await, 0);
    let lower = login.qr.to_lowercase();
    check!(stranger; "
        /open?code={lower} => @/open
        /open <- => 以电子社保卡身份登录
        /open => @/scan");
    let (_browser, login) = open_login(&hall).await;
    check!(stranger; "
        /scan <- user_code={} => @/open | 他人发来的链接或图片
        /open?code=https%3A%2F%2Fevil.example%2Fq%2FAAAA => 400 | 这不是登录二维码
        /open?code= => 400", login.qr);
}

/// The code of a link stands in no address that is shown or sent on.
#[tokio::test]
async fn a_links_code_is_in_a_cookie_and_in_no_further_address() {
    let hall = Hall::with_gateway().await;
    let (_browser, login) = open_login(&hall).await;
    let code = login.qr.rsplit('/').next().unwrap();
    let mut jia = hall.phone_of("jia").await;
    let headers = jia.headers_of(&format!("/open?code={code}")).await;
    assert_eq!(headers["location"], "/open");
    assert_eq!(headers["referrer-policy"], "same-origin");
    let cookie = headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with(&format!(
            "shili_app_link={code}; Path=/; Max-Age=300; HttpOnly"
        )),
        "{cookie}"
    );
}

/// Row U9: where, as whom and when; then the end of it.
#[tokio::test]
async fn u9_not_me_ends_the_login_at_portal_and_gateway_and_says_so() {
    let hall = Hall::with_gateway().await;
    let mut jia = hall.phone_of("jia").await;
    let mut computer = hall.portal_by_scan(&mut jia, "personal").await;
    computer.check("/account => @/account").await;
    let (login,): (String,) = hall.row("SELECT login_id FROM scanned_logins").await;
    check!(jia; "/logins/{login} => 登录成功 | 示例甲 | 个人登录 | 127.0.0.1 | 登录时间 | 不是我本人，立即退出 | href=\"/sessions\"");
    assert_eq!(hall.sessions(&jia).await.sessions.len(), 1);
    check!(jia; "
        /logins/{login}/not-me <- => @/logins/{login} | 已退出该登录 | 修改登录密码 | href=\"/sessions\"
        /logins/{login}/not-me <- => 已退出该登录
        /sessions => 没有电脑登录您的账号");
    let headers = computer.headers_of("/login").await;
    assert_eq!(
        headers["clear-site-data"], "\"storage\"",
        "the browser knows the person no longer"
    );
    let headers = computer.headers_of("/login").await;
    assert!(!headers.contains_key("clear-site-data"), "once");
    assert_eq!(hall.sessions(&jia).await.sessions.len(), 0);
    // Another person's phone, and one that has not confirmed it, end nothing.
    check!(hall.phone_of("ding").await; "/logins/{login}/not-me <- => 409");
}

/// Row U9, threat T34: the computer and the next question on the phone say that its person has disowned the login.
#[tokio::test]
async fn u9_a_disowned_computer_is_told_whose_act_it_was_and_is_warned_of_at_its_next_code() {
    let hall = Hall::with_gateway().await;
    let mut jia = hall.phone_of("jia").await;
    let mut computer = hall.portal_by_scan(&mut jia, "personal").await;
    let (login,): (String,) = hall.row("SELECT login_id FROM scanned_logins").await;
    check!(jia; "/logins/{login}/not-me <- => 已退出该登录");
    check!(computer; "/account => @/login | 这次登录已被账号本人在手机上退出。 | !您在其他设备");
    let (_browser, login) = open_login(&hall).await;
    let day = hall.day("+8 hours").await;
    check!(jia; "/scan <- text={} => {day}，您以“不是我本人”退出过来自这一地址和浏览器的登录", login.qr);
    let mut ding = hall.phone_of("ding").await;
    let (_browser, login) = open_login(&hall).await;
    check!(ding; "/scan <- text={} => 以电子社保卡身份登录 | !退出过来自这一地址", login.qr);
}

/// Row U9: a browser that holds its code back until the person has disowned the login is not let in with it.
#[tokio::test]
async fn u9_a_disowned_login_cannot_begin_later() {
    let hall = Hall::with_gateway().await;
    let mut jia = hall.phone_of("jia").await;
    let mut computer = hall.portal();
    let page = computer.get("/login").await;
    let redirect_to = hall.confirmed(&page, &mut jia, "personal").await;
    let (login,): (String,) = hall.row("SELECT login_id FROM scanned_logins").await;
    check!(jia; "/logins/{login}/not-me <- => 已退出该登录");
    let asked =
        "logouts WHERE reason = 'disowned' AND account_id = 'c-1001' AND identity_id = 'personal'";
    until("the outbox has asked once", async || {
        hall.count(&format!("{asked} AND repeated = 1")).await == 1
    })
    .await;
    let callback = computer.path_of(&redirect_to).to_owned();
    computer.get(&callback).await;
    computer.check("/account => @/login").await;
    // The session that has begun at the gateway meanwhile ends when no code can begin another.
    sql!(hall; "UPDATE logouts SET due_at = 0");
    until("the outbox has asked again", async || {
        hall.count(asked).await == 0
    })
    .await;
    assert_eq!(hall.sessions(&jia).await.sessions.len(), 0);
}

/// Row U9.
#[tokio::test]
async fn u9_a_decline_says_what_happened_and_how_to_report_it() {
    let hall = Hall::with_gateway().await;
    let (_browser, login) = open_login(&hall).await;
    let mut jia = hall.phone_of("jia").await;
    let asked = check!(jia; "/scan <- text={} => 不是您本人在电脑前登录？请点“拒绝” | !type=\"radio\"", login.qr);
    check!(jia; "{}/reject <- => @{0} | 已拒绝登录 | 您的账号未受影响 | 拨打 12333 举报", asked.path);
    let mut yi = hall.phone_of("yi").await;
    let (_browser, login) = open_login(&hall).await;
    let asked = check!(yi; "/scan <- text={} => type=\"radio\" name=\"identity\" value=\"unit:90001\"", login.qr);
    asked.check("the question", "novalidate");
    check!(yi; "{}/confirm <- => @{0}?missing=identity | 422 | 请先选择登录身份", asked.path);
}

async fn manifest(browser: &mut TestBrowser, query: &str) -> Value {
    let page = browser.get(&format!("/app.webmanifest{query}")).await;
    assert_eq!(page.status, 200);
    serde_json::from_str(&page.body).unwrap()
}

/// The app on a home screen.
#[tokio::test]
async fn the_app_can_be_installed_and_has_a_page_without_a_network() {
    let hall = Hall::open().await;
    let mut phone = hall.phone();
    let login = phone.get("/login").await;
    login.check("the login page", "rel=\"manifest\" href=\"/app.webmanifest?lang=zh-CN\" | viewport-fit=cover | theme-color | apple-touch-icon");
    let chinese = manifest(&mut phone, "").await;
    assert_eq!(chinese["lang"], "zh-CN");
    assert_eq!(chinese["display"], "standalone");
    assert_eq!(chinese["start_url"], "/");
    assert_eq!(chinese["shortcuts"][0]["name"], "扫一扫");
    assert_eq!(chinese["shortcuts"][0]["url"], "/scan");
    let english = manifest(&mut phone, "?lang=en").await;
    assert_eq!(
        (&english["lang"], &english["shortcuts"][0]["name"]),
        (&"en".into(), &"Scan".into())
    );
    for icon in chinese["icons"].as_array().unwrap() {
        let path = icon["src"].as_str().unwrap();
        let headers = phone.headers_of(path).await;
        assert_eq!(headers["content-type"], "image/png", "{path}");
    }
    let headers = phone.headers_of("/login").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("manifest-src 'self'") && policy.contains("worker-src 'self'"));
    // The page that the worker keeps is no person's.
    let offline = hall.phone_of("jia").await.get("/offline").await;
    offline.check(
        "the page without a network",
        "没有网络连接 | !示例甲 | !jia",
    );
    check!(hall.portal(); "/login => !rel=\"manifest\"");
}
