//! The pages of a login that waits for its person: the question, and the way to the computer that has to agree.

use askama::Template;
use saoma_protocol::Network;
use url::Url;

use super::identity_choice::IdentityChoice;
use super::requester;
use super::scanned_login::ScannedLogin;
use crate::pages::Frame;

/// Identities that are shown without a list of its own scroll.
const SHOWN_AT_ONCE: usize = 3;

#[derive(Template)]
#[template(path = "phone/confirmation.html")]
pub(super) struct ConfirmationPage<'a> {
    pub frame: Frame<'a>,
    pub login: &'a ScannedLogin,
    pub choices: Vec<IdentityChoice>,
    /// The form was sent without a choice.
    pub identity_missing: bool,
    /// The day on which the person disowned a login of such a computer.
    pub disowned_on: Option<String>,
    pub countdown_script: Option<&'static str>,
}

/// The page after a confirm to which the computer has not agreed yet.
#[derive(Template)]
#[template(path = "phone/look_at_computer.html")]
pub(super) struct LookAtComputerPage<'a> {
    pub frame: Frame<'a>,
    pub login: &'a ScannedLogin,
    /// The id of the chosen identity.
    pub identity: &'a str,
    pub chosen: Option<IdentityChoice>,
    pub countdown_script: Option<&'static str>,
}

impl ConfirmationPage<'_> {
    /// Returns true for the identity that is chosen when the page is shown.
    fn is_chosen(&self, choice: &IdentityChoice) -> bool {
        self.login.identity_id.as_ref() == Some(&choice.id)
    }

    /// Returns the only identity, which needs no choice.
    fn only_choice(&self) -> Option<&IdentityChoice> {
        match &*self.choices {
            [only] if !only.ended => Some(only),
            _ => None,
        }
    }

    fn is_long(&self) -> bool {
        self.choices.len() > SHOWN_AT_ONCE
    }

    /// The browser's network, compared with this phone's; `None` if the two cannot be compared.
    const fn network(&self) -> Option<&'static str> {
        let texts = &self.frame.texts().phone;
        match self.login.context.network {
            Network::Same => Some(texts.network_same),
            Network::Different => Some(texts.network_different),
            Network::Unknown => None,
        }
    }

    fn place(&self) -> String {
        requester::place(&self.login.context.requester, self.frame.texts())
    }

    /// The time for which other sites may log the browser in, if any may.
    fn other_sites(&self) -> Option<String> {
        let texts = &self.frame.texts().phone;
        let minutes = self.login.context.session_lifetime?.div_ceil(60);
        Some(match minutes {
            0..120 => texts.minutes(minutes),
            120..2880 => texts.hours(minutes.div_ceil(60)),
            _ => texts.days(minutes.div_ceil(24 * 60)),
        })
    }

    fn browser(&self) -> Option<String> {
        requester::browser(&self.login.context.requester)
    }
}

impl ScannedLogin {
    /// The host of the site, an international name in its ASCII form: look-alike letters do not pass for others. Empty for a
    /// device.
    pub(super) fn host(&self) -> String {
        let origin = &self.context.client.origin;
        Url::parse(origin).map_or_else(|_| origin.clone(), |origin| origin.authority().to_owned())
    }

    /// The time of day at which the browser asked.
    pub(super) fn asked_at(&self) -> &str {
        let time = self.requested_at.split_once(' ');
        time.map_or(&*self.requested_at, |(_, time)| time)
    }
}
#[cfg(test)]
mod tests {
    use askama::NO_VALUES;
    use serde_json::{Value, json};

    use super::*;
    use crate::pages::Locale;

    fn login(members: &[(&str, Value)], chosen: Option<&str>) -> ScannedLogin {
        let mut context = json!({
            "login_id": "0123456789ABCDEFGHJKMNPQ",
            "client": { "client_id": "hall", "name": "示例大厅", "origin": "https://hall.example" },
            "requester": { "address": "203.0.113.9", "place": "internet" },
            "network": "unknown",
            "requested_at": 1_790_000_000,
            "expires_in": 90,
            "person": "示例甲",
            "identities": [],
        });
        for (name, value) in members {
            context[name] = value.clone();
        }
        ScannedLogin {
            context: serde_json::from_value(context).expect("a context"),
            requested_at: "2026-09-21 17:33:20".to_owned(),
            seconds_left: 80,
            identity_id: chosen.map(str::to_owned),
            decision: None,
            decided_at: None,
            disowned: None,
        }
    }

    fn choices(ids: &[&str]) -> Vec<IdentityChoice> {
        let choice = |id: &&str| IdentityChoice {
            id: (*id).to_owned(),
            name: (*id).to_owned(),
            kind: String::new(),
            is_personal: false,
            detail: None,
            ended: false,
        };
        ids.iter().map(choice).collect()
    }

    /// Renders the page of a scan with these members in place of the usual ones.
    fn rendered(locale: Locale, members: &[(&str, Value)], ids: &[&str]) -> String {
        let login = login(members, None);
        let page = ConfirmationPage {
            frame: Frame::phone(locale, "/logins/0123456789ABCDEFGHJKMNPQ"),
            login: &login,
            choices: choices(ids),
            identity_missing: false,
            disowned_on: None,
            countdown_script: None,
        };
        flat(&page.render_with_values(NO_VALUES).expect("a page"))
    }

