//! A forgotten password is replaced on either surface, and no answer tells who has an account (row U4, threat T59).

use crate::support::{Hall, PASSWORD, Page, Site, TestBrowser, check, sql, until};

const NEW: &str = "q7wz88";

const JIA: &str = "name=示例甲&id_number=990000199003071016";

/// A person without an account.
const ZI: &str = "name=示例子&id_number=990000199102101110";

type Opens = fn(&Site) -> TestBrowser;

const SURFACES: [(Opens, &str); 2] = [(Site::portal, "/login/password"), (Site::phone, "/login")];

/// Names a person at the door.
async fn named(browser: &mut TestBrowser, person: &str) -> Page {
    check!(browser; "/login/forgotten <- {person} => @/login/forgotten/proof")
}

/// The code in the message to this phone that comes after so many others. No answer waits for the carrier.
async fn code_after(hall: &Hall, before: i64, phone: &str) -> String {
    let messages = format!("register_messages WHERE phone = '{phone}'");
    until("a code", async || hall.count(&messages).await > before).await;
    hall.code_sent_to(phone).await
}

/// The codes in all short messages to this phone.
async fn codes_in_messages(hall: &Hall, phone: &str) -> Vec<String> {
    let query =
        format!("SELECT group_concat(text, ' ') FROM register_messages WHERE phone = '{phone}'");
    let texts: (Option<String>,) = hall.row(&query).await;
    let texts = texts.0.unwrap_or_default();
    let numbers = texts.split(|letter: char| !letter.is_ascii_digit());
    let codes = numbers.filter(|number| number.len() == 6);
    codes.map(str::to_owned).collect()
}

fn set(code: &str, password: &str) -> String {
    format!("/login/forgotten/password <- code={code}&password={password}&repeat={password} =>")
}

/// A code of six digits that is not this one.
fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

