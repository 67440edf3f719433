//! The announcement on the terminal once the demo runs, in the terminal's language.

use std::fmt::Write;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use crate::accounts::{AccountStanding, DemoAccount, DemoAccounts};
use crate::pages::Locale;
use crate::pages::texts::Terminal;
use crate::registers::{CardState, DemoCard, DemoRegisters};

/// The people in the demo.
#[derive(Debug)]
pub(crate) struct People {
    /// Those with an account.
    pub accounts: DemoAccounts,
    /// Everybody, where the registers are the demo's own.
    pub registers: Option<DemoRegisters>,
}

/// The origins of the demo's parts.
#[derive(Debug)]
pub(crate) struct Addresses {
    pub portal: String,
    /// The phone app's origin: on this machine, or that of the proxy before it.
    pub phone: String,
    /// The phone app's origin on the local network.
    pub phone_on_lan: Option<String>,
    pub gateway: String,
    /// The origin of the example portal.
    pub example_portal: Option<String>,
    /// The developer page that shows short messages, with its key, if the portal has it.
    pub messages: Option<String>,
    /// The authority's desk, likewise.
    pub desk: Option<String>,
    /// True if portal and phone app are for this machine alone.
    pub is_local: bool,
}

/// The environment variables that set the language of messages, the first that is set (POSIX.1-2017 §8.2).
const LANGUAGE_VARIABLES: [&str; 3] = ["LC_ALL", "LC_MESSAGES", "LANG"];

/// Returns the language of a terminal by its environment: Chinese for `zh_CN.UTF-8` and the like, else English.
pub(crate) fn locale(variable: impl Fn(&str) -> Option<String>) -> Locale {
    let set = LANGUAGE_VARIABLES.iter().find_map(|name| {
        let value = variable(name)?;
        Some(value).filter(|value| !value.is_empty())
    });
    let is_chinese = |language: String| language.to_ascii_lowercase().starts_with("zh");
    if set.is_some_and(is_chinese) {
        Locale::Chinese
    } else {
        Locale::English
    }
}

/// Says what to do in three steps, with people to log in as and all addresses, then `ready`.
///
/// Programs read the addresses: a line begins with `portal`, `phone` or `gateway`. The text holds no control characters but
/// line ends.
pub(crate) fn announcement(addresses: &Addresses, people: &People, locale: Locale) -> String {
    let texts = &locale.texts().terminal;
    let mut text = steps(addresses, &people.accounts, texts);
    if addresses.is_local {
        let for_whom = match addresses.phone_on_lan {
            Some(_) => texts.for_this_network,
            None => texts.for_this_machine,
        };
        let _ = writeln!(text, "\n{for_whom}");
    }
    text += &to_log_in_as(people, texts);
    if let Some(registers) = &people.registers {
        text += &to_register(addresses, &people.accounts.accounts, registers, texts);
    }
    text += &all_addresses(addresses, texts);
    text.push_str("\nready\n");
    text
}

/// What to do, in three lines, and a QR code of the phone page where a phone can reach it.
fn steps(addresses: &Addresses, people: &DemoAccounts, texts: &Terminal) -> String {
    let DemoAccounts { accounts, password } = people;
    let user_name = accounts.first().map_or("", |account| &account.user_name);
    let computer = texts.step_1(&addresses.portal);
    let on_a_phone = addresses
        .phone_on_lan
        .as_deref()
        .or_else(|| Some(&*addresses.phone).filter(|_| !addresses.is_local));
    let (phone, scan) = match (&addresses.phone_on_lan, on_a_phone) {
        (Some(lan), _) => (texts.step_2_lan(lan, user_name, password), texts.step_3),
        (None, Some(phone)) => (texts.step_2_phone(phone, user_name, password), texts.step_3),
        (None, None) => (
            texts.step_2(&addresses.phone, user_name, password),
            texts.step_3_lan,
        ),
    };
    let mut text = format!("\n1. {computer}\n2. {phone}\n3. {scan}\n");
    if let Some(address) = on_a_phone {
        let _ = write!(text, "\n{}", qr_code(address));
    }
    text
}

