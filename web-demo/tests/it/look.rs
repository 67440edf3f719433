//! What every page looks like and says: the frame around it, its forms, its words, large type.

use std::path::{Path, PathBuf};

use crate::support::{Hall, check};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The files below a folder of this crate, with their text.
fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(ROOT).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == ending)
            {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

/// The forms of a template in which people type or choose.
fn forms_to_fill_in(template: &str) -> impl Iterator<Item = &str> {
    let forms = template.split("<form").skip(1);
    let forms = forms.filter_map(|rest| rest.split("</form>").next());
    forms.filter(|form| {
        let raw = form
            .split("<input")
            .skip(1)
            .any(|input| !input.trim_start().starts_with("type=\"hidden\""));
        let macros = ["<textarea", "ui::field", "ui::paragraph", "ui::tick"];
        raw || macros.iter().any(|part| form.contains(part)) || form.contains("fields.html")
    })
}

#[test]
fn u15_no_form_is_refused_by_the_browser_in_the_browsers_own_language() {
    let templates = files("templates", "html");
    let mut checked = 0;
    for (path, template) in &templates {
        for form in forms_to_fill_in(template) {
            let (opening, _) = form.split_once('>').unwrap();
            checked += 1;
            let by_us = form
                .lines()
                .next()
                .is_some_and(|line| line.contains("novalidate"));
            assert!(by_us, "{}: <form{opening}>", path.display());
        }
    }
    assert!(checked > 15, "{checked}");
}

#[test]
fn u15_codes_and_pins_bring_up_the_digits_of_a_phones_keyboard() {
    for (path, template) in files("templates", "html") {
        for line in template.lines() {
            let is_pin = line.contains("\"card_password\"")
                || line.contains("autocomplete=\"one-time-code\"");
            if line.contains("ui::field(") && is_pin {
                assert!(line.contains("numeric"), "{}: {line}", path.display());
            }
        }
    }
}

#[tokio::test]
async fn u15_a_refused_form_says_at_its_head_what_is_wrong_and_leads_to_each_field() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let page = check!(jia; "/account/password <- old=x9y8z7&new=shili2027&repeat=shili2027
        => 422 | #old 当前密码不正确。 | 请更正以下内容");
    let head = page.between("class=\"summary\"", "<form");
    for part in [
        "role=\"alert\"",
        "tabindex=\"-1\"",
        "autofocus",
        "href=\"#old\"",
        "当前密码不正确。",
    ] {
        assert!(head.contains(part), "{part}: {head}");
    }
    let page = check!(jia; "/account/password => 新密码");
    assert!(!page.body.contains("class=\"summary\""));
    let place = |part: &str| page.body.find(part).unwrap();
    assert!(place("id=\"new-hint\"") < place("id=\"new\""));
}

/// Words that the hall's glossary (`docs/glossary.md`) has another word for.
const OTHER_WORDS: [&str; 17] = [
    "社会保险网上服务大厅",
    "手机应用",
    "用户ID",
    "刷脸",
    "人脸验证",
    "手机App",
    "社保服务窗口",
    "Social Insurance Service Hall",
    "Shili Province Social Security",
    "electronic card",
    "Electronic card",
    "User ID",
    "user ID",
    "at present",
    "own words",
    "applied for\"",
    "Check your face",
];

#[test]
fn u17_the_hall_has_one_word_for_each_thing() {
    let mut places = files("texts", "toml");
    places.extend(files("templates", "html"));
    places.retain(|(path, _)| !path.ends_with("confirmation.html"));
    let announcements = Path::new(ROOT).join("data/announcements.toml");
    let text = std::fs::read_to_string(&announcements).unwrap();
    places.push((announcements, text));
    for (path, text) in places {
        for word in OTHER_WORDS {
            let line = text
                .lines()
                .find(|line| !line.starts_with('#') && line.contains(word));
            assert_eq!(line, None, "{}: {word}", path.display());
        }
    }
}

#[tokio::test]
async fn u18_every_page_says_who_is_logged_in_and_whom_to_call() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    for path in [
        "/",
        "/announcements",
        "/help",
        "/verify",
        "/register",
        "/nowhere",
    ] {
        let page = jia.get(path).await;
        for words in [
            "tel:12333",
            "/privacy",
            "/accessibility",
            "/about",
            "/help#scan",
        ] {
            assert!(page.says(words), "{path}: {words}");
        }
        let bar = page.between("class=\"person\"", "</header>");
        assert!(bar.contains("示例甲"), "{path}: {bar}");
        assert!(bar.contains("action=\"/logout\""), "{path}: {bar}");
        assert!(bar.contains("href=\"/inbox\""), "{path}: {bar}");
    }
    let mut unit = hall.portal_for("yi", "90001").await;
    let page = unit.get("/announcements").await;
    let bar = page.between("class=\"person\"", "</header>");
    assert!(bar.contains("示例单位一（法定代表人）"), "{bar}");
    check!(hall.portal(); "/help => 示例人社 App | /login | !class=\"person\"><p");
    let mut phone = hall.phone().logged_in("/login", "jia").await;
    for path in ["/scan", "/help", "/inbox", "/nowhere"] {
        let page = phone.get(path).await;
        let bar = page.between("class=\"person\"", "</header>");
        assert!(bar.contains("示例甲"), "{path}: {bar}");
        assert!(page.says("tel:12333"), "{path}");
    }
}

#[test]
fn u18_what_is_empty_has_an_icon_and_says_what_to_do() {
    for (path, template) in files("templates", "html") {
        for empty in template.split("class=\"empty\"").skip(1) {
            let begin: String = empty.chars().take(60).collect();
            assert!(begin.contains("icon"), "{}: {begin}", path.display());
        }
    }
    let css = std::fs::read_to_string(Path::new(ROOT).join("assets/components.css")).unwrap();
    assert!(!css.contains("dashed"));
}

#[tokio::test]
async fn large_type_is_one_switch_on_both_surfaces_and_is_kept() {
    let hall = Hall::open().await;
    let large = "class=\"large\"";
    let mut jia = hall.portal_of("jia").await;
    check!(jia; "
        / => 长辈版 | !class=\"large\"
        /?type=large => 标准版 | class=\"large\" | 更多
        /exams => class=\"large\" | 我的考试
        / => class=\"large\" | 我的社会保障卡 | 卡挂失 | 养老保险 | 密码修改 | 我的公告
        /?type=anything => class=\"large\"
        /?type=standard => 长辈版 | !class=\"large\"
        /exams => !class=\"large\"");
    let mut phone = hall.phone().logged_in("/login", "jia").await;
    check!(phone; "/?type=large => {large} | 扫一扫
        /scan => {large}");
}

#[tokio::test]
async fn a_statement_has_its_number_its_day_and_who_issues_it() {
    let hall = Hall::open().await;
    let mut jia = hall.portal_of("jia").await;
    let page = check!(jia; "/insurance/statement => 编号 | QYJL-20 | 出具日期
        | 示例省人力资源和社会保障厅 | 核验");
    let again = jia.get("/insurance/statement").await;
    let number = |body: &str| body[body.find("QYJL-").unwrap()..][..18].to_owned();
    assert_eq!(number(&page.body), number(&again.body));
}
