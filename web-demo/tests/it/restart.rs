//! A hall's folder keeps all that people did, whether its process is stopped or killed, and a used
//! code stays used.

use serde_json::{Value, json};

use crate::support::{Process, Registering, TestBrowser, check, person, sql};

/// Browsers and phones of people who have done something at the hall.
struct People {
    /// Has registered at the portal.
    zi: TestBrowser,
    /// Has applied for the card on the phone, by this code.
    wu: TestBrowser,
    wus_code: String,
    /// Is logged in at the portal for the unit, and has appointed 示例甲.
    yi: TestBrowser,
    /// Is logged in at the portal by password.
    jia: TestBrowser,
    /// Has begun to log in by face, and has answered this challenge.
    stranger: TestBrowser,
    answered: Value,
}

fn application(code: &str) -> String {
    format!("/card/apply <- code={code}&password=492716&repeat=492716")
}

async fn applied(hall: &Process) -> (TestBrowser, String) {
    let mut wu = hall.phone_of("wu").await;
    wu.check("/card/apply/code <- agreed=yes").await;
    let code = hall.code_sent_to("13009700005").await;
    wu.check(&(application(&code) + " => 您已申领电子社保卡"))
        .await;
    (wu, code)
}

/// Logs a browser in for 示例单位一: the phone of 示例乙 confirms it.
async fn logged_in_for_the_unit(hall: &Process) -> TestBrowser {
    let mut browser = hall.portal();
    let page = browser.get("/login").await;
    let mut phone = hall.phone_of("yi").await;
    let redirect_to = hall.confirmed(&page, &mut phone, "unit:90001").await;
    let callback = browser.path_of(&redirect_to).to_owned();
    let home = browser.get(&callback).await;
    home.check("the callback", "@/ | 示例单位一");
    browser
}

async fn appointed(hall: &Process) -> TestBrowser {
    let mut yi = logged_in_for_the_unit(hall).await;
    let (jia, day) = (person("示例甲"), hall.day("+1 year").await);
    let form = format!("id_number={jia}&name=示例甲&ends_on={day}&cards=1");
    check!(yi; "/delegations <- {form} => @/");
    yi
}

/// A phone that answers a challenge without pictures: an answer all the same.
async fn challenged(hall: &Process) -> (TestBrowser, Value) {
    let mut stranger = hall.phone();
    let begin = "/login/face <- name=示例甲&id_number";
    let begin = format!("{begin}={} => @/face/log_in", person("示例甲"));
    stranger.check(&begin).await;
    let challenge = stranger
        .post_json("/face/log_in/challenge", &json!({}))
        .await;
    let answer = json!({ "challenge": challenge["challenge"], "frames": [] });
    let outcome = stranger.post_json("/face/log_in/frames", &answer).await;
    assert_eq!(outcome["outcome"], "no_pictures");
    (stranger, answer)
}

impl People {
    async fn visit(hall: &Process) -> Self {
        let (wu, wus_code) = applied(hall).await;
        let (stranger, answered) = challenged(hall).await;
        let mut zi = Registering::at_the_portal(hall, "示例子").await;
        assert_eq!(zi.finish(hall, &[]).await.path, "/register/done");
        Self {
            zi: zi.browser,
            wu,
            wus_code,
            yi: appointed(hall).await,
            jia: hall.portal_of("jia").await,
            stranger,
            answered,
        }
    }

    async fn find_all_as_it_was(&self, hall: &Process) {
        let home = hall.phone().log_in("/login", "shiliuser", "k7m2xq").await;
        home.check("a registered user", "@/ | 示例子");
        for (browser, origin, script) in [
            (&self.zi, &hall.portal, "/account => @/account | shiliuser"),
            (&self.wu, &hall.phone, "/ => 正常，可以扫码登录 | 已申领"),
            (
                &self.yi,
                &hall.portal,
                "/ => 示例单位一 | 990*************16",
            ),
            (
                &self.jia,
                &hall.portal,
                "/inbox => @/inbox | 您已成为“示例单位一”的授权经办人",
            ),
        ] {
            browser.back_at(origin).check(script).await;
        }
    }

    async fn find_the_challenge_used(&self, hall: &Process) {
        let stranger = self.stranger.back_at(&hall.phone);
        let again = stranger
            .post_json("/face/log_in/frames", &self.answered)
            .await;
        assert_eq!(again["outcome"], "too_late", "{again}");
    }

    /// The code that got a card gets no other, even after the card is gone.
    async fn find_the_code_used(&self, hall: &Process) {
        let gone = sql!(hall; "DELETE FROM e_cards WHERE account_id = 'c-1005'");
        assert_eq!(gone, 1);
        let script = application(&self.wus_code) + " => 422 | id=\"code-error\"";
        self.wu.back_at(&hall.phone).check(&script).await;
    }
}

/// Rows S2, S9, S15 and S16.
#[tokio::test]
async fn a_hall_that_is_stopped_or_killed_and_started_again_has_lost_nothing_and_takes_nothing_twice()
 {
    let data = tempfile::tempdir().unwrap();
    let mut hall = Process::start(data.path()).await;
    let people = People::visit(&hall).await;
    let key = std::fs::read(data.path().join("face.key")).unwrap();
    for end in [Process::stop, Process::kill] {
        end(&mut hall);
        hall = Process::start(data.path()).await;
        people.find_all_as_it_was(&hall).await;
        people.find_the_challenge_used(&hall).await;
        assert_eq!(std::fs::read(data.path().join("face.key")).unwrap(), key);
    }
    people.find_the_code_used(&hall).await;
}

#[tokio::test]
async fn a_folder_of_another_version_is_refused_with_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let mut hall = Process::start(data.path()).await;
    hall.sql("PRAGMA user_version = 1").await;
    hall.stop();
    let refused = Process::refused(data.path());
    for expected in ["another version", "--data"] {
        assert!(refused.contains(expected), "{expected}: {refused}");
    }
}
