//! Registering on the web: each refusal, with its reason beside the field.

use crate::support::{Hall, Registering, TestBrowser, check, person};

/// A number that the population register does not know.
const UNKNOWN: &str = "990000200002291012";

/// A browser at the portal's second step.
async fn agreed(hall: &Hall) -> TestBrowser {
    let mut browser = hall.portal();
    browser.check("/register/agreement <- agreed=yes").await;
    browser
}

/// Row S3.
#[tokio::test]
async fn the_agreement_has_to_be_accepted() {
    let hall = Hall::open().await;
    check!(hall.portal(); "/register/agreement <- category=personal => 422 | #agreed 请先阅读并同意协议。");
}

/// Row S3.
#[tokio::test]
async fn an_invalid_id_number_is_refused_with_its_fault() {
    let hall = Hall::open().await;
    let mut browser = agreed(&hall).await;
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
        check!(browser; "
            /register/identity <- id_number={typed}&name=示例子
            => 422 | #id_number {reason} | =id_number {typed} | =name 示例子");
    }
}

/// Row S3.
#[tokio::test]
async fn a_name_of_another_number_and_an_unknown_number_are_refused_in_the_same_words() {
    let hall = Hall::open().await;
    check!(agreed(&hall).await; "
        /register/identity <- id_number={}&name=示例无
        => 422 | #name 身份证号与姓名不一致，请核对后重新填写。
        /register/identity <- id_number={UNKNOWN}&name=示例无
        => 422 | #name 身份证号与姓名不一致，请核对后重新填写。
        /register/identity <- id_number={UNKNOWN}&name=+
        => 422 | #name 请填写与身份证一致的真实姓名。", person("示例子"));
}

/// Row S3.
#[tokio::test]
async fn names_cannot_be_tried_for_a_number_without_end() {
    let hall = Hall::open().await;
    let attempt = format!("/register/identity <- id_number={}&name", person("示例子"));
    let wrong = format!("{attempt}=示例无 => 422 \n").repeat(5);
    check!(agreed(&hall).await; "{wrong} {attempt}=示例子 => 429 | #id_number …秒后再试…");
}

/// Row S2.
#[tokio::test]
async fn a_person_with_an_account_is_sent_to_log_in() {
    let hall = Hall::open().await;
    check!(agreed(&hall).await; "
        /register/identity <- id_number={}&name=示例甲 => 422 | #id_number …已注册…", person("示例甲"));
}

/// Row S3.
#[tokio::test]
async fn a_register_that_gives_no_answer_is_named_as_the_reason() {
    let hall = Hall::without_registers().await;
    check!(agreed(&hall).await; "
        /register/identity <- id_number={}&name=示例子
        => 422 | #id_number 暂时无法核验身份，请稍后再试。", person("示例子"));
}

/// Rows S3a and S6.
#[tokio::test]
async fn each_field_that_is_wrong_is_refused_with_its_reason() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let table = "
        user_name =                       请填写用户名。
        user_name =示例用户1              用户名不可填写汉字，请使用字母和数字。
        user_name =zi-123                 用户名只能使用字母和数字。
        user_name =abcdefghij123456789    用户名最多18位。
        user_name =990000199003071016     不可使用他人的身份证号作为用户名。
        user_name =Jia                    该用户名已被他人使用，请更换。
        password =k7m                     密码应为4至16位，同时包含字母和数字。
        password =k7m2k7m2k7m2k7m2k       密码应为4至16位，同时包含字母和数字。
        password =kemuxaq                 密码应同时包含字母和数字。
        password =7391502                 密码应同时包含字母和数字。
        password =密码k7m2                密码请使用字母、数字和键盘上的英文符号，不含空格和汉字。
        password =abc123                  密码过于简单：字母和数字都是连续或重复的，如 abc123。
        password =a1a1a1                  密码过于简单：不同的字符少于3个。
        password =woaini1314              密码过于简单：这是最常见的密码之一。
        password =kx700099                密码过于简单：包含您的用户名、出生日期、手机号或身份证号末6位。
        confirmation =k7m2xQ              两次输入的密码不一致。
        phone =1300970009                 请填写11位手机号码。
        phone =13800100000                该号码不属于省内号段，暂不支持省外手机号。请更换省内移动、联通或电信手机号。
        email =zi@                        电子邮箱格式不正确。
        qq =qq123                         QQ号为5至11位数字。
        wechat =微信                      微信号为6至20位字母、数字、下划线或减号。
        code =12345                       请输入短信中的6位验证码。
        code =123456                      验证码已失效或未发送到该手机，请重新获取。";
    for row in table.lines().skip(1) {
        let (field, rest) = row.trim().split_once(" =").unwrap();
        let (typed, reason) = rest.split_once(' ').unwrap();
        let page = zi.send(&[(field, typed)]).await;
        let answer = (page.status.as_u16(), page.problem(field));
        assert_eq!(answer, (422, reason.trim()), "{row}");
    }
    assert_eq!(hall.standing(&zi.id_number).await, "");
}

/// Row S3a.
#[tokio::test]
async fn a_phone_of_another_province_gets_no_code_and_the_reason() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let page = zi.send_code(&[("phone", "13800100000")]).await;
    page.check("another province", "422 | #phone 该号码不属于省内号段…");
    check!(hall.developer().await; "/developer/messages => !13800100000");
}

/// Row S3a.
#[tokio::test]
async fn all_mistakes_are_told_at_once() {
    let hall = Hall::open().await;
    let mut zi = Registering::at_the_portal(&hall, "示例子").await;
    let wrong = [
        ("user_name", "jia"),
        ("password", "abc123"),
        ("phone", "13800100000"),
        ("qq", "1"),
    ];
    let page = zi.send(&wrong).await;
    for field in ["user_name", "password", "phone", "code", "qq"] {
        assert_ne!(page.problem(field), "", "{field}");
    }
    // A password that has to be chosen anew is typed twice anew.
    for field in ["confirmation", "email"] {
        assert_eq!(page.problem(field), "", "{field}");
    }
    assert_eq!(hall.count("sms_codes WHERE tries > 0").await, 0);
}
