//! Row B2: a scanner that is not of the app leads to a page that helps, and tells nothing.

use reqwest::{Client, Method, Response, redirect};
use saoma_protocol::paths;

use crate::support::{Node, RedisServer, World};

const APP: &str = "name = '示例人社 App', link = 'https://app.example/open?code={code}', \
    get = 'https://app.example/get', get_apple = 'https://apps.apple.com/app/id1'";

fn with_app(world: World) -> World {
    world.with(&format!("apps = [{{ {APP} }}]"))
}

async fn ask(node: &Node, method: Method, path: &str, language: &str) -> Response {
    let client = Client::builder().redirect(redirect::Policy::none());
    let request = client.build().unwrap().request(method, node.at(path));
    let request = request.header("accept-language", language);
    request.send().await.unwrap()
}

/// The whole answer but the time and the id of its request.
async fn whole(answer: Response) -> String {
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove("date");
    // Each request has its own.
    headers.remove("x-request-id");
    format!("{status} {headers:?} {}", answer.text().await.unwrap())
}

/// The address of a code that no login has.
const A_CODE: &str = "/q/0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn code_of(qr: &str) -> &str {
    qr.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn b2_the_page_is_the_same_for_every_code_asks_no_store_and_uses_no_code_up() {
    let redis = RedisServer::start();
    let world = with_app(World::on(&redis));
    let node = world.start().await;
    let (_browser, waiting) = node.browser().await;
    let (_other_browser, scanned) = node.browser().await;
    world.phone(&node, 2).scan(&scanned.qr).await.unwrap();
    let mut pages = Vec::new();
    for language in ["zh-CN", "en"] {
        let page = whole(ask(&node, Method::GET, A_CODE, language).await).await;
        assert!(page.starts_with("200 OK"), "{page}");
        for code in [
            code_of(&waiting.qr),
            code_of(&scanned.qr),
            &code_of(&waiting.qr).to_lowercase(),
            "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
        ] {
            for path in [format!("/q/{code}"), format!("/Q/{code}?app=7")] {
                let other = ask(&node, Method::GET, &path, language).await;
                assert_eq!(whole(other).await, page, "{path}");
            }
        }
        pages.push((language, page));
    }
    let phone = world.phone(&node, 1);
    phone.scan(&waiting.qr).await.expect("the code still works");
    drop(redis);
    for (language, page) in pages {
        let path = format!("/q/{}", code_of(&waiting.qr));
        let without_store = ask(&node, Method::GET, &path, language).await;
        assert_eq!(whole(without_store).await, page, "the page asks no store");
    }
}

#[tokio::test]
async fn b2_the_page_speaks_the_persons_language_and_works_without_script() {
    let node = with_app(World::in_memory()).start().await;
    for (query, language, words) in [
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "打开示例人社 App"),
        ("", "zh;q=0.3, en;q=0.9", "Open 示例人社 App"),
        ("", "en-GB", "in front of you?"),
        ("", "fr", "二维码就在您面前的屏幕上吗？"),
        ("?ui_locales=en", "zh-CN", "Open 示例人社 App"),
        ("?ui_locales=fr%20zh-CN", "en", "打开示例人社 App"),
    ] {
        let page = ask(&node, Method::GET, &format!("{A_CODE}{query}"), language).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.headers()[name], value);
        }
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"));
        let html = page.text().await.unwrap();
        assert!(html.contains(words), "{query} {language}: {html}");
        assert!(
            !html.contains("<script") && !html.contains("<form"),
            "{html}"
        );
        assert!(html.contains("https://apps.apple.com/app/id1"), "{html}");
    }
}

#[tokio::test]
async fn b2_without_an_app_in_the_settings_the_page_says_what_to_do() {
    let node = World::in_memory().start().await;
    let page = ask(&node, Method::GET, A_CODE, "en").await.text().await;
    let html = page.unwrap();
    assert!(html.contains("scan the code on the screen again"), "{html}");
    assert!(!html.contains("?app="), "{html}");
}

