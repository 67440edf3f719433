//! What a hall keeps on its folder: all that people did outlasts the process, and what was used once stays used.

use std::path::Path;

use http::StatusCode;
use http::header::ORIGIN;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};

use crate::support::{PASSWORD, Process, Visitor, person, user_form};

/// Who has done something at the hall, each with the cookies that they hold.
struct People {
    /// Has registered at the portal.
    zi: Visitor,
    /// Has applied for the card on the phone, by this code.
    wu: Visitor,
    wus_code: String,
    /// Is logged in at the portal for the unit, and has appointed 示例甲.
    yi: Visitor,
    /// Is logged in at the portal by password.
    jia: Visitor,
    /// Has begun to log in by face, and has answered this challenge.
    stranger: Visitor,
    answered: Value,
}

async fn database(data: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(data.join("hall.sqlite")))
        .await
        .unwrap()
}

async fn logged_in(mut visitor: Visitor, path: &str, user_name: &str) -> Visitor {
    let home = visitor
        .post(path, &[("user_name", user_name), ("password", PASSWORD)])
        .await;
    assert_eq!(home.path, "/", "{home:?}");
    visitor
}

async fn registered(hall: &Process) -> Visitor {
    let mut zi = hall.at_the_portal();
    zi.post("/register/agreement", &[("agreed", "yes")]).await;
    zi.post(
        "/register/identity",
        &[("id_number", &person("示例子")), ("name", "示例子")],
    )
    .await;
    zi.post("/register/user/code", &user_form(&[])).await;
    let code = hall.code_sent_to("13009700099").await;
    let done = zi
        .post("/register/user", &user_form(&[("code", &code)]))
        .await;
    assert_eq!(done.path, "/register/done", "{done:?}");
    zi
}

fn application(code: &str) -> [(&str, &str); 3] {
    [("code", code), ("password", "492716"), ("repeat", "492716")]
}

async fn applied(hall: &Process) -> (Visitor, String) {
    let mut wu = logged_in(hall.on_the_phone(), "/login", "wu").await;
    wu.post("/card/apply/code", &[("agreed", "yes")]).await;
    let code = hall.code_sent_to("13009700005").await;
    let done = wu.post("/card/apply", &application(&code)).await;
    assert!(done.says("您已申领电子社保卡"), "{done:?}");
    (wu, code)
}