    fn flat(page: &str) -> String {
        page.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    const TWO: [&str; 2] = ["personal", "unit:1"];

    #[test]
    fn a_login_that_is_good_at_other_sites_says_so_and_for_how_long() {
        let page = |locale, seconds: u64| {
            let page = rendered(locale, &[("session_lifetime", json!(seconds))], &TWO);
            page.rsplit_once("<p class=\"asks\">")
                .map(|(_, rest)| rest.split('<').next().unwrap_or_default().to_owned())
        };
        assert_eq!(
            page(Locale::Chinese, 28_800).as_deref(),
            Some("确认后 8 小时内，本服务的其他网站可直接以您的身份登录这台电脑，不再询问您。")
        );
        assert_eq!(
            page(Locale::English, 90 * 60).as_deref(),
            Some(
                "For 90 minutes after you confirm, other sites of this service can log that computer in as you without asking."
            )
        );
    }

    #[test]
    fn the_network_is_said_in_plain_words_and_an_unknown_place_without_an_address() {
        let network = |locale, network: &str| {
            let page = rendered(locale, &[("network", json!(network))], &TWO);
            let from = page.find("203.0.113.9").expect("the address");
            page[..from].rsplit("<dd>").next().unwrap_or("").to_owned()
        };
        let (chinese, english) = (Locale::Chinese, Locale::English);
        assert_eq!(network(chinese, "same"), "与本手机在同一网络 <small>");
        assert_eq!(
            network(chinese, "different"),
            "与本手机不在同一网络 <small>"
        );
        assert_eq!(
            network(english, "same"),
            "Same network as this phone <small>"
        );
        assert_eq!(
            network(english, "different"),
            "Not this phone’s network <small>"
        );
        assert_eq!(network(english, "unknown"), "");
        let requester = json!({ "address": "203.0.113.9", "place": "unknown" });
        let page = rendered(english, &[("requester", requester)], &TWO);
        assert!(page.contains("<dd>unknown place</dd>"), "{page}");
        assert!(!page.contains("203.0.113.9"), "{page}");
    }

    /// RFC 8628 §5.4.
    #[test]
    fn the_page_of_a_device_shows_its_code_and_asks_for_a_comparison() {
        let device = [("device", json!({ "user_code": "WDJB-MJHT" }))];
        for (locale, button, differ) in [
            (
                Locale::English,
                "Same code: confirm",
                "or no code? Decline.",
            ),
            (
                Locale::Chinese,
                "一致，确认登录",
                "代码不同或没有代码？请点“拒绝”",
            ),
        ] {
            let page = rendered(locale, &device, &TWO);
            for words in ["WDJB-MJHT", button, differ] {
                assert!(page.contains(words), "{words}: {page}");
            }
            let browser = rendered(locale, &[], &TWO);
            assert!(!browser.contains(button), "{browser}");
        }
    }

    /// Row U9.
    #[test]
    fn u9_one_identity_needs_no_choice_and_more_than_three_scroll_in_their_list() {
        let one = rendered(Locale::Chinese, &[], &["personal"]);
        assert!(one.contains("type=\"hidden\" name=\"identity\" value=\"personal\""));
        assert!(one.contains("唯一身份") && !one.contains("type=\"radio\""));
        let three = rendered(Locale::Chinese, &[], &["a", "b", "c"]);
        assert!(three.contains("type=\"radio\"") && !three.contains("class=\"long\""));
        assert!(!three.contains("checked"), "{three}");
        let four = rendered(Locale::Chinese, &[], &["a", "b", "c", "d"]);
        assert!(four.contains("class=\"long\" tabindex=\"0\""), "{four}");
    }

    /// Rows A16 and U9.
    #[test]
    fn after_a_confirm_that_the_computer_must_agree_to_the_page_leads_there_with_the_choice() {
        let agree = ("agree", json!(true));
        let asked = rendered(Locale::English, std::slice::from_ref(&agree), &TWO);
        assert!(asked.contains("First press “Yes, that is me” at the computer."));
        assert!(!asked.contains("data-confirms-again"), "{asked}");
        let identities = json!([
            { "id": "personal", "kind": "personal", "name": "示例甲" },
            { "id": "unit:1", "kind": "unit", "name": "示例单位一", "role": "operator" },
        ]);
        let login = login(&[agree, ("identities", identities)], Some("unit:1"));
        let chosen = login.chosen();
        let page = LookAtComputerPage {
            frame: Frame::phone(Locale::English, "/logins/0123456789ABCDEFGHJKMNPQ"),
            login: &login,
            identity: "unit:1",
            chosen: chosen.map(|identity| IdentityChoice::of(identity, Locale::English)),
            countdown_script: None,
        };
        let page = flat(&page.render_with_values(NO_VALUES).expect("a page"));
        for words in [
            "<h1>Look at the computer</h1>",
            "data-confirms-again",
            "name=\"identity\" value=\"unit:1\"",
            "<strong>示例单位一</strong> · Unit, as operator",
            "?choose=again",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let known = rendered(Locale::English, &[], &TWO);
        assert!(!known.contains("at the computer."), "{known}");
    }
}
