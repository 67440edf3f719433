//! The announcement on the terminal once the demo runs.

use std::fmt::Write;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

use crate::accounts::{AccountStanding, DemoAccount, DemoAccounts};
use crate::registers::{CardState, DemoCard, DemoRegisters, UnitRole};

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

/// A proxy that says nothing looks like a browser of this machine, so that only its operator can tell the hall.
const FOR_THIS_MACHINE: &str = "
This hall is for this machine: its password is published. Behind a proxy start it with --portal-url and --phone-url,
or everyone who reaches the proxy can log in as these people.
";

/// Addresses, people with their passwords, and a QR code of the phone page, then `ready`.
pub(crate) fn announcement(addresses: &Addresses, people: &People) -> String {
    let Addresses {
        portal,
        phone,
        phone_on_lan,
        gateway,
        example_portal,
        is_local,
        ..
    } = addresses;
    let People {
        accounts: DemoAccounts { accounts, password },
        registers,
    } = people;
    let mut text = format!("\nportal    {portal}\nphone     {phone}\ngateway   {gateway}\n");
    if let Some(site) = example_portal {
        let _ = writeln!(
            text,
            "site      {site}   another site: docs/examples/portal-node"
        );
    }
    if *is_local {
        text.push_str(FOR_THIS_MACHINE);
    }
    let _ = writeln!(
        text,
        "\nLog in to the phone page as one of these, password {password}:\n"
    );
    for account in accounts {
        let note = registers
            .as_ref()
            .map(|registers| note(account, registers))
            .unwrap_or_default();
        let _ = writeln!(text, "  {:<6} {}  {note}", account.user_name, account.name);
    }
    if let Some(registers) = registers {
        text.push_str(&to_register(addresses, accounts, registers));
    }
    match phone_on_lan {
        Some(lan) => {
            let _ = writeln!(
                text,
                "\nThe phone page for a phone on this network (accept its self-made certificate):\n"
            );
            text.push_str(&qr_code(lan));
            let _ = writeln!(text, "  {lan}");
        }
        None => {
            let _ = writeln!(
                text,
                "\nThe phone page, on this machine only (--lan opens it to phones on this network):\n"
            );
            text.push_str(&qr_code(phone));
        }
    }
    text.push_str("\nready\n");
    text
}

/// The people without an account, and the place of the messages that they would get.
fn to_register(
    addresses: &Addresses,
    accounts: &[DemoAccount],
    registers: &DemoRegisters,
) -> String {
    let Addresses {
        portal,
        messages,
        desk,
        ..
    } = addresses;
    let mut text = format!(
        "\nOr register one of these at {portal}/register or on the phone page. The password of each physical card is {}:\n\n",
        registers.card_password()
    );
    for (id_number, name) in registers.persons() {
        if !accounts
            .iter()
            .any(|account| account.id_number == *id_number)
        {
            let _ = writeln!(
                text,
                "  {} {name}  {}",
                id_number.as_str(),
                card_note(registers.card(id_number))
            );
        }
    }
    // Each address has a line of its own, so that terminals find its end.
    let pages = match (messages, desk) {
        (Some(messages), Some(desk)) => format!(
            "\nShort messages to people are shown at\n{messages}\nApplications and questions are answered at\n{desk}\n"
        ),
        _ => "\nShort messages to people are shown on no page, because other machines reach the portal (--expose-demo).\n"
            .to_owned(),
    };
    text + &pages
}

/// The situation that a login to this account shows.
fn note(account: &DemoAccount, registers: &DemoRegisters) -> String {
    if account.standing == AccountStanding::Provisional {
        return "provisional account".into();
    }
    let state = registers
        .card(&account.id_number)
        .map(|card| card.state)
        .filter(|_| account.e_card);
    let card = match state {
        Some(CardState::Active) => String::new(),
        Some(state) => format!("; {}: refused at confirm", card_in_state(state)),
        None => "; no electronic card: refused at confirm".into(),
    };
    let posts = registers.posts(&account.id_number).into_iter().map(|post| {
        let role = match post.role {
            UnitRole::LegalRepresentative => "legal representative",
            UnitRole::AuthorisedAgent => "authorised agent",
            UnitRole::Operator => "operator",
        };
        format!(", {} ({role})", post.unit.name)
    });
    format!("personal{}{card}", posts.collect::<String>())
}

/// The situation that a registration of this person shows.
fn card_note(card: Option<&DemoCard>) -> String {
    let Some(card) = card else {
        return "no card".into();
    };
    let state = card_in_state(card.state);
    let phone = card.phone.as_ref().map_or_else(
        || "no phone on file".into(),
        |phone| format!("phone on file {phone}"),
    );
    format!("{state} of region {}, {phone}", card.region)
}

const fn card_in_state(state: CardState) -> &'static str {
    match state {
        CardState::Active => "card",
        CardState::NotActivated => "card not activated",
        CardState::Sealed => "card sealed",
        CardState::ReportedLost => "card reported lost",
        CardState::ApplicationLocked => "card locked",
        CardState::Cancelled => "card cancelled",
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
