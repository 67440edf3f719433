//! What the terminal says once the demo runs.

use std::fmt::Write;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use saoma_protocol::UnitRole;

use crate::accounts::{DemoCitizen, DemoCitizens};
use crate::cards::CardState;

/// Where everything is.
#[derive(Debug)]
pub struct Addresses {
    /// The portal's origin.
    pub portal: String,
    /// The phone app's origin on this machine.
    pub phone: String,
    /// The phone app's origin on the local network.
    pub phone_on_lan: Option<String>,
    /// The gateway's origin.
    pub gateway: String,
}

/// Addresses, citizens with their password, and a QR code of the phone page, then `ready`.
pub fn announcement(addresses: &Addresses, demo: &DemoCitizens) -> String {
    let Addresses { portal, phone, phone_on_lan, gateway } = addresses;
    let mut text = format!("\nportal    {portal}\nphone     {phone}\ngateway   {gateway}\n");
    let _ = writeln!(text, "\nLog in to the phone page as one of these, password {}:\n", demo.password);
    for citizen in &demo.citizens {
        let _ = writeln!(text, "  {:<6} {}  {}", citizen.user_name, citizen.name, note(citizen, demo));
    }
    match phone_on_lan {
        Some(lan) => {
            let _ =
                writeln!(text, "\nThe phone page for a phone on this network (accept its self-made certificate):\n");
            text.push_str(&qr_code(lan));
            let _ = writeln!(text, "  {lan}");
        }
        None => {
            let _ =
                writeln!(text, "\nThe phone page, on this machine only (--lan opens it to phones on this network):\n");
            text.push_str(&qr_code(phone));
        }
    }
    text.push_str("\nready\n");
    text
}

/// What is to be seen by logging in as this citizen.
fn note(citizen: &DemoCitizen, demo: &DemoCitizens) -> String {
    let card = match &citizen.card {
        Some(card) if card.e_card => match card.state {
            CardState::Active => "",
            CardState::Sealed => "; card sealed: refused at confirm",
            CardState::ReportedLost => "; card reported lost: refused at confirm",
            CardState::ApplicationLocked => "; card locked: refused at confirm",
            CardState::Cancelled => "; card cancelled: refused at confirm",
        },
        Some(_) | None => "; no electronic card: refused at confirm",
    };
    let roles = citizen.roles.iter().map(|role| {
        let unit = demo.units.iter().find(|unit| unit.id == role.unit).map_or(role.unit.as_str(), |unit| &unit.name);
        let role = match role.role {
            UnitRole::LegalRepresentative => "legal representative",
            UnitRole::AuthorisedAgent => "authorised agent",
            UnitRole::Operator => "operator",
        };
        format!(", {unit} ({role})")
    });
    format!("personal{}{card}", roles.collect::<String>())
}

/// A code of half blocks, light on dark as terminals mostly are; readers take both.
fn qr_code(text: &str) -> String {
    let Ok(code) = QrCode::new(text) else {
        return String::new();
    };
    let mut drawn = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
    drawn.push('\n');
    drawn
}
