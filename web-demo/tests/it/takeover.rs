//! A person takes their ID number back from a provisional account that a stranger has made (row A19).

use crate::support::{Hall, Registering, Site, TestBrowser, check, person, sql, user_form};

/// A stranger's phone, and the one on file with 示例丙's card.
const STRANGERS: &str = "13009700088";

/// Makes the account of a person a provisional one that a stranger holds. Returns the stranger's browser.
async fn squatted(hall: &Hall, user_name: &str) -> TestBrowser {
    let squatter = hall.portal_of(user_name).await;
    hall.make_provisional(user_name).await;
    sql!(hall; "UPDATE accounts SET user_name = 'squatter', phone = '{STRANGERS}' WHERE user_name = '{user_name}'");
    squatter
}

async fn on_file(hall: &Hall, id_number: &str) -> String {
    let phone = "SELECT phone FROM register_cards WHERE id_number";
    hall.row::<(String,)>(&format!("{phone} = '{id_number}' ORDER BY serial DESC"))
        .await
        .0
}

/// A browser of the owner, after being told of the account and going on.
async fn contesting(site: &Site, name: &str) -> Registering {
    let mut browser = site.portal();
    browser.check("/register/agreement <- agreed=yes").await;
    let id_number = person(name);
    let identity = format!("/register/identity <- id_number={id_number}&name={name}");
    check!(browser; "
        {identity} => 422 | #id_number …临时账户…
        {identity} => @/register/user");
    Registering { browser, id_number }
}

#[tokio::test]
async fn the_phone_on_file_with_the_card_takes_an_id_number_back() {
    let hall = Hall::open().await;
    let mut squatter = squatted(&hall, "jia").await;
    check!(squatter; "/exams/human-resources/register <- => @/exams");
    let mut owner = contesting(&hall, "示例甲").await;
    let phone = on_file(&hall, &owner.id_number).await;
    let form = [("phone", &*phone), ("user_name", "owner1")];
    let done = owner.finish(&hall, &form).await;
    done.check("the owner's registration", "@/register/done | owner1");
    assert_eq!(hall.standing(&owner.id_number).await, "verified");
    check!(owner.browser; "/ => 示例甲\n/inbox => 原临时账户已注销");
    squatter
        .check("/account => @/login | 原临时账户已注销")
        .await;
    let logouts = "logouts WHERE reason = 'account_taken_over'";
    assert_eq!(
        hall.count(logouts).await,
        1,
        "the squatter's sessions at all sites"
    );
    let old = hall
        .portal()
        .log_in("/login/password", "squatter", "shili2026")
        .await;
    old.check("the squatter's password", "422");
    for table in ["exam_registrations", "notices", "portal_sessions"] {
        let left = format!(
            "{table} WHERE account_id <> '' AND account_id NOT IN (SELECT id FROM accounts)"
        );
        assert_eq!(hall.count(&left).await, 0, "{table}");
    }
}

#[tokio::test]
async fn any_other_phone_takes_nothing_back() {
    let hall = Hall::open().await;
    squatted(&hall, "jia").await;
    let mut other = contesting(&hall, "示例甲").await;
    let refused = "422 | #phone …社会保障卡登记的手机号…";
    let sent = other.send_code(&[("phone", "13009700097")]).await;
    sent.check("a code to another phone", refused);
    other
        .check(&[("phone", "13009700097"), ("code", "123456")], refused)
        .await;
    assert_eq!(hall.count("accounts WHERE user_name = 'squatter'").await, 1);
    assert_eq!(hall.count("register_messages").await, 0);
}

#[tokio::test]
async fn a_face_check_takes_an_id_number_back_on_the_phone() {
    let hall = Hall::open().await;
    squatted(&hall, "jia").await;
    let (mut phone, number) = (hall.phone(), person("示例甲"));
    let identity = format!("/register/identity <- agreed=yes&id_number={number}&name=示例甲");
    check!(phone; "
        {identity} => 422 | #id_number …临时账户…
        {identity} => @/register/user");
    let check = phone.post("/register/face", &user_form(&[])).await;
    assert_eq!(check.path, "/face/register");
    hall.pass_face_check(&phone).await;
    let done = phone
        .post("/register/user", &user_form(&[("user_name", "owner1")]))
        .await;
    done.check("the owner's registration", "@/register/done | owner1");
    assert_eq!(hall.count("accounts WHERE user_name = 'squatter'").await, 0);
}

#[tokio::test]
async fn a_verified_account_is_never_taken_over_not_even_one_that_was_verified_meanwhile() {
    let hall = Hall::open().await;
    squatted(&hall, "jia").await;
    let mut other = contesting(&hall, "示例甲").await;
    let phone = on_file(&hall, &other.id_number).await;
    let form = [("phone", &*phone), ("user_name", "owner1")];
    other.send_code(&form).await;
    let code = hall.code_sent_to(&phone).await;
    sql!(hall; "UPDATE accounts SET standing = 'verified' WHERE user_name = 'squatter'");
    let code = ("code", &*code);
    let refused = other.send(&[form[0], form[1], code]).await;
    refused.check("a registration", "422 | #user_name …已注册…");
    assert_eq!(hall.count("accounts WHERE user_name = 'squatter'").await, 1);
}
