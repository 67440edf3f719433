//! Registering on the web: each refusal, with its reason beside the field.

use http::StatusCode;
use saoma_demo::{Options, RegistersElsewhere, Secret};

use crate::support::{Hall, Registering, person, user_form};

/// Row S3.
#[tokio::test]
async fn the_agreement_has_to_be_accepted() {
    let hall = Hall::open().await;
    let page = hall
        .at_the_portal()
        .post("/register/agreement", &[("category", "personal")])
        .await;
    assert_eq!(
        (page.status, page.problem("agreed")),
        (StatusCode::UNPROCESSABLE_ENTITY, "请先阅读并同意协议。")
    );
}

/// Row S3.
#[tokio::test]
async fn an_id_number_that_is_none_is_refused_with_what_is_wrong_with_it() {
    let hall = Hall::open().await;
    let mut visitor = hall.at_the_portal();
    visitor
        .post("/register/agreement", &[("agreed", "yes")])
        .await;
    for (typed, reason) in [
        ("", "身份证号应为18位。"),
        ("99000019910210111", "身份证号应为18位。"),
        (
            "99000019910210示例甲乙",
            "身份证号应为17位数字加1位数字或字母X。",
        ),
        ("990000199003071017", "身份证号校验位不正确，请逐位核对。"),
        (
            "990000199002301019",
            "身份证号中的出生日期不存在，请核对第7至14位。",
        ),
    ] {
        let page = visitor
            .post(
                "/register/identity",
                &[("id_number", typed), ("name", "示例子")],
            )
            .await;
        assert_eq!(
            (page.status, page.problem("id_number")),
            (StatusCode::UNPROCESSABLE_ENTITY, reason),
            "{typed}"
        );
        assert_eq!(
            (page.value("id_number"), page.value("name")),
            (typed, "示例子")
        );
    }
}

/// Row S3.
#[tokio::test]
async fn a_name_that_does_not_belong_to_the_number_is_refused_and_so_is_nobody_at_all_in_the_same_words()
 {
    let hall = Hall::open().await;
    let mut visitor = hall.at_the_portal();
    visitor
        .post("/register/agreement", &[("agreed", "yes")])
        .await;
    let nobody = "990000200002291012";
    for id_number in [&*person("示例子"), nobody] {
        let page = visitor
            .post(
                "/register/identity",
                &[("id_number", id_number), ("name", "示例无")],
            )
            .await;
        assert_eq!(
            page.problem("name"),
            "身份证号与姓名不一致，请核对后重新填写。",
            "{id_number}"
        );
    }
    let page = visitor
        .post(
            "/register/identity",
            &[("id_number", nobody), ("name", " ")],
        )
        .await;
    assert_eq!(page.problem("name"), "请填写与身份证一致的真实姓名。");
}

/// Row S3.
#[tokio::test]
async fn names_cannot_be_tried_for_a_number_without_end() {
    let hall = Hall::open().await;
    let (mut visitor, zi) = (hall.at_the_portal(), person("示例子"));
    visitor
        .post("/register/agreement", &[("agreed", "yes")])
        .await;
    for _ in 0..5 {
        let page = visitor
            .post(
                "/register/identity",
                &[("id_number", &zi), ("name", "示例无")],
            )
            .await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let page = visitor
        .post(
            "/register/identity",
            &[("id_number", &zi), ("name", "示例子")],
        )
        .await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(page.problem("id_number").contains("秒后再试"));
}

/// Row S2.
#[tokio::test]
async fn a_person_with_an_account_is_sent_to_log_in() {
    let hall = Hall::open().await;
    let mut visitor = hall.at_the_portal();
    visitor
        .post("/register/agreement", &[("agreed", "yes")])
        .await;
    let page = visitor
        .post(
            "/register/identity",
            &[("id_number", &person("示例甲")), ("name", "示例甲")],
        )
        .await;
    assert!(page.problem("id_number").contains("已注册"), "{page:?}");
}

/// Row S3.
#[tokio::test]
async fn a_register_that_gives_no_answer_is_named_as_the_reason() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let registers = RegistersElsewhere {
        url: format!("http://{nobody}").parse().unwrap(),
        token: Secret::received("t"),
    };
    let hall = Hall::open_with(|options| Options {
        registers: Some(registers),
        ..options
    })
    .await;
    let mut visitor = hall.at_the_portal();
    visitor
        .post("/register/agreement", &[("agreed", "yes")])
        .await;
    let page = visitor
        .post(
            "/register/identity",
            &[("id_number", &person("示例子")), ("name", "示例子")],
        )
        .await;
    assert_eq!(page.problem("id_number"), "暂时无法核验身份，请稍后再试。");
}

