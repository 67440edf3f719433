//! Cookies that an attacker has planted, and those of logins (rows A10 and T40).

use crate::support::{
    Hall, PASSWORD, PHONE_HOST, PORTAL_HOST, Registering, Site, TestBrowser, check, user_form,
};

const BROWSER: &str = "shili_hall_browser";

/// A surface: a browser there, its password page, the cookies of its session and its registration.
type Surface = (
    fn(&Site) -> TestBrowser,
    &'static str,
    &'static str,
    &'static str,
);

const SURFACES: [Surface; 2] = [
    (
        Site::portal,
        "/login/password",
        "shili_hall",
        "shili_hall_registration",
    ),
    (Site::phone, "/login", "shili_app", "shili_app_registration"),
];

fn portal_through_proxy(hall: &Hall) -> TestBrowser {
    hall.portal().through_proxy(PORTAL_HOST, "192.0.2.7")
}

fn phone_through_proxy(hall: &Hall) -> TestBrowser {
    hall.phone().through_proxy(PHONE_HOST, "192.0.2.8")
}

/// The attacker has a cookie of the portal's own making, and plants it by another host of the domain: the name with
/// `__Host-` is out of reach there.
#[tokio::test]
async fn a_planted_browser_cookie_does_not_log_the_victim_in_as_the_attacker() {
    let hall = Hall::behind_proxy().await;
    let mut attacker = portal_through_proxy(&hall);
    let page = attacker.get("/login").await;
    let own = attacker.cookies[&format!("__Host-{BROWSER}")].clone();
    let phone = phone_through_proxy(&hall);
    let mut phone = phone.logged_in("/login", "jia").await;
    let redirect_to = hall.confirmed(&page, &mut phone, "personal").await;
    let callback = attacker.path_of(&redirect_to).to_owned();

    let mut victim = portal_through_proxy(&hall);
    victim.planted = format!("{BROWSER}={own}");
    for begun in [false, true] {
        if begun {
            victim.get("/login").await;
        }
        victim
            .get(&callback)
            .await
            .check("the attacker's answer", "400");
        victim.check("/account => @/login").await;
    }
    let home = attacker.get(&callback).await;
    home.check("where the login began", "@/ | 示例甲");
}

#[tokio::test]
async fn a_browser_cookie_that_the_portal_has_not_issued_is_replaced() {
    let hall = Hall::with_gateway().await;
    let planted = "A".repeat(96);
    let mut states = Vec::new();
    for _ in 0..2 {
        let mut browser = hall.portal();
        browser.cookies.insert(BROWSER.to_owned(), planted.clone());
        let page = browser.get("/login").await;
        assert_ne!(browser.cookies[BROWSER], planted);
        states.push(page.between(" state=\"", "\"").to_owned());
    }
    assert_ne!(
        states[0], states[1],
        "nothing is shared by the planted value"
    );
}

/// Over HTTPS the names without `__Host-` are nothing, also those of sessions.
#[tokio::test]
async fn a_planted_session_makes_no_one_the_attacker() {
    let hall = Hall::behind_proxy().await;
    let opened: [(TestBrowser, TestBrowser); 2] = [
        (portal_through_proxy(&hall), portal_through_proxy(&hall)),
        (phone_through_proxy(&hall), phone_through_proxy(&hall)),
    ];
    for ((attacker, mut victim), (_, path, session, _)) in opened.into_iter().zip(SURFACES) {
        let attacker = attacker.logged_in(path, "jia").await;
        let stolen = &attacker.cookies[&format!("__Host-{session}")];
        victim.planted = format!("{session}={stolen}");
        let inside = victim.get("/inbox").await;
        assert_eq!(inside.path, "/login", "{session}");
        let wanted = victim.log_in(path, "yi", PASSWORD).await;
        wanted.check(session, "@/inbox");
        victim.get("/").await.check(session, "@/ | 示例乙");
    }
}

#[tokio::test]
async fn a_login_ends_everything_that_the_browser_held_before() {
    let hall = Hall::open().await;
    for (surface, path, session, registration) in SURFACES {
        let mut browser = surface(&hall).logged_in(path, "jia").await;
        browser.get("/register").await;
        browser
            .post("/register/agreement", &[("agreed", "yes")])
            .await;
        let identity = "/register/identity <- agreed=yes&id_number=1&name=x => 422";
        browser.check(identity).await;
        let before = browser.back_at(browser.origin());
        let home = browser.log_in(path, "yi", PASSWORD).await;
        home.check(path, "@/ | 示例乙");
        for name in [session, registration, BROWSER] {
            let (old, new) = (before.cookies.get(name), browser.cookies.get(name));
            assert!(new.is_none() || new != old, "{name}");
        }
        assert_eq!(hall.count("registration_drafts").await, 0, "{path}");
        let mut before = before;
        let left = before.get("/inbox").await;
        assert_eq!(left.path, "/login", "{session} still counts");
    }
    assert_eq!(hall.count("face_checks").await, 0);
}