/// The page's links are relative, so that the app gets the code of the address although no page holds it.
#[tokio::test]
async fn b2_the_apps_button_leads_to_the_app_with_the_code_of_the_address() {
    let world = with_app(World::in_memory());
    let node = world.start().await;
    let (_browser, login) = node.browser().await;
    let html = ask(&node, Method::GET, A_CODE, "en").await.text().await;
    assert!(html.unwrap().contains("href=\"?app=0\""));
    for path in ["/q/", "/Q/"] {
        let path = format!("{path}{}?app=0", code_of(&login.qr));
        let answer = ask(&node, Method::GET, &path, "en").await;
        assert_eq!(answer.status(), 303);
        let link = format!("https://app.example/open?code={}", code_of(&login.qr));
        assert_eq!(answer.headers()["location"], link.as_str());
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    }
    // What is no code is sent nowhere.
    for path in ["/q/x?app=0", "/q/%0d%0aSet-Cookie:a=b?app=0", "/q/x?app=-1"] {
        let answer = ask(&node, Method::GET, path, "en").await;
        assert_eq!(answer.status(), 404, "{path}");
    }
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
}

#[tokio::test]
async fn b2_the_page_answers_get_and_head_alone() {
    let node = with_app(World::in_memory()).start().await;
    let page = ask(&node, Method::GET, A_CODE, "en").await;
    let (mut headers, length) = (page.headers().clone(), page.content_length());
    let head = ask(&node, Method::HEAD, A_CODE, "en").await;
    assert_eq!(head.status(), 200);
    let mut of_head = head.headers().clone();
    for headers in [&mut headers, &mut of_head] {
        headers.remove("date");
        // Each request has its own.
        headers.remove("x-request-id");
    }
    assert_eq!(of_head, headers);
    assert!(length.is_some_and(|length| length < 6000), "{length:?}");
    assert_eq!(head.text().await.unwrap(), "");
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let refused = ask(&node, method, A_CODE, "en").await;
        assert_eq!(refused.status(), 405);
        assert_eq!(refused.headers()["allow"], "GET,HEAD");
    }
}

#[tokio::test]
async fn b2_opening_the_page_uses_no_limit_up() {
    let world = with_app(World::in_memory()).with(
        "limits.open_per_address = { burst = 1, per = '1d' }\n\
         limits.unknown_key_per_address = { burst = 1, per = '1d' }",
    );
    let node = world.start().await;
    for _ in 0..50 {
        let page = ask(&node, Method::GET, A_CODE, "en").await;
        assert_eq!(page.status(), 200);
    }
    let (_browser, login) = node.browser().await;
    world.phone(&node, 1).scan(&login.qr).await.unwrap();
}