/// Rows S2, S6, S8 and U4.
#[tokio::test]
async fn u4_a_code_sets_another_password_on_both_surfaces_and_every_login_ends() {
    for (surface, login) in SURFACES {
        let hall = Hall::open().await;
        let (mut computer, mut phone) = (hall.portal_of("jia").await, hall.phone_of("jia").await);
        let mut browser = surface(&hall);
        check!(browser; "{login} => href=\"/login/forgotten\" | 忘记密码？");
        named(&mut browser, JIA).await;
        check!(browser; "/login/forgotten/code <- way=card
            => @/login/forgotten/proof | 如果所填信息与账号一致 | !130");
        let code = code_after(&hall, 0, "13009700001").await;
        let done = set(&code, NEW);
        check!(browser; "{done} @/login/forgotten/proof | 新密码已设置 | href=\"{login}\"");
        phone.check("/ => @/login").await;
        computer.check("/account => @/login").await;
        let old = hall
            .portal()
            .log_in("/login/password", "jia", PASSWORD)
            .await;
        old.check("the old password", "422");
        let home = browser.log_in(login, "jia", NEW).await;
        home.check("the new password", "@/ | 示例甲");
        let notices = "notices WHERE account_id = 'c-1001'
            AND title ->> 'zh' = '您的登录密码已通过“忘记密码”重新设置'";
        assert_eq!(hall.count(notices).await, 1);
        let told =
            "register_messages WHERE phone = '13009700001' AND text LIKE '%登录密码已重新设置%'";
        until("a message", async || hall.count(told).await == 1).await;
        let at_sites = "logouts WHERE account_id = 'c-1001' AND identity_id IS NULL";
        assert_eq!(hall.count(at_sites).await, 1);
        // The code and the door are used up.
        check!(browser; "{done} @/login/forgotten/proof | 新密码已设置");
    }
}

/// Rows S7 and U4.
#[tokio::test]
async fn u4_a_face_check_sets_another_password_on_the_phone() {
    let hall = Hall::open().await;
    let mut phone = hall.phone();
    named(&mut phone, JIA).await;
    check!(phone; "/login/forgotten/face <- => @/face/password");
    let without = set("", NEW);
    check!(phone; "{without} 422");
    hall.pass_face_check(&phone).await;
    check!(phone; "
        /login/forgotten/proof => 人脸识别已通过 | !name=\"code\"
        {without} 新密码已设置");
    let home = phone.log_in("/login", "jia", NEW).await;
    home.check("the new password", "@/ | 示例甲");
    // A computer has no face check.
    let mut portal = hall.portal();
    named(&mut portal, JIA).await;
    check!(portal; "/login/forgotten/face <- => @/login/forgotten/proof | !人脸识别已通过");
}

/// Row U4: the phone of the account counts if a code to it was typed at the registration.
#[tokio::test]
async fn u4_a_phone_of_the_account_that_no_code_has_proved_gets_none() {
    let hall = Hall::open().await;
    sql!(hall; "UPDATE accounts SET phone = '13009700099' WHERE user_name = 'jia'");
    let mut browser = hall.portal();
    named(&mut browser, JIA).await;
    check!(browser; "/login/forgotten/code <- way=account => 如果所填信息与账号一致");
    let code = code_after(&hall, 0, "13009700099").await;
    sql!(hall; "UPDATE accounts SET phone_proved = 0, phone = '13009700098' WHERE user_name = 'jia'");
    hall.pass_limits(60).await;
    check!(browser; "/login/forgotten/code <- way=account => 如果所填信息与账号一致");
    assert_eq!(
        hall.count("register_messages WHERE phone = '13009700098'")
            .await,
        0
    );
    let late = set(&code, NEW);
    check!(browser; "{late} 422");
}

/// Row U4, threat T59: pages, refusals and tries are the same for those who have no account, or another name.
#[tokio::test]
async fn u4_no_answer_tells_who_has_an_account() {
    let hall = Hall::open().await;
    for (surface, _) in SURFACES {
        let mut told = Vec::new();
        for person in [JIA, ZI, "name=示例乙&id_number=990000199003071016"] {
            let mut browser = surface(&hall);
            let mut pages = vec![named(&mut browser, person).await];
            pages.push(
                browser
                    .post("/login/forgotten/code", &[("way", "card")])
                    .await,
            );
            pages.push(
                browser
                    .post("/login/forgotten/code", &[("way", "account")])
                    .await,
            );
            let mut sent = Vec::new();
            if person == JIA {
                until("a code", async || {
                    sent = codes_in_messages(&hall, "13009700001").await;
                    !sent.is_empty()
                })
                .await;
            }
            let wrong = [
                "000000", "000001", "000002", "000003", "000004", "000005", "000006",
            ];
            let wrong = wrong
                .into_iter()
                .filter(|code| !sent.contains(&(*code).to_owned()));
            for code in wrong.take(6) {
                let form = [("code", code), ("password", NEW), ("repeat", NEW)];
                pages.push(browser.post("/login/forgotten/password", &form).await);
            }
            let form = [
                ("code", "123456"),
                ("password", "jia123456x"),
                ("repeat", "jia123456x"),
            ];
            pages.push(browser.post("/login/forgotten/password", &form).await);
            let number = &person[person.len() - 2..];
            let seen = pages.into_iter().map(|page| {
                let body = page.body_without_key();
                let body = body.replace(&format!("*{number}<"), "*<");
                (
                    page.status,
                    page.path,
                    ["57 ", "58 ", "59 "]
                        .iter()
                        .fold(body, |body, at| body.replace(at, "60 ")),
                )
            });
            told.push(seen.collect::<Vec<_>>());
            hall.pass_limits(24 * 3600).await;
        }
        assert_eq!(told[0].len(), 10);
        assert_eq!(told[0], told[1], "no account");
        assert_eq!(told[0], told[2], "another name");
    }
    // Only the owner's phone has heard of it.
    assert_eq!(
        hall.count("register_messages WHERE phone <> '13009700001'")
            .await,
        0
    );
}

/// Row U4: what strangers ask for a person does not use up what the person asks where they usually log in (threat T42).
#[tokio::test]
async fn u4_codes_are_few_for_a_person_and_an_address_and_a_known_browser_has_its_own() {
    let hall = Hall::open().await;
    for (surface, login) in SURFACES {
        let mut known = surface(&hall).logged_in(login, "jia").await;
        check!(known; "/logout <- => @/login");
        let mut stranger = surface(&hall);
        named(&mut stranger, JIA).await;
        for _ in 0..5 {
            check!(stranger; "/login/forgotten/code <- way=card => @/login/forgotten/proof");
            check!(stranger; "/login/forgotten/code <- way=account => 429 | 秒后");
            hall.pass_limits(61).await;
        }
        check!(stranger; "/login/forgotten/code <- way=account => 429");
        named(&mut known, JIA).await;
        check!(known; "/login/forgotten/code <- way=card => @/login/forgotten/proof");
        hall.pass_limits(48 * 3600).await;
    }
}

/// Row U4: persons that one address names are few.
#[tokio::test]
async fn u4_an_address_names_few_persons() {
    let hall = Hall::open().await;
    sql!(hall; "INSERT INTO attempts VALUES ('reset_named:127.0.0.1', unixepoch() + 300)");
    check!(hall.portal(); "/login/forgotten <- {JIA} => 429 | 尝试次数过多");
}

/// Rows S6 and U4.
#[tokio::test]
async fn u4_the_new_password_keeps_the_rules_and_a_mistyped_one_costs_no_try() {
    let hall = Hall::open().await;
    let mut browser = hall.portal();
    check!(browser; "
        /login/forgotten <- name=示例甲&id_number=1 => 422 | #id_number 公民身份号码有误…
        /login/forgotten/proof => @/login/forgotten
        /login/forgotten/password <- code=&password={NEW}&repeat={NEW} => @/login/forgotten");
    named(&mut browser, JIA).await;
    check!(browser; "/login/forgotten/code <- way=card =>");
    let code = code_after(&hall, 0, "13009700001").await;
    for (password, reason) in [
        ("a1", "4至16位"),
        ("abcdefg", "字母和数字"),
        ("abc123", "过于简单"),
    ] {
        let line = set(&code, password);
        check!(browser; "{line} 422 | {reason} | !value=\"{password}");
    }
    check!(browser; "
        /login/forgotten/password <- code={code}&password={NEW}&repeat=q7wz89 => 422 | #repeat …不一致…
        /login/forgotten/password <- code=&password=a1&repeat=a2 => 422 | #code 请输入短信中的6位验证码。
        /login/forgotten/password <- code=&password=a1&repeat=a2 => 422 | #password 密码应为4至16位… | !不一致");
    assert_eq!(hall.count("sms_codes WHERE tries = 0").await, 1);
    let wrong = set(other_than(&code), NEW);
    check!(browser; "{wrong} 422 | #code …4…");
    // The rules of the account come after the proof: a stranger would learn the user name.
    sql!(hall; "UPDATE accounts SET user_name = 'jiajia' WHERE user_name = 'jia'");
    let named = set(&code, "jiajia7x2");
    let right = set(&code, NEW);
    check!(browser; "
        {named} 422 | #password …用户…
        {right} 新密码已设置");
}

/// Row U4: another browser's code or cookie is worth nothing.
#[tokio::test]
async fn u4_a_code_counts_only_in_the_browser_that_asked_for_it() {
    let hall = Hall::open().await;
    let (mut browser, mut other) = (hall.portal(), hall.portal());
    named(&mut browser, JIA).await;
    check!(browser; "/login/forgotten/code <- way=card =>");
    let code = code_after(&hall, 0, "13009700001").await;
    let line = set(&code, NEW);
    check!(other; "{line} @/login/forgotten");
    named(&mut other, JIA).await;
    check!(other; "{line} 422");
    hall.pass_limits(61).await;
    check!(other; "/login/forgotten/code <- way=card => \n {line} 422");
    check!(browser; "{line} 新密码已设置");
}

/// Row U4: the app changes the password, as the portal does.
#[tokio::test]
async fn u4_the_app_changes_the_password_and_stays_logged_in() {
    let hall = Hall::open().await;
    let (mut here, mut other) = (hall.phone_of("jia").await, hall.phone_of("jia").await);
    let mut computer = hall.portal_of("jia").await;
    check!(here; "
        / => href=\"/my/password\"
        /my/password <- old=wrong1&new={NEW}&repeat={NEW} => 422 | #old 当前密码不正确。
        /my/password <- old={PASSWORD}&new={NEW}&repeat=q7wz89 => 422 | #repeat …不一致…
        /my/password <- old={PASSWORD}&new=abc123&repeat=abc123 => 422 | #new …过于简单…
        /my/password <- old={PASSWORD}&new={PASSWORD}&repeat={PASSWORD} => 422 | #new …不能与当前密码相同…
        /my/password <- old={PASSWORD}&new={NEW}&repeat={NEW} => @/ | 登录密码已修改 | 示例甲
        / => !登录密码已修改
        /inbox => 您的登录密码已修改");
    other.check("/ => @/login").await;
    computer.check("/account => @/login").await;
    let home = hall.phone().log_in("/login", "jia", NEW).await;
    home.check("the new password", "@/ | 示例甲");
    check!(hall.phone(); "/my/password => @/login");
    hall.pass_limits(600).await;
    let wrong = format!("/my/password <- old=wrong1&new={PASSWORD}&repeat={PASSWORD} => 422\n");
    here.check(&wrong.repeat(5)).await;
    check!(here; "/my/password <- old={NEW}&new={PASSWORD}&repeat={PASSWORD} => 429");
}