/// The planter of a draft would read the victim's name and number, and finish the registration.
#[tokio::test]
async fn a_planted_registration_is_left_behind_once_the_person_is_known() {
    let hall = Hall::open().await;
    for (surface, _, _, registration) in SURFACES {
        let mut planter = surface(&hall);
        let begin = "/register/identity <- agreed=yes&id_number=1&name=x";
        check!(planter; "/register/agreement <- agreed=yes&category=personal => {}",
            if registration.contains("hall") { "@/register/identity" } else { "404" });
        planter.check(&format!("{begin} => 422")).await;
        let mut victim = surface(&hall);
        let planted = planter.cookies[registration].clone();
        victim.cookies.insert(registration.to_owned(), planted);
        let number = crate::support::person("示例子");
        let identity = format!("/register/identity <- agreed=yes&id_number={number}");
        for typed in ["示例无 => 422", "示例子 => @/register/user"] {
            check!(victim; "{identity}&name={typed}");
            for page in ["/register/identity", "/register/user"] {
                let read = planter.get(page).await;
                assert!(!read.says(&number), "{read:?}");
                assert_ne!(read.path, "/register/user", "{read:?}");
            }
        }
        let sent = planter.post("/register/user", &user_form(&[])).await;
        assert_ne!(sent.path, "/register/user", "{sent:?}");
    }
}

#[tokio::test]
async fn two_cookies_of_one_name_are_refused_with_the_reason() {
    let hall = Hall::open().await;
    for (surface, path, session, _) in SURFACES {
        let mut browser = surface(&hall).logged_in(path, "jia").await;
        browser.planted = format!("{session}=planted");
        for path in ["/", "/inbox"] {
            browser.get(path).await.check(path, "400 | 同名Cookie");
        }
        let refused = browser.log_in(path, "jia", PASSWORD).await;
        refused.check(path, "400 | 同名Cookie");
        browser.planted = "another=1; another=2".to_owned();
        check!(browser; "/inbox => @/inbox");
    }
}

#[tokio::test]
async fn every_cookie_is_for_this_host_over_https_only_and_unseen_by_scripts() {
    let hall = Hall::behind_proxy().await;
    for (mut browser, paths) in [
        (
            portal_through_proxy(&hall),
            ["/login?lang=en", "/login/password"],
        ),
        (phone_through_proxy(&hall), ["/login?lang=en", "/login"]),
    ] {
        let headers = browser.headers_of(paths[0]).await;
        let mut lines: Vec<_> = headers.get_all("set-cookie").iter().cloned().collect();
        let form = [("user_name", "jia"), ("password", PASSWORD)];
        lines.extend(browser.set_cookies_of(paths[1], &form).await);
        assert!(lines.len() >= 4, "{lines:?}");
        for line in lines {
            let line = line.to_str().unwrap();
            for part in ["; Path=/;", "; HttpOnly", "; Secure", "; SameSite="] {
                assert!(line.contains(part), "{part} in {line}");
            }
            assert!(
                line.starts_with("__Host-") && !line.contains("Domain"),
                "{line}"
            );
        }
        assert_eq!(headers["strict-transport-security"], "max-age=63072000");
    }
}

#[tokio::test]
async fn every_page_has_the_headers_of_its_policy() {
    let hall = Hall::open().await;
    for (mut browser, camera) in [
        (hall.portal(), "camera=(),"),
        (hall.phone(), "camera=(self),"),
    ] {
        for path in ["/", "/login", "/no-such-page", "/assets/tokens.css"] {
            let is_page = !path.ends_with(".css");
            let headers = browser.headers_of(path).await;
            for (name, expected) in [
                ("cross-origin-resource-policy", "same-origin"),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "same-origin"),
            ] {
                assert_eq!(headers[name], expected, "{path} {name}");
            }
            if is_page {
                assert_eq!(
                    headers["cross-origin-opener-policy"], "same-origin",
                    "{path}"
                );
                let permissions = headers["permissions-policy"].to_str().unwrap();
                assert!(permissions.starts_with(camera), "{permissions}");
                assert!(permissions.contains("microphone=()"), "{permissions}");
            }
            assert!(!headers.contains_key("strict-transport-security"), "{path}");
        }
    }
}

/// A finished registration leaves no cookie by which it could be read along.
#[tokio::test]
async fn a_registration_that_is_done_has_a_new_cookie() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let before = zi.browser.cookies["shili_hall_registration"].clone();
    zi.finish(&hall, &[])
        .await
        .check("the end", "@/register/done");
    assert_ne!(zi.browser.cookies["shili_hall_registration"], before);
    assert_eq!(hall.count("registration_drafts").await, 1);
}

#[tokio::test]
async fn of_all_pages_only_the_login_page_is_compressed_whose_secrets_are_new_at_each_load() {
    let hall = Hall::open().await;
    let http = reqwest::Client::new();
    for (path, coding) in [("/login", Some("gzip")), ("/", None), ("/help?x=y", None)] {
        let request = http.get(format!("{}{path}", hall.portal().origin()));
        let answer = request.header("accept-encoding", "gzip").send().await;
        let answer = answer.unwrap();
        let found = answer.headers().get("content-encoding");
        assert_eq!(found.map(|it| it.to_str().unwrap()), coding, "{path}");
    }
}
