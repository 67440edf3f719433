//! What people type at the hall's doors, in the spellings of people, input methods, and copy and paste.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::support::{Hall, Page, TestBrowser, check, person, sql};

/// The table of spellings that the protocol's own tests read.
const SPELLINGS: &str = include_str!("../../../protocol/src/typed/spellings.json");

#[derive(Deserialize)]
struct Row {
    means: String,
    typed: Vec<Spelling>,
    not: Vec<String>,
}

#[derive(Deserialize)]
struct Spelling {
    by: String,
    typed: String,
}

fn table(row: &str) -> Row {
    let mut table: BTreeMap<String, Row> = serde_json::from_str(SPELLINGS).unwrap();
    table.remove(row).unwrap()
}

/// Sends number and name from a new browser that registers.
async fn identity(hall: &Hall, id_number: &str, name: &str) -> Page {
    let mut browser = hall.portal();
    check!(browser; "/register/agreement <- agreed=yes =>");
    let form = [("id_number", id_number), ("name", name)];
    browser.post("/register/identity", &form).await
}

/// Has the register know 示例子 by another name.
async fn renamed(hall: &Hall, name: &str) -> String {
    let zi = person("示例子");
    sql!(hall; "UPDATE register_persons SET name = '{name}' WHERE id_number = '{zi}'");
    zi
}

#[tokio::test]
async fn p2_an_id_number_is_read_in_every_spelling() {
    let hall = Hall::open().await;
    let row = table("id_number");
    sql!(hall; "INSERT INTO register_persons (id_number, name) VALUES ('{}', '示例测')", row.means);
    for Spelling { by, typed } in &row.typed {
        let page = identity(&hall, typed, "示例测").await;
        assert_eq!(page.path, "/register/user", "{by}: {typed:?}");
    }
    for no_number in &row.not {
        let page = identity(&hall, no_number, "示例测").await;
        page.check(no_number, "422 | #id_number 身份证号…");
    }
}

#[tokio::test]
async fn p3_a_name_is_known_to_the_register_in_every_spelling() {
    let hall = Hall::open().await;
    for name in ["dotted_name", "han_name", "latin_name"] {
        let row = table(name);
        let zi = renamed(&hall, &row.means).await;
        for Spelling { by, typed } in &row.typed {
            let page = identity(&hall, &zi, typed).await;
            assert_eq!(page.path, "/register/user", "{by}: {typed:?}");
        }
        for other in &row.not {
            let page = identity(&hall, &zi, other).await;
            page.check(
                other,
                "422 | #name 身份证号与姓名不一致，请核对后重新填写。",
            );
        }
        hall.pass_limits(3600).await;
    }
}

/// Row P3: what is shown is the register's own form, however a unit has typed it.
#[tokio::test]
async fn p3_names_are_shown_as_the_register_has_them() {
    let hall = Hall::open().await;
    let zi = renamed(&hall, "示例·买买提").await;
    let day = hall.day("+1 year").await.replace('-', "/");
    let mut unit = hall.portal_for("yi", "90001").await;
    let agent = [
        ("id_number", &*zi),
        ("name", "示例•买买提 "),
        ("ends_on", &day),
        ("cards", "1"),
    ];
    unit.post("/delegations", &agent)
        .await
        .check("an agent", "@/ | 示例·买买提 | !示例•买买提");
    let employee = [
        ("id_number", &*zi),
        ("name", "示例・买买提"),
        ("base", "６，０００元"),
    ];
    unit.post("/unit/employees", &employee).await.check(
        "an employee",
        "@/unit/employees | 示例·买买提 | !示例・买买提",
    );
    let paid = format!("SELECT base FROM employees WHERE id_number = '{zi}'");
    let (base,): (i64,) = hall.row(&paid).await;
    // In hundredths of a yuan.
    assert_eq!(base, 600_000);
}

/// Logs in at the portal from a new browser.
async fn log_in(hall: &Hall, user_name: &str, password: &str) -> Page {
    let form = [("user_name", user_name), ("password", password)];
    hall.portal().post("/login/password", &form).await
}