fn to_log_in_as(
    People {
        accounts,
        registers,
    }: &People,
    texts: &Terminal,
) -> String {
    let mut text = format!("\n{}\n\n", texts.people(&accounts.password));
    for account in &accounts.accounts {
        let note = registers
            .as_ref()
            .map(|registers| note(account, registers, texts));
        let note = note.unwrap_or_default();
        let _ = writeln!(text, "  {:<6} {}  {note}", account.user_name, account.name);
    }
    text
}

/// The people without an account, and the place of the messages that they would get.
fn to_register(
    addresses: &Addresses,
    accounts: &[DemoAccount],
    registers: &DemoRegisters,
    texts: &Terminal,
) -> String {
    let portal = &addresses.portal;
    let mut text = format!(
        "\n{}\n\n",
        texts.to_register(portal, registers.card_password())
    );
    for (id_number, name) in registers.persons() {
        if !accounts
            .iter()
            .any(|account| account.id_number == *id_number)
        {
            let note = card_note(registers.card(id_number), texts);
            let _ = writeln!(text, "  {} {name}  {note}", id_number.as_str());
        }
    }
    text
}

/// Each address has a line of its own, so that terminals find its end.
fn all_addresses(addresses: &Addresses, texts: &Terminal) -> String {
    let Addresses {
        portal,
        phone,
        gateway,
        ..
    } = addresses;
    let mut text = format!("\nportal    {portal}\nphone     {phone}\ngateway   {gateway}\n");
    if let Some(site) = &addresses.example_portal {
        let _ = writeln!(text, "site      {site}   {}", texts.another_site);
    }
    match (&addresses.messages, &addresses.desk) {
        (Some(messages), Some(desk)) => {
            let _ = writeln!(
                text,
                "\n{}\n{messages}\n{}\n{desk}",
                texts.messages, texts.desk
            );
        }
        _ => {
            let _ = writeln!(text, "\n{}", texts.no_messages);
        }
    }
    text
}

/// The situation that a login to this account shows.
fn note(account: &DemoAccount, registers: &DemoRegisters, texts: &Terminal) -> String {
    if account.standing == AccountStanding::Provisional {
        return texts.provisional.into();
    }
    let state = registers
        .card(&account.id_number)
        .map(|card| card.state)
        .filter(|_| account.e_card);
    let card = match state {
        Some(CardState::Active) => String::new(),
        Some(state) => texts.refused(card_in_state(state, texts)),
        None => texts.refused(texts.no_e_card),
    };
    let posts = registers.posts(&account.id_number).into_iter();
    let posts = posts.map(|post| texts.post(post.unit.name, texts.roles[post.role as usize]));
    format!("{}{}{card}", texts.personal, posts.collect::<String>())
}

/// The situation that a registration of this person shows.
fn card_note(card: Option<&DemoCard>, texts: &Terminal) -> String {
    let Some(card) = card else {
        return texts.no_card.into();
    };
    let state = card_in_state(card.state, texts);
    let phone = card
        .phone
        .as_ref()
        .map_or_else(|| texts.no_phone.to_owned(), |phone| texts.phone(phone));
    texts.card_of_region(state, &card.region, phone)
}

const fn card_in_state(state: CardState, texts: &Terminal) -> &'static str {
    match state {
        CardState::Active => texts.card,
        CardState::NotActivated => texts.card_not_activated,
        CardState::Sealed => texts.card_sealed,
        CardState::ReportedLost => texts.card_reported_lost,
        CardState::ApplicationLocked => texts.card_locked,
        CardState::Cancelled => texts.card_cancelled,
    }
}

/// A code of half blocks, light on dark as terminals mostly are; readers take both.
fn qr_code(text: &str) -> String {
    let Ok(code) = QrCode::new(text) else {
        return String::new();
    };
    let mut drawn = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    drawn.push('\n');
    drawn
}

#[cfg(test)]
mod tests;
