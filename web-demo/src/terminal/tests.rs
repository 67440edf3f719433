//! The announcement, in both languages.

use super::*;

fn people() -> People {
    People {
        accounts: DemoAccounts::load().unwrap(),
        registers: Some(DemoRegisters::load().unwrap()),
    }
}

fn addresses() -> Addresses {
    Addresses {
        portal: "http://127.0.0.1:8081".into(),
        phone: "http://127.0.0.1:8082".into(),
        phone_on_lan: None,
        gateway: "http://127.0.0.1:8080".into(),
        example_portal: Some("http://127.0.0.1:8083".into()),
        messages: Some("http://127.0.0.1:8081/developer/messages?key=k".into()),
        desk: Some("http://127.0.0.1:8081/developer/desk?key=k".into()),
        is_local: true,
    }
}

fn has_qr_code(text: &str) -> bool {
    text.contains('█')
}

/// Row U19.
#[test]
fn u19_the_terminal_speaks_the_language_of_its_environment() {
    let of = |set: &[(&str, &str)]| {
        locale(|name| {
            let value = set.iter().find(|(other, _)| *other == name);
            value.map(|(_, value)| (*value).to_owned())
        })
    };
    for set in [
        &[("LANG", "zh_CN.UTF-8")][..],
        &[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "zh_TW")],
        &[("LC_ALL", "ZH"), ("LANG", "C")],
        &[("LC_ALL", ""), ("LC_MESSAGES", ""), ("LANG", "zh_CN")],
    ] {
        assert_eq!(of(set), Locale::Chinese, "{set:?}");
    }
    for set in [
        &[][..],
        &[("LANG", "C.UTF-8")],
        &[("LC_ALL", "POSIX"), ("LANG", "zh_CN.UTF-8")],
        &[("LANG", "de_DE")],
    ] {
        assert_eq!(of(set), Locale::English, "{set:?}");
    }
}

/// Row U19.
#[test]
fn u19_three_numbered_lines_say_what_to_do() {
    for (locale, computer, as_jia) in [
        (Locale::Chinese, "1. 在电脑", "以 jia 登录，密码 shili2026"),
        (
            Locale::English,
            "1. On the computer",
            "log in as jia, password shili2026",
        ),
    ] {
        let text = announcement(&addresses(), &people(), locale);
        let steps: Vec<&str> = text.lines().skip(1).take(3).collect();
        assert!(steps[0].starts_with(computer), "{text}");
        assert!(steps[0].contains("http://127.0.0.1:8081/login"), "{text}");
        assert!(
            steps[1].starts_with("2. ") && steps[1].contains(as_jia),
            "{text}"
        );
        assert!(steps[1].contains("http://127.0.0.1:8082"), "{text}");
        assert!(
            steps[2].starts_with("3. ") && steps[2].contains("--lan"),
            "{text}"
        );
        assert!(text.ends_with("\nready\n"), "{text}");
        assert!(!has_qr_code(&text), "no phone can scan a code of 127.0.0.1");
        for line in [
            "portal    http://127.0.0.1:8081",
            "phone     http://127.0.0.1:8082",
        ] {
            assert!(text.lines().any(|other| other == line), "{text}");
        }
        let controls = text.chars().filter(|c| c.is_control() && *c != '\n');
        assert_eq!(controls.count(), 0, "{text}");
    }
}

/// Row U19.
#[test]
fn u19_a_qr_code_is_shown_of_an_address_that_phones_reach() {
    let lan = Addresses {
        phone_on_lan: Some("https://192.0.2.7:8443".into()),
        ..addresses()
    };
    let behind_a_proxy = Addresses {
        phone: "https://app.example".into(),
        is_local: false,
        ..addresses()
    };
    for (addresses, reached) in [
        (lan, "https://192.0.2.7:8443"),
        (behind_a_proxy, "https://app.example"),
    ] {
        let text = announcement(&addresses, &people(), Locale::English);
        let second = text.lines().nth(2).unwrap();
        assert!(second.contains(reached), "{text}");
        assert!(text.contains(&qr_code(reached)), "{text}");
        let is_lan = text.contains("Everyone in this network can open the phone page");
        assert_eq!(is_lan, reached.contains("192.0.2.7"), "{text}");
        assert!(!text.contains("This hall is for this machine"), "{text}");
        let steps: Vec<&str> = text.lines().take(4).collect();
        assert!(!steps[3].contains("--lan"), "{text}");
    }
}
