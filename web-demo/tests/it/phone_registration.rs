//! Registering on the phone: with a face check, and without.

use saoma_protocol::Digest;

use crate::support::{Hall, Registering, user_form};

/// Lets this registration have passed a face check, so many seconds ago.
async fn pass_face_check(hall: &Hall, registering: &Registering, seconds_ago: i64) {
    let cookie = &registering.visitor.cookies["shili_app_registration"];
    sqlx::query("INSERT INTO registration_face_checks VALUES (?1, ?2, unixepoch() - ?3)")
        .bind(Digest::of(cookie.as_bytes()).to_string())
        .bind(&registering.id_number)
        .bind(seconds_ago)
        .execute(&hall.db)
        .await
        .unwrap();
}

/// Row S5.
#[tokio::test]
async fn name_and_number_and_agreement_are_asked_first() {
    let hall = Hall::open().await;
    let mut visitor = hall.on_the_phone();
    let page = visitor.get("/register").await;
    assert_eq!(
        (&*page.path, page.step()),
        ("/register/identity", "验证身份")
    );
    let page = visitor
        .post(
            "/register/identity",
            &[("id_number", "1"), ("name", "示例子")],
        )
        .await;
    assert_eq!(page.problem("agreed"), "请先阅读并同意协议。");
}

/// Row S5.
#[tokio::test]
async fn without_a_face_check_a_phone_of_the_province_and_a_code_are_needed() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    let page = zi
        .visitor
        .post("/register/user", &user_form(&[("phone", "13800100000")]))
        .await;
    assert!(
        page.problem("phone").starts_with("该号码不属于省内号段"),
        "{page:?}"
    );
    let page = zi.visitor.post("/register/user", &user_form(&[])).await;
    assert_eq!(page.problem("code"), "请输入短信中的6位验证码。");
    assert_eq!(zi.finish(&hall, &[]).await.path, "/register/done");
    assert_eq!(
        hall.standing(&zi.id_number).await.as_deref(),
        Some("provisional")
    );
}

/// Row S5.
#[tokio::test]
async fn after_a_passed_face_check_any_phone_will_do_even_another_persons_without_a_code() {
    let hall = Hall::open().await;
    for (name, phone) in [("示例子", "13800100000"), ("示例丑", "13009700001")] {
        let mut person = Registering::on_the_phone(&hall, name).await;
        pass_face_check(&hall, &person, 0).await;
        let page = person.visitor.get("/register/user").await;
        assert!(
            page.says("无需短信验证码") && !page.says("name=\"code\""),
            "{page:?}"
        );
        let user_name = format!("user{}", &phone[7..]);
        let form = user_form(&[("phone", phone), ("user_name", &user_name)]);
        assert_eq!(
            person.visitor.post("/register/user", &form).await.path,
            "/register/done",
            "{name}"
        );
    }
}

/// Row S5.
#[tokio::test]
async fn a_face_check_counts_once_and_for_ten_minutes_and_for_its_person() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    pass_face_check(&hall, &zi, 600).await;
    let form = user_form(&[("phone", "13800100000")]);
    assert!(
        zi.visitor
            .post("/register/user", &form)
            .await
            .problem("phone")
            .starts_with("该号码不属于省内号段")
    );
    sqlx::query("UPDATE registration_face_checks SET passed_at = unixepoch(), id_number = '990000200002291012'")
        .execute(&hall.db)
        .await
        .unwrap();
    assert!(
        zi.visitor
            .post("/register/user", &form)
            .await
            .problem("phone")
            .starts_with("该号码不属于省内号段")
    );
    let right =
        sqlx::query("UPDATE registration_face_checks SET id_number = ?1").bind(&zi.id_number);
    right.execute(&hall.db).await.unwrap();
    assert_eq!(
        zi.visitor.post("/register/user", &form).await.path,
        "/register/done"
    );
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM registration_face_checks")
        .fetch_one(&hall.db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

/// Row S5.
#[tokio::test]
async fn a_face_check_that_was_passed_excuses_no_other_mistake() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    pass_face_check(&hall, &zi, 0).await;
    let page = zi
        .visitor
        .post(
            "/register/user",
            &user_form(&[("phone", "13800100000"), ("password", "abc123")]),
        )
        .await;
    assert!(page.problem("password").starts_with("密码过于简单"));
    assert_eq!(page.problem("phone"), "");
}

/// Lets the check that this phone has been sent to be passed, as the verifier would.
async fn pass_check_at_hand(hall: &Hall, registering: &Registering) {
    let ticket = &registering.visitor.cookies["shili_face"];
    sqlx::query("UPDATE face_checks SET passed_at = unixepoch() WHERE ticket_digest = ?1 AND purpose = 'register'")
        .bind(Digest::of(ticket.as_bytes()).to_string())
        .execute(&hall.db)
        .await
        .unwrap();
}

/// Row S5.
#[tokio::test]
async fn a_registration_is_sent_to_the_face_check_and_comes_back_without_need_of_a_code() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    let typed = user_form(&[
        ("user_name", "zizi88"),
        ("phone", "13800100000"),
        ("email", "zi@example.com"),
    ]);
    assert_eq!(
        zi.visitor.post("/register/face", &typed).await.path,
        "/face/register"
    );
    pass_check_at_hand(&hall, &zi).await;
    let page = zi.visitor.get("/register/face/passed").await;
    assert!(
        page.path == "/register/user" && !page.says("name=\"code\""),
        "{page:?}"
    );
    let kept = ["user_name", "phone", "email", "password"].map(|field| page.value(field));
    assert_eq!(
        kept,
        ["zizi88", "13800100000", "zi@example.com", ""],
        "what was typed, but the password"
    );
    let done = zi
        .visitor
        .post("/register/user", &user_form(&[("phone", "13800100000")]))
        .await;
    assert_eq!(done.path, "/register/done");
}

/// Row S5.
#[tokio::test]
async fn a_face_check_that_was_not_passed_leads_back_to_the_code() {
    let hall = Hall::open().await;
    let mut zi = Registering::on_the_phone(&hall, "示例子").await;
    let check = zi.visitor.post("/register/face", &user_form(&[])).await;
    assert!(
        check.says("href=\"/register/user\""),
        "the page shows the other way: {check:?}"
    );
    let page = zi.visitor.get("/register/face/passed").await;
    assert!(
        page.path == "/register/user" && page.says("name=\"code\""),
        "{page:?}"
    );
}

/// Row S5.
#[tokio::test]
async fn nobody_is_sent_to_the_face_check_before_they_have_said_who_they_are() {
    let hall = Hall::open().await;
    let mut visitor = hall.on_the_phone();
    assert_eq!(
        visitor.post("/register/face", &[]).await.path,
        "/register/identity"
    );
    assert_eq!(
        visitor.get("/register/face/passed").await.path,
        "/register/identity"
    );
}