#[tokio::test]
async fn b2_phones_learn_which_apps_open_a_code() {
    let print = ["aB"; 32].join(":");
    let world = World::in_memory().with(&format!(
        "apps = [{{ {APP}, android_package = 'com.example.app', android_sha256 = ['{print}'], \
         apple_app_ids = ['ABCDE12345.com.example.app'], harmony_app_ids = ['110123456'] }}]\n\
         check_files = [{{ name = 'MP_verify_a1B2.txt', content = 'a1B2' }}]"
    ));
    let node = world.start().await;
    let document = async |path: &str| {
        let answer = ask(&node, Method::GET, path, "en").await;
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/json");
        answer.json::<serde_json::Value>().await.unwrap()
    };
    assert_eq!(
        document(paths::ASSET_LINKS).await,
        serde_json::json!([{
            "relation": ["delegate_permission/common.handle_all_urls"],
            "target": {
                "namespace": "android_app",
                "package_name": "com.example.app",
                "sha256_cert_fingerprints": [print.to_uppercase()],
            },
        }])
    );
    let apple = document(paths::APPLE_APP_SITE_ASSOCIATION).await;
    let detail = &apple["applinks"]["details"][0];
    assert_eq!(detail["appIDs"][0], "ABCDE12345.com.example.app");
    assert_eq!(detail["paths"], serde_json::json!(["/q/*", "/Q/*"]));
    assert_eq!(detail["components"][0]["/"], "/q/*");
    let harmony = document(paths::APP_LINKING).await;
    assert_eq!(
        harmony["applinking"]["apps"][0]["appIdentifier"],
        "110123456"
    );
    let check = ask(&node, Method::GET, "/MP_verify_a1B2.txt", "en").await;
    assert_eq!(check.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!(check.text().await.unwrap(), "a1B2");
}

/// A text that cannot be a code: the page says so, the same for each.
#[tokio::test]
async fn b2_a_text_that_cannot_be_a_code_is_told_so() {
    let node = with_app(World::in_memory()).start().await;
    for (language, words) in [
        ("zh-CN", "这不是登录代码"),
        ("en", "This is not a login code"),
    ] {
        let page = whole(ask(&node, Method::GET, "/q/xyz", language).await).await;
        assert!(page.starts_with("404") && page.contains(words), "{page}");
        assert!(!page.contains("?app="), "{page}");
        for code in ["WDJB-MJHT", "%FF%00", "<script>", &"A".repeat(2000)] {
            for path in [format!("/q/{code}"), format!("/Q/{code}?app=0")] {
                let other = ask(&node, Method::GET, &path, language).await;
                assert_eq!(whole(other).await, page, "{path}");
            }
        }
    }
}

/// A person who mistypes an address, or asks for the root, gets a page; a program gets a problem document.
#[tokio::test]
async fn b2_a_browser_at_a_wrong_address_gets_a_page() {
    let node = World::in_memory().start().await;
    for path in ["/", "/code", "/nowhere?ui_locales=fr", "/q/"] {
        let request = Client::new().get(node.at(path));
        let accepted = "text/html,application/xhtml+xml,*/*;q=0.8";
        let request = request.header("accept", accepted);
        let page = request.header("accept-language", "en").send().await;
        let page = page.unwrap();
        assert_eq!(page.status(), 404, "{path}");
        assert_eq!(page.headers()["cache-control"], "no-store");
        let html = page.text().await.unwrap();
        assert!(html.contains("There is no page at this address"), "{html}");
        assert!(html.contains("href=\"?ui_locales=zh-CN\""), "{html}");
        let problem = ask(&node, Method::GET, path, "en").await;
        let problem: serde_json::Value = problem.json().await.unwrap();
        assert_eq!(problem["error"], "not_found", "{path}");
    }
}

#[tokio::test]
async fn b2_files_that_no_setting_names_are_not_there() {
    let node = with_app(World::in_memory()).start().await;
    for path in [
        paths::ASSET_LINKS,
        paths::APPLE_APP_SITE_ASSOCIATION,
        paths::APP_LINKING,
        "/MP_verify_a1B2.txt",
        "/q/",
    ] {
        let answer = ask(&node, Method::GET, path, "en").await;
        assert_eq!(answer.status(), 404, "{path}");
        let problem: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(problem["error"], "not_found", "{path}");
    }
}

/// The page of a login is on the phone itself: it offers the app in place of a code that no phone can scan.
#[tokio::test]
async fn b2_the_login_page_offers_the_apps_of_its_client() {
    let world = World::in_memory()
        .with(&format!(
            "apps = [{{ {APP} }}, {{ name = 'Other', link = 'other://scan?code={{code}}' }}]"
        ))
        .with_client(
            "client_id = 'second'\nname = 'Second'\nredirect_uris = ['https://hall.example/callback']\napps = ['Other']",
        )
        .with_client(
            "client_id = 'none'\nname = 'None'\nredirect_uris = ['https://hall.example/callback']\napps = []",
        );
    let node = world.start().await;
    let page = async |client: &str, user_agent: &str| {
        let mut url = node.at(paths::AUTHORIZE);
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", "https://hall.example/callback"),
            ("scope", "openid"),
            (
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            ),
            ("code_challenge_method", "S256"),
        ]);
        let request = Client::new().get(url).header("user-agent", user_agent);
        request.send().await.unwrap().text().await.unwrap()
    };
    let html = page("hall", "Mozilla/5.0 (Linux; Android 14)").await;
    for part in [
        "app-name=\"示例人社 App\"",
        "app-link=\"https://app.example/open?code={code}\"",
        "get-app=\"https://app.example/get\"",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let html = page(
        "hall",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)",
    )
    .await;
    assert!(html.contains("get-app=\"https://apps.apple.com/app/id1\""));
    let html = page("second", "").await;
    assert!(
        html.contains("app-link=\"other://scan?code={code}\""),
        "{html}"
    );
    assert!(!html.contains("get-app"), "{html}");
    let html = page("none", "").await;
    assert!(!html.contains("app-link"), "{html}");
}
