//! The words around the face check, in both languages. What the check itself says stands with its script.

use crate::face::Purpose;
use crate::pages::Locale;

/// The words of one language.
#[derive(Debug)]
pub struct FaceTexts {
    locale: Locale,
    pub log_in: &'static str,
    pub log_in_hint: &'static str,
    pub name: &'static str,
    pub id_number: &'static str,
    pub wrong_id_number: &'static str,
    pub begin: &'static str,
    pub check: &'static str,
    pub check_hint: &'static str,
    what_is_kept: &'static str,
    nothing_is_kept: &'static str,
    pub needs_script: &'static str,
    pub missing: &'static str,
    pub by_password: &'static str,
    pub my_face: &'static str,
    pub kept: &'static str,
    pub not_kept: &'static str,
    pub forget: &'static str,
    pub back_home: &'static str,
}

const CHINESE: FaceTexts = FaceTexts {
    locale: Locale::Chinese,
    log_in: "人脸识别认证登录",
    log_in_hint: "请输入本人姓名和身份证号，再进行人脸识别。",
    name: "姓名",
    id_number: "公民身份号码",
    wrong_id_number: "公民身份号码有误，请核对 18 位号码后重新输入。",
    begin: "人脸识别认证",
    check: "人脸识别",
    check_hint: "点击“采集本人人脸”，将手机举到面前，按提示眨眼。",
    what_is_kept: "照片只用于本次比对，不会保存。比对依据是人口库照片；人口库没有照片时，本人以密码登录后首次识别的人脸特征值会加密保存，供以后比对，可随时在“我的人脸信息”中删除。",
    nothing_is_kept: "照片只用于本次比对，不会保存。只与人口库照片或您已保存的人脸特征值比对；两者都没有时，请返回并使用短信验证码。",
    needs_script: "人脸识别需要启用 JavaScript，也可以选择其他方式。",
    missing: "本系统未安装人脸识别功能，请选择其他方式。",
    by_password: "用户密码验证",
    my_face: "我的人脸信息",
    kept: "已保存您的人脸特征值（一组加密的数字，不含照片），用于人脸识别登录。删除后可以随时重新采集。",
    not_kept: "未保存您的任何人脸信息。",
    forget: "删除我的人脸信息",
    back_home: "返回首页",
};

const ENGLISH: FaceTexts = FaceTexts {
    locale: Locale::English,
    log_in: "Log in by face",
    log_in_hint: "Enter your name and citizen ID number. Then your face is checked.",
    name: "Name",
    id_number: "Citizen ID number",
    wrong_id_number: "The ID number is wrong. Check its 18 characters and enter it again.",
    begin: "Check my face",
    check: "Face check",
    check_hint: "Press “Show my face”, hold the phone before it, and blink when asked to.",
    what_is_kept: "The pictures are compared and not kept. They are compared with the population register's photo. Where it has none, numbers that describe your face are kept, encrypted, at the first check after you logged in by password; you can delete them at any time under “My face data”.",
    nothing_is_kept: "The pictures are compared and not kept. They are compared only with the population register's photo, or with numbers of your face that are kept already. Where there is neither, go back and use an SMS code.",
    needs_script: "The face check needs JavaScript. You can also go the other way.",
    missing: "The face check is not installed here. Please go the other way.",
    by_password: "Log in by password",
    my_face: "My face data",
    kept: "Numbers that describe your face are kept, encrypted and without a picture, for logging in by face. Once deleted, they can be taken anew at any time.",
    not_kept: "Nothing of your face is kept.",
    forget: "Delete my face data",
    back_home: "Back to home",
};

impl FaceTexts {
    /// The words of a language.
    pub const fn of(locale: Locale) -> &'static Self {
        locale.pick(&CHINESE, &ENGLISH)
    }

    /// What becomes of the pictures, and what they are compared with.
    pub const fn what_is_kept(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::CardPassword => self.nothing_is_kept,
            Purpose::Register | Purpose::LogIn | Purpose::ECard => self.what_is_kept,
        }
    }

    /// The way without a face.
    pub const fn other_way(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::Register => self
                .locale
                .pick("改用短信验证码", "Use an SMS code instead"),
            Purpose::LogIn => self
                .locale
                .pick("改用用户密码验证", "Log in by password instead"),
            Purpose::ECard => self.locale.pick("返回申领页面", "Back to the application"),
            Purpose::CardPassword => self.locale.pick("返回", "Back"),
        }
    }

    /// How long to wait after too many tries.
    pub fn too_many(&self, seconds: u32) -> String {
        match self.locale {
            Locale::Chinese => format!("尝试次数过多，请 {seconds} 秒后再试。"),
            Locale::English => format!("Too many tries. Try again in {seconds} seconds."),
        }
    }
}
