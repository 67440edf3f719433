//! The words of registration, on both surfaces and in both languages. What is wrong is worded in `problem_texts.rs`.

use crate::pages::{Locale, Surface};

/// The words of one language.
#[derive(Debug)]
pub struct Texts {
    locale: Locale,
    pub register: &'static str,
    pub steps: [&'static str; 4],
    pub steps_label: &'static str,
    pub welcome: [&'static str; 3],
    pub category: &'static str,
    pub personal: &'static str,
    pub units_elsewhere: &'static str,
    pub agreement: &'static str,
    pub clauses: [&'static str; 5],
    pub agree: &'static str,
    pub id_number: &'static str,
    pub id_number_hint: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub identity_notice: &'static str,
    pub tips: &'static str,
    pub tip: [&'static str; 3],
    pub user_name: &'static str,
    pub user_name_hint: &'static str,
    pub password: &'static str,
    pub password_hint: &'static str,
    pub confirmation: &'static str,
    pub phone: &'static str,
    pub phone_hint: &'static str,
    pub any_phone_hint: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub get_code: &'static str,
    pub email: &'static str,
    pub qq: &'static str,
    pub wechat: &'static str,
    pub optional: &'static str,
    pub previous: &'static str,
    pub next: &'static str,
    pub finish: &'static str,
    pub password_again: &'static str,
    pub done: &'static str,
    pub done_hint: &'static str,
    pub go_home: &'static str,
    pub log_in: &'static str,
    pub have_account: &'static str,
    pub face_check: &'static str,
    pub face_check_hint: &'static str,
    pub face_check_passed: &'static str,
    pub without_face_check: &'static str,
    pub accept_agreement: &'static str,
}

const CHINESE: Texts = Texts {
    locale: Locale::Chinese,
    register: "个人用户注册",
    steps: ["阅读协议", "验证身份", "创建用户", "注册完成"],
    steps_label: "注册步骤",
    welcome: [
        "欢迎您注册，请选择用户类别并阅读协议",
        "欢迎您注册，请填写验证信息",
        "欢迎您注册，为了给您提供更好的服务，请填写以下信息",
    ],
    category: "用户类别",
    personal: "个人用户",
    units_elsewhere: "单位无需单独注册：法定代表人、授权经办人和业务操作员使用各自的个人账号，登录时选择“单位登录”。",
    agreement: "用户注册协议",
    clauses: [
        "本服务大厅面向个人提供社会保险和人力资源业务的网上办理。网页端和手机端使用同一账号，任选一端注册即可。",
        "您应当使用本人的真实姓名和公民身份号码注册，并保证所填信息真实、准确。",
        "我们只为核验身份和办理业务使用您的信息。密码以不可还原的方式保存，任何工作人员都不会向您索要密码或验证码。",
        "注册成功后即开通临时用户，可以办理考试报名和行政审批；查询参保等个人信息，须在登录后完成个人身份认证。",
        "请妥善保管您的密码。不要扫描他人发来的登录二维码，也不要替他人扫码。",
    ],
    agree: "我已阅读并同意以上协议",
    id_number: "公民身份号码",
    id_number_hint: "18位，末位可以是字母X。",
    name: "姓名",
    name_hint: "与身份证上的姓名一致。",
    identity_notice: "为保证您信息的安全，我们需要对您本人的身份进行验证，注册时将向您的手机号码发送验证码短信，目前只支持省内中国移动、联通和电信手机号码。注册成功后即开通临时用户，如需查询人力资源和社会保障相关信息，如参保信息、就业信息等，登录后需完成个人身份认证操作。",
    tips: "温馨提示",
    tip: [
        "身份认证时，需再向您社会保障卡采集时（或在人社部门）登记的手机号码发送验证码短信，目前只支持省内移动、联通和电信手机，如手机号段不符可就近到当地人社部门修改。",
        "也能通过核对您的社会保障卡密码完成认证，此方式可能需要您到当地定点医院、药店进行一次刷卡消费或密码修改。个别地区的社会保障卡暂不支持。",
        "如果您没有参加社会保险，也可以注册临时用户，使用有限的系统开放功能，如：考试报名、行政审批等。",
    ],
    user_name: "用户ID",
    user_name_hint: "默认为本人身份证号，也可自定义：字母和数字，最多18位，不含汉字，不可与他人重复。",
    password: "登录密码",
    password_hint: "4至16位，同时包含字母和数字，不可过于简单。",
    confirmation: "确认密码",
    phone: "手机号码",
    phone_hint: "省内手机号，用于接收验证码；暂不支持省外号码。",
    any_phone_hint: "人脸验证已通过：可填写省内或省外号码，也可以不是本人名下的号码，无需短信验证码。",
    code: "验证码",
    code_hint: "6位数字，10分钟内有效。",
    get_code: "获取验证码",
    email: "电子邮箱",
    qq: "QQ号",
    wechat: "微信号",
    optional: "选填项",
    previous: "上一步",
    next: "下一步",
    finish: "完成",
    password_again: "为了您的安全，页面不保留密码，请重新填写。",
    done: "注册成功",
    done_hint: "您的账号已经开通并已登录。网页端和手机端使用同一用户名和密码。",
    go_home: "进入首页",
    log_in: "登录",
    have_account: "已有账号？网页端和手机端为同一账号。",
    face_check: "刷脸身份验证",
    face_check_hint: "采集本人人脸。验证通过后，手机号不限省内，也无需短信验证码。",
    face_check_passed: "人脸验证已通过",
    without_face_check: "未通过或无法使用人脸验证时，请填写省内手机号并获取短信验证码。",
    accept_agreement: "我已阅读并同意《用户注册协议》",
};

const ENGLISH: Texts = Texts {
    locale: Locale::English,
    register: "Register as a person",
    steps: [
        "Read the agreement",
        "Verify your identity",
        "Create the user",
        "Registered",
    ],
    steps_label: "Steps of the registration",
    welcome: [
        "Welcome. Choose the kind of user and read the agreement",
        "Welcome. Tell us who you are",
        "Welcome. Create your user",
    ],
    category: "Kind of user",
    personal: "Person",
    units_elsewhere: "Units do not register: their legal representative, agents and operators use their own accounts and choose the unit when they log in.",
    agreement: "Agreement",
    clauses: [
        "This service hall serves persons in matters of social insurance and employment. The website and the app share one account: register on either.",
        "Register under your own name and citizen ID number, and enter what is true.",
        "We use what you enter to check your identity and to handle your business. Passwords are kept in a form that cannot be turned back. No member of staff ever asks for a password or a code.",
        "Registration gives you a provisional account, for exam registration and administrative applications. To see your insurance records, complete the verification after you have logged in.",
        "Keep your password to yourself. Do not scan login codes that others send you, and do not scan for others.",
    ],
    agree: "I have read the agreement and accept it",
    id_number: "Citizen ID number",
    id_number_hint: "18 characters; the last one may be the letter X.",
    name: "Name",
    name_hint: "As it stands on your ID card.",
    identity_notice: "To keep your data safe we check who you are. While you register we send a code to your mobile phone; only numbers of this province are supported. Registration gives you a provisional account: to see insurance or employment records, complete the verification after you have logged in.",
    tips: "Good to know",
    tip: [
        "The verification sends another code, to the phone on file with your social-security card. Only numbers of this province are supported; have the number changed at a counter if it is of another.",
        "You can also verify by your card's password. You may have to pay once with the card at a hospital or pharmacy, or change its password there, before. Cards of some regions are not supported.",
        "Without social insurance you can have a provisional account all the same, for exam registration and administrative applications.",
    ],
    user_name: "User ID",
    user_name_hint: "Your ID number unless you choose another: letters and digits, at most 18, no Chinese characters, nobody else's.",
    password: "Password",
    password_hint: "4 to 16 characters, both letters and digits, not too simple.",
    confirmation: "Password again",
    phone: "Mobile phone",
    phone_hint: "A number of this province, which gets the code. Others are not supported.",
    any_phone_hint: "Your face was checked: any number will do, even another person's, and no code is needed.",
    code: "Code",
    code_hint: "Six digits, good for ten minutes.",
    get_code: "Get the code",
    email: "E-mail",
    qq: "QQ number",
    wechat: "WeChat ID",
    optional: "optional",
    previous: "Back",
    next: "Continue",
    finish: "Register",
    password_again: "For your safety the page does not keep passwords: enter it again.",
    done: "You are registered",
    done_hint: "Your account is open and you are logged in. The website and the app take the same user ID and password.",
    go_home: "Go to the home page",
    log_in: "Log in",
    have_account: "Do you have an account? The website and the app share it.",
    face_check: "Check your face",
    face_check_hint: "Once your face is checked any phone number will do, and no code is needed.",
    face_check_passed: "Your face was checked",
    without_face_check: "If the check fails or is not possible, give a phone number of this province and get a code.",
    accept_agreement: "I have read the agreement and accept it",
};

impl Texts {
    /// The words of a language.
    pub const fn of(locale: Locale) -> &'static Self {
        locale.pick(&CHINESE, &ENGLISH)
    }

    /// The short message with a code.
    pub fn message(&self, code: &str) -> String {
        match self.locale {
            Locale::Chinese => {
                format!(
                    "【示例省人社】您的验证码是 {code}，10分钟内有效。工作人员不会索要验证码，请勿告知他人。"
                )
            }
            Locale::English => {
                format!(
                    "[Shili Social Security] Your code is {code}, good for 10 minutes. Staff never ask for it: tell nobody."
                )
            }
        }
    }

    /// That a code is on its way.
    pub fn code_sent(&self, phone: &str) -> String {
        match self.locale {
            Locale::Chinese => format!("验证码已发送至 {phone}，60 秒后可重新获取。"),
            Locale::English => {
                format!("A code was sent to {phone}. You can get another one in 60 seconds.")
            }
        }
    }

    /// The steps as a surface shows them: on the phone the agreement is no step of its own.
    pub fn steps_on(&self, surface: &Surface) -> &[&'static str] {
        match surface {
            Surface::Portal => &self.steps,
            Surface::Phone => &self.steps[1..],
        }
    }

    /// What is registered: the user ID to log in by.
    pub fn registered_as(&self, user_name: &str) -> String {
        match self.locale {
            Locale::Chinese => format!("您的用户ID：{user_name}"),
            Locale::English => format!("Your user ID: {user_name}"),
        }
    }

    /// A label of a field that may be left empty.
    pub fn optional(&self, label: &str) -> String {
        match self.locale {
            Locale::Chinese => format!("{label}（{}）", self.optional),
            Locale::English => format!("{label} ({})", self.optional),
        }
    }
}
