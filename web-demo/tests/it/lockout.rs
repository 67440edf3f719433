//! What strangers try does not lock people out where they usually log in (rows A17 and T42).

use crate::support::{Hall, PASSWORD, Site, TestBrowser, check, sql};

type Opens = fn(&Site) -> TestBrowser;

const SURFACES: [(Opens, &str, &str); 2] = [
    (Site::portal, "/login/password", "shili_hall_known"),
    (Site::phone, "/login", "shili_app_known"),
];

async fn five_wrong(browser: &mut TestBrowser, path: &str, user_name: &str) {
    for _ in 0..5 {
        let wrong = browser.log_in(path, user_name, "wrong123").await;
        wrong.check("a wrong password", "422");
    }
}

#[tokio::test]
async fn five_wrong_passwords_from_elsewhere_leave_a_known_browser_its_own() {
    let hall = Hall::open().await;
    for (surface, path, _) in SURFACES {
        let mut known = surface(&hall).logged_in(path, "jia").await;
        check!(known; "/logout <- => @/login");
        five_wrong(&mut surface(&hall), path, "jia").await;
        let mut elsewhere = surface(&hall);
        let refused = elsewhere.log_in(path, "jia", PASSWORD).await;
        refused.check("from elsewhere", "429");
        let home = known.log_in(path, " JIA ", PASSWORD).await;
        home.check("from the known browser", "@/ | 示例甲");

        // Its own allowance is as small, and not that of others.
        check!(known; "/logout <- => @/login");
        hall.pass_limits(600).await;
        five_wrong(&mut known, path, "jia").await;
        let refused = known.log_in(path, "jia", PASSWORD).await;
        refused.check("after five of its own", "429");
        let home = elsewhere.log_in(path, "jia", PASSWORD).await;
        home.check("from elsewhere, meanwhile", "@/ | 示例甲");
        hall.pass_limits(600).await;
    }
}

/// Each login costs a slow hash, a session and a notice.
#[tokio::test]
async fn logins_by_the_right_password_are_bounded_and_a_known_browser_has_its_own() {
    let hall = Hall::open().await;
    for (surface, path, _) in SURFACES {
        let mut known = surface(&hall).logged_in(path, "jia").await;
        sql!(hall; "UPDATE attempts SET worked_off_at = unixepoch() + 3600
            WHERE key = 'login_account:jia'");
        let mut elsewhere = surface(&hall);
        let refused = elsewhere.log_in(path, "JIA", PASSWORD).await;
        refused.check("the 121st login from elsewhere", "429");
        let home = known.log_in(path, "jia", PASSWORD).await;
        home.check("the known browser", "@/ | 示例甲");
        sql!(hall; "UPDATE attempts SET worked_off_at = unixepoch() + 3600
            WHERE key = 'login_known:jia'");
        let refused = known.log_in(path, "jia", PASSWORD).await;
        refused.check("the 121st login from known browsers", "429");
        hall.pass_limits(3600).await;
    }
}

#[tokio::test]
async fn a_device_cookie_that_is_wrong_or_another_persons_counts_as_none() {
    let hall = Hall::open().await;
    for (surface, path, cookie) in SURFACES {
        let of_yi = surface(&hall).logged_in(path, "yi").await;
        five_wrong(&mut surface(&hall), path, "jia").await;
        let genuine = &of_yi.cookies[cookie];
        let changed = format!("{}A", &genuine[..genuine.len() - 1]);
        for value in ["", "planted", genuine, &changed] {
            let mut browser = surface(&hall);
            browser.cookies.insert(cookie.to_owned(), value.to_owned());
            let refused = browser.log_in(path, "jia", PASSWORD).await;
            refused.check(value, "429");
        }
        hall.pass_limits(600).await;
    }
}

#[tokio::test]
async fn strangers_do_not_keep_a_person_from_changing_the_password() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    five_wrong(&mut hall.portal(), "/login/password", "jia").await;
    check!(jia; "/account/password <- old={PASSWORD}&new=q7wz88&repeat=q7wz88 => @/account | 修改成功");
}

/// A card's password is tried for a person, by any number of accounts and surfaces.
#[tokio::test]
async fn the_tries_of_a_physical_card_are_counted_for_its_person() {
    let hall = Hall::open().await;
    hall.make_provisional("jia").await;
    let mut first = hall.portal_of("jia").await;
    let wrong = "/verify/password <- card_password=000000 => 422\n";
    first.check(&wrong.repeat(3)).await;
    let mut second = hall.phone_of("jia").await;
    check!(second; "/verify/password <- card_password=000000 => 429");
    assert_eq!(
        hall.count("attempts WHERE key LIKE 'card_password:99%'")
            .await,
        1,
        "by the ID number"
    );
}
