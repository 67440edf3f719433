//! The ways that are open to a person, and why the others are not.

use crate::accounts::PhoneNumber;
use crate::pages::texts::VerificationClosed;
use crate::registers::{Card, CardState};

/// Both ways.
#[derive(Debug)]
pub(super) struct Ways {
    /// A code to this phone, the one on file with the card.
    pub by_code: Result<PhoneNumber, WayClosed>,
    /// The card's password.
    pub by_password: Result<(), WayClosed>,
}

/// Why a way is not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayClosed {
    NoCard,
    State(CardState),
    /// No mobile number is on file.
    NoPhone,
    /// The number on file is one of another province.
    PhoneElsewhere,
    /// The card's region checks no passwords from afar.
    NoPasswordCheck,
}

impl VerificationClosed {
    /// Why a way is not open, and what to do.
    pub const fn of(&self, closed: WayClosed) -> &'static str {
        match closed {
            WayClosed::NoCard => self.no_card,
            WayClosed::NoPhone => self.no_phone,
            WayClosed::PhoneElsewhere => self.phone_elsewhere,
            WayClosed::NoPasswordCheck => self.no_password_check,
            WayClosed::State(CardState::NotActivated) => self.not_activated,
            WayClosed::State(CardState::Sealed) => self.sealed,
            WayClosed::State(CardState::ReportedLost) => self.reported_lost,
            WayClosed::State(CardState::ApplicationLocked) => self.application_locked,
            WayClosed::State(CardState::Cancelled) => self.cancelled,
            WayClosed::State(CardState::Active) => "",
        }
    }
}

impl Ways {
    /// The ways that a card opens. A phone on file stays its holder's while a card is lost or locked, so only a cancelled
    /// card closes it; a password proves something only as long as the card is in use.
    pub(super) fn of(card: Option<&Card>) -> Self {
        let Some(card) = card else {
            return Self {
                by_code: Err(WayClosed::NoCard),
                by_password: Err(WayClosed::NoCard),
            };
        };
        let by_password = match card.state {
            CardState::Active if card.region.checks_passwords => Ok(()),
            CardState::Active => Err(WayClosed::NoPasswordCheck),
            state => Err(WayClosed::State(state)),
        };
        Self {
            by_code: phone(card),
            by_password,
        }
    }
}

/// Returns the phone on file with a card, if a code to it proves its holder.
pub(crate) fn phone_on_file(card: &Card) -> Option<PhoneNumber> {
    phone(card).ok()
}

fn phone(card: &Card) -> Result<PhoneNumber, WayClosed> {
    if card.state == CardState::Cancelled {
        return Err(WayClosed::State(card.state));
    }
    let number = card
        .phone
        .as_deref()
        .and_then(|phone| PhoneNumber::try_from(phone).ok());
    let phone = number.ok_or(WayClosed::NoPhone)?;
    if phone.is_known_elsewhere() {
        Err(WayClosed::PhoneElsewhere)
    } else {
        Ok(phone)
    }
}