/// Logs a browser in for 示例单位一: it opens the login as the page's script does, and the phone of 示例乙 confirms it.
async fn logged_in_for_the_unit(hall: &Process) -> Visitor {
    let mut browser = hall.at_the_portal();
    let page = browser.get("/login").await;
    let said = |attribute: &str| page.between(&format!(" {attribute}=\""), "\"").to_owned();
    let open = json!({
        "client_id": said("client-id"), "redirect_uri": said("redirect-uri"), "scope": said("scope"),
        "state": said("state"), "nonce": said("oidc-nonce"), "code_challenge": said("code-challenge"),
        "code_challenge_method": "S256", "locale": "zh-CN",
    });
    let (http, logins) = (
        reqwest::Client::new(),
        format!("{}/v1/logins", hall.gateway),
    );
    let opened = http
        .post(&logins)
        .header(ORIGIN, &hall.portal)
        .json(&open)
        .send()
        .await
        .unwrap();
    let opened: Value = opened.json().await.unwrap();
    let mut phone = logged_in(hall.on_the_phone(), "/login", "yi").await;
    let asked = phone
        .post(
            "/scan",
            &[("user_code", opened["user_code"].as_str().unwrap())],
        )
        .await;
    phone
        .post(
            &format!("{}/confirm", asked.path),
            &[("identity", "unit:90001")],
        )
        .await;
    let events = format!(
        "{logins}/{}/events?after=1&wait=10",
        opened["login_id"].as_str().unwrap()
    );
    let events = http.get(events).header(ORIGIN, &hall.portal);
    let events = events
        .header("Saoma-Receive-Key", opened["receive_key"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    let events: Value = events.json().await.unwrap();
    let confirmed = events["messages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|message| message["type"] == "confirmed");
    let redirect_to = confirmed.expect("the login to be confirmed")["redirect_to"]
        .as_str()
        .unwrap();
    let home = browser
        .get(redirect_to.strip_prefix(&hall.portal).unwrap())
        .await;
    assert!(home.path == "/" && home.says("示例单位一"), "{home:?}");
    browser
}

async fn appointed(hall: &Process, data: &Path) -> Visitor {
    let mut yi = logged_in_for_the_unit(hall).await;
    let mut db = database(data).await;
    let day: String = sqlx::query_scalar("SELECT date('now', '+8 hours', '+1 year')")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let jia = person("示例甲");
    let form = [
        ("id_number", &*jia),
        ("name", "示例甲"),
        ("ends_on", &*day),
        ("cards", "1"),
    ];
    assert_eq!(yi.post("/delegations", &form).await.path, "/");
    yi
}

/// Somebody who answers a challenge with no pictures at all: an answer all the same.
async fn challenged(hall: &Process) -> (Visitor, Value) {
    let mut stranger = hall.on_the_phone();
    let check = stranger
        .post(
            "/login/face",
            &[("name", "示例甲"), ("id_number", &person("示例甲"))],
        )
        .await;
    assert_eq!(check.path, "/face/log_in", "{check:?}");
    let challenge = stranger
        .post_json("/face/log_in/challenge", &json!({}))
        .await;
    let answer = json!({ "challenge": challenge["challenge"], "frames": [] });
    assert_eq!(
        stranger.post_json("/face/log_in/frames", &answer).await["outcome"],
        "no_pictures"
    );
    (stranger, answer)
}

impl People {
    async fn visit(hall: &Process, data: &Path) -> Self {
        let (wu, wus_code) = applied(hall).await;
        let (stranger, answered) = challenged(hall).await;
        let (zi, yi) = (registered(hall).await, appointed(hall, data).await);
        let jia = logged_in(hall.at_the_portal(), "/login/password", "jia").await;
        Self {
            zi,
            wu,
            wus_code,
            yi,
            jia,
            stranger,
            answered,
        }
    }

    async fn find_all_as_it_was(&self, hall: &Process) {
        let mut phone = hall.on_the_phone();
        let home = phone
            .post(
                "/login",
                &[("user_name", "shiliuser"), ("password", "k7m2xq")],
            )
            .await;
        assert!(home.path == "/" && home.says("示例子"), "{home:?}");
        let account = self.zi.back_at(&hall.portal).get("/account").await;
        assert!(
            account.path == "/account" && account.says("shiliuser"),
            "{account:?}"
        );
        let card = self.wu.back_at(&hall.phone).get("/").await;
        assert!(
            card.says("正常，可以扫码登录") && card.says("已申领"),
            "{card:?}"
        );
        let unit = self.yi.back_at(&hall.portal).get("/").await;
        assert!(
            unit.says("示例单位一") && unit.says("990*************16"),
            "{unit:?}"
        );
        let inbox = self.jia.back_at(&hall.portal).get("/inbox").await;
        assert!(
            inbox.path == "/inbox" && inbox.says("您已成为“示例单位一”的授权经办人"),
            "{inbox:?}"
        );
    }

    async fn find_used_what_was_used(&self, hall: &Process) {
        let again = self
            .stranger
            .back_at(&hall.phone)
            .post_json("/face/log_in/frames", &self.answered)
            .await;
        assert_eq!(again["outcome"], "too_late", "{again}");
    }

    /// The code that got a card gets no other, even where there is none any more.
    async fn find_the_code_used(&self, hall: &Process, data: &Path) {
        let gone = sqlx::query("DELETE FROM e_cards WHERE account_id = 'c-1005'");
        assert_eq!(
            gone.execute(&mut database(data).await)
                .await
                .unwrap()
                .rows_affected(),
            1
        );
        let page = self
            .wu
            .back_at(&hall.phone)
            .post("/card/apply", &application(&self.wus_code))
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{page:?}");
        assert!(page.says("id=\"code-error\""), "{page:?}");
    }
}

/// Rows S2, S9, S15 and S16.
#[tokio::test]
async fn a_hall_that_is_stopped_or_killed_and_started_again_has_lost_nothing_and_takes_nothing_twice()
 {
    let data = tempfile::tempdir().unwrap();
    let mut hall = Process::start(data.path());
    let people = People::visit(&hall, data.path()).await;
    let key = std::fs::read(data.path().join("face.key")).unwrap();
    for end in [Process::stop, Process::kill] {
        end(&mut hall);
        hall = Process::start(data.path());
        people.find_all_as_it_was(&hall).await;
        people.find_used_what_was_used(&hall).await;
        assert_eq!(std::fs::read(data.path().join("face.key")).unwrap(), key);
    }
    people.find_the_code_used(&hall, data.path()).await;
}