/// Rows S3a and S6.
#[tokio::test]
async fn each_field_that_is_wrong_is_refused_with_its_reason() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    for (field, typed, reason) in [
        ("user_name", "", "请填写用户ID。"),
        (
            "user_name",
            "示例用户1",
            "用户ID不可填写汉字，请使用字母和数字。",
        ),
        ("user_name", "zi-123", "用户ID只能使用字母和数字。"),
        ("user_name", "abcdefghij123456789", "用户ID最多18位。"),
        (
            "user_name",
            "990000199003071016",
            "不可使用他人的身份证号作为用户ID。",
        ),
        ("user_name", "Jia", "该用户名已被他人使用，请更换。"),
        ("password", "k7m", "密码应为4至16位。"),
        ("password", "k7m2k7m2k7m2k7m2k", "密码应为4至16位。"),
        ("password", "kemuxaq", "密码应同时包含字母和数字。"),
        ("password", "7391502", "密码应同时包含字母和数字。"),
        (
            "password",
            "密码k7m2",
            "密码请使用字母、数字和键盘上的英文符号，不含空格和汉字。",
        ),
        (
            "password",
            "abc123",
            "密码过于简单：字母和数字都是连续或重复的，如 abc123。",
        ),
        ("password", "a1a1a1", "密码过于简单：不同的字符少于3个。"),
        (
            "password",
            "woaini1314",
            "密码过于简单：这是最常见的密码之一。",
        ),
        (
            "password",
            "kx700099",
            "密码过于简单：包含您的用户ID、出生日期、手机号或身份证号末6位。",
        ),
        ("confirmation", "k7m2xQ", "两次输入的密码不一致。"),
        ("phone", "1300970009", "请填写11位手机号码。"),
        (
            "phone",
            "13800100000",
            "该号码不属于省内号段，暂不支持省外手机号。请更换省内移动、联通或电信手机号。",
        ),
        ("email", "zi@", "电子邮箱格式不正确。"),
        ("qq", "qq123", "QQ号为5至11位数字。"),
        (
            "wechat",
            "微信",
            "微信号为6至20位字母、数字、下划线或减号。",
        ),
        ("code", "12345", "请输入短信中的6位验证码。"),
        (
            "code",
            "123456",
            "验证码已失效或未发送到该手机，请重新获取。",
        ),
    ] {
        let page = zi
            .visitor
            .post("/register/user", &user_form(&[(field, typed)]))
            .await;
        assert_eq!(
            (page.status, page.problem(field)),
            (StatusCode::UNPROCESSABLE_ENTITY, reason),
            "{field} {typed}"
        );
    }
    assert_eq!(hall.standing(&zi.id_number).await, None);
}

/// Row S3a.
#[tokio::test]
async fn a_phone_of_another_province_gets_no_code_and_the_reason() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let page = zi
        .visitor
        .post(
            "/register/user/code",
            &user_form(&[("phone", "13800100000")]),
        )
        .await;
    assert!(
        page.problem("phone").starts_with("该号码不属于省内号段"),
        "{page:?}"
    );
    assert!(
        !hall
            .at_the_portal()
            .get("/developer/messages")
            .await
            .says("13800100000")
    );
}

/// Row S3a.
#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let wrong = [
        ("user_name", "jia"),
        ("password", "abc123"),
        ("phone", "13800100000"),
        ("qq", "1"),
    ];
    let page = zi.visitor.post("/register/user", &user_form(&wrong)).await;
    for field in ["user_name", "password", "confirmation", "phone", "qq"] {
        assert_ne!(page.problem(field), "", "{field}");
    }
    assert_eq!(page.problem("email"), "");
}
