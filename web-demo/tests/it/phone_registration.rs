//! Registering on the phone: with a face check, and without.

use crate::support::{Hall, Registering, check, sql, user_form};

/// A phone of another province.
const ELSEWHERE: (&str, &str) = ("phone", "13800100000");

const NOT_OF_THE_PROVINCE: &str = "422 | #phone 该号码不属于省内号段…";

/// Passes the face check of this registration.
async fn pass_face_check(hall: &Hall, registering: &mut Registering) {
    let browser = &mut registering.browser;
    let check = browser.post("/register/face", &user_form(&[])).await;
    assert_eq!(check.path, "/face/register");
    hall.pass_face_check(&registering.browser).await;
}

/// Row S5.
#[tokio::test]
async fn name_and_number_and_agreement_are_asked_first() {
    let hall = Hall::open().await;
    let mut phone = hall.phone();
    let page = phone.check("/register => @/register/identity").await;
    assert_eq!(page.step(), "验证身份");
    check!(phone; "/register/identity <- id_number=1&name=示例子 => 422 | #agreed 请先阅读并同意协议。");
}

/// Row S5.
#[tokio::test]
async fn without_a_face_check_a_phone_of_the_province_and_a_code_are_needed() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    zi.check(&[ELSEWHERE], NOT_OF_THE_PROVINCE).await;
    zi.check(&[], "422 | #code 请输入短信中的6位验证码。").await;
    assert_eq!(zi.finish(&hall, &[]).await.path, "/register/done");
    assert_eq!(hall.standing(&zi.id_number).await, "provisional");
}

/// Row S5.
#[tokio::test]
async fn after_a_passed_face_check_any_phone_will_do_even_another_persons_without_a_code() {
    let hall = Hall::open().await;
    for (name, phone) in [("示例子", "13800100000"), ("示例丑", "13009700001")] {
        let mut person = Registering::on_the_phone(&hall, name).await;
        pass_face_check(&hall, &mut person).await;
        check!(person.browser; "/register/user => 无需短信验证码 | !name=\"code\"");
        let user_name = format!("user{}", &phone[7..]);
        let done = person
            .send(&[("phone", phone), ("user_name", &user_name)])
            .await;
        assert_eq!(done.path, "/register/done", "{name}");
    }
}

/// Row S5.
#[tokio::test]
async fn a_face_check_counts_once_and_for_ten_minutes_and_for_its_person() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    pass_face_check(&hall, &mut zi).await;
    let update = "UPDATE face_checks SET expires_at";
    sql!(hall; "{update} = expires_at - 600");
    zi.check(&[ELSEWHERE], NOT_OF_THE_PROVINCE).await;
    let id_number = "expires_at + 600, id_number";
    let of_another = format!("{update} = {id_number} = '990000200002291012'");
    hall.sql(&of_another).await;
    zi.check(&[ELSEWHERE], NOT_OF_THE_PROVINCE).await;
    let own = format!("UPDATE face_checks SET id_number = '{}'", zi.id_number);
    hall.sql(&own).await;
    assert_eq!(zi.send(&[ELSEWHERE]).await.path, "/register/done");
    assert_eq!(hall.count("face_checks").await, 0);
}

/// Row S5.
#[tokio::test]
async fn a_face_check_that_was_passed_excuses_no_other_mistake() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    pass_face_check(&hall, &mut zi).await;
    zi.check(
        &[ELSEWHERE, ("password", "abc123")],
        "422 | #password 密码过于简单… | #phone",
    )
    .await;
}

/// Row S5.
#[tokio::test]
async fn a_registration_is_sent_to_the_face_check_and_comes_back_without_need_of_a_code() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    let typed = [
        ("user_name", "zizi88"),
        ELSEWHERE,
        ("email", "zi@example.com"),
    ];
    let check = zi.browser.post("/register/face", &user_form(&typed)).await;
    assert_eq!(check.path, "/face/register");
    assert_eq!(
        hall.count("face_checks WHERE purpose = 'register'").await,
        1
    );
    hall.pass_face_check(&zi.browser).await;
    // The form is kept, but for the password.
    check!(zi.browser; "
        /register/user => !name=\"code\" | =user_name zizi88
        | =phone 13800100000 | =email zi@example.com | =password");
    assert_eq!(zi.send(&[ELSEWHERE]).await.path, "/register/done");
}

/// Row S5.
#[tokio::test]
async fn a_face_check_that_was_not_passed_leads_back_to_the_code() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    let check = zi.browser.post("/register/face", &user_form(&[])).await;
    check.check("the other way is offered", "href=\"/register/user\"");
    check!(zi.browser; "/register/user => name=\"code\"");
}

/// Row S5.
#[tokio::test]
async fn a_face_check_comes_after_name_and_number() {
    let hall = Hall::open().await;
    check!(hall.phone(); "/register/face <- => @/register/identity");
}
