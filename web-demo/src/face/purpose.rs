//! What a face check is for.

use serde::Deserialize;

/// What the person is to be let do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Register on the phone, with any phone number and without an SMS code.
    Register,
    /// Log in on the phone.
    LogIn,
    /// Apply for the electronic card.
    ECard,
    /// Set another password of the electronic card.
    CardPassword,
}

impl Purpose {
    /// Its name in addresses and in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::LogIn => "log_in",
            Self::ECard => "e_card",
            Self::CardPassword => "card_password",
        }
    }

    /// The page that takes a passed check.
    pub const fn next(self) -> &'static str {
        match self {
            Self::Register => "/register/face/passed",
            Self::LogIn => "/",
            Self::ECard => "/card/apply",
            Self::CardPassword => "/card/reset",
        }
    }

    /// The page that it begins from, where a browser without a check is sent.
    pub const fn begin(self) -> &'static str {
        match self {
            Self::Register => "/register/user",
            Self::LogIn => "/login/face",
            Self::ECard => "/card/apply",
            Self::CardPassword => "/card/reset",
        }
    }

    /// The page that does without a face.
    pub const fn other_way(self) -> &'static str {
        match self {
            Self::Register => "/register/user",
            Self::LogIn => "/login",
            Self::ECard => "/card/apply",
            Self::CardPassword => "/card/reset",
        }
    }
}
