//! The purposes for which people prove who they are.

use serde::Deserialize;

/// The purpose of a proof, which counts for no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// Registering; a face check, on the phone, allows any phone number.
    Register,
    /// Logging in on the phone, by face.
    LogIn,
    /// Setting another password of the account in place of a forgotten one.
    Password,
    /// Making a provisional account a verified one, by code.
    Verify,
    /// Applying for the electronic card.
    ECard,
    /// Setting another password of the electronic card.
    CardPassword,
}

impl Purpose {
    /// The name in addresses and in the database.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::LogIn => "log_in",
            Self::Password => "password",
            Self::Verify => "verify",
            Self::ECard => "e_card",
            Self::CardPassword => "card_password",
        }
    }

    /// The page that asks for the proof.
    pub(crate) const fn page(self) -> &'static str {
        match self {
            Self::Register => "/register/user",
            Self::LogIn => "/login/face",
            Self::Password => "/login/forgotten/proof",
            Self::Verify => "/verify",
            Self::ECard => "/card/apply",
            Self::CardPassword => "/card/reset",
        }
    }

    /// The page after a passed face check.
    pub(crate) const fn next(self) -> &'static str {
        match self {
            Self::LogIn => "/",
            _ => self.page(),
        }
    }

    /// The page that does without a face.
    pub(crate) const fn other_way(self) -> &'static str {
        match self {
            Self::LogIn => "/login",
            _ => self.page(),
        }
    }
}