#[tokio::test]
async fn p3_a_user_name_is_read_in_every_spelling() {
    let hall = Hall::open().await;
    for typed in [
        "jia",
        "JIA",
        "ｊｉａ",
        "　jia ",
        "j\u{200b}ia",
        "\u{2068}jia\u{2069}",
    ] {
        let page = log_in(&hall, typed, "shili2026").await;
        assert_eq!(page.path, "/", "{typed:?}");
    }
}

/// A password is compared as it was typed. What people cannot see in it is said.
#[tokio::test]
async fn p3_a_password_with_a_space_or_full_width_letters_is_told_so() {
    let hall = Hall::open().await;
    for typed in ["shili2026 ", "ｓｈｉｌｉ２０２６", "shili\u{200b}2026"] {
        let page = log_in(&hall, "jia", typed).await;
        page.check(typed, "422 | 空格、全角字符");
    }
    log_in(&hall, "jia", "shili2027")
        .await
        .check("wrong", "422 | !全角字符");
}

/// Row P1: the phone's page says beside the field why a text cannot be a code, and no request goes to the gateway.
#[tokio::test]
async fn p1_what_cannot_be_a_login_code_is_told_beside_the_field() {
    let hall = Hall::open().await;
    let mut jia = hall.phone_of("jia").await;
    for no_code in table("user_code").not {
        if no_code.is_empty() {
            continue;
        }
        let page = jia.post("/scan", &[("user_code", &no_code)]).await;
        page.check(&no_code, "422 | #user-code 登录代码…");
        page.check(&no_code, &format!("422 | value=\"{no_code}\""));
    }
    for (typed, reason) in [
        (" 。", "请输入登录代码。"),
        ("MCGH", "登录代码应为8位字母，您输入了4位。"),
        ("MCGH-PJDGG", "登录代码应为8位字母，您输入了9位。"),
        ("0O1I-L5S8", "登录代码只有英文字母，没有数字…"),
        ("730 492", "登录代码只有英文字母，没有数字…"),
    ] {
        let page = jia.post("/scan", &[("user_code", typed)]).await;
        page.check(typed, &format!("422 | #user-code {reason}"));
    }
}

/// A phone whose holder has given their e-card this password.
async fn with_card_password(hall: &Hall, password: &str) -> TestBrowser {
    let mut jia = hall.phone_of("jia").await;
    jia.check("/card/reset/code <- => name=\"code\"").await;
    let code = hall.code_sent_to("13009700001").await;
    let form = [
        ("code", &*code),
        ("password", password),
        ("repeat", "492 716"),
    ];
    let set = jia.post("/card/reset", &form).await;
    set.check(password, "密码已设置");
    jia
}

#[tokio::test]
async fn p1_a_card_password_is_six_digits_in_every_spelling_and_others_are_no_try() {
    let hall = Hall::open().await;
    let mut jia = with_card_password(&hall, "４９２７１６").await;
    for typed in ["492716", "４９２７１６", "492 716", "492716\u{a0}"] {
        for no_password in ["", "49271", "4927166", "49271a"] {
            let form = [("card_password", no_password)];
            let page = jia.post("/card/number", &form).await;
            page.check(no_password, "422 | #card_password 密码须为6位数字。");
        }
        let page = jia.post("/card/number", &[("card_password", typed)]).await;
        page.check(typed, "S99000001");
    }
}

/// Row P4: only a number known to be of another province is refused, with the manual's reason.
#[tokio::test]
async fn p4_a_number_of_a_newer_range_gets_its_code() {
    let hall = Hall::open().await;
    let mut zi = crate::support::Registering::at_the_portal(&hall, "示例子").await;
    for (phone, expected) in [
        ("13800100000", "422 | #phone 该号码不属于省内号段…"),
        ("0451-88888888", "422 | #phone 请填写11位手机号码。"),
        ("+86 199-0451-0000", "已发送"),
    ] {
        let page = zi.send_code(&[("phone", phone)]).await;
        page.check(phone, expected);
    }
    check!(hall.developer().await; "/developer/messages => 19904510000");
}
