//! Reasons for a token to be refused, in the words of the standards, so that a log line tells an operator what to mend.

use std::fmt;

use crate::shown_text::shown;

/// A token that is refused. It holds nothing of the token's signature, and no personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenRefusal {
    /// The check that failed.
    pub reason: RefusalReason,
    /// Algorithm in the token's header.
    pub alg: Option<String>,
    /// Id of the key in the token's header.
    pub kid: Option<String>,
    /// The value that did not pass.
    pub found: Option<String>,
}

impl TokenRefusal {
    /// Creates a refusal without further words.
    pub(crate) const fn new(reason: RefusalReason) -> Self {
        Self {
            reason,
            alg: None,
            kid: None,
            found: None,
        }
    }

    /// Creates a refusal of a value, which is cut and cleaned for the log: the sender of a token chooses it.
    pub(crate) fn of(reason: RefusalReason, found: &str) -> Self {
        Self {
            found: Some(shown(found)),
            ..Self::new(reason)
        }
    }

    /// Adds what the token's header says of its key.
    pub(crate) fn with_key(self, alg: Option<&str>, kid: Option<&str>) -> Self {
        Self {
            alg: alg.map(shown),
            kid: kid.map(shown),
            ..self
        }
    }
}

macro_rules! reasons {
    ($($(#[$meta:meta])* $name:ident = $text:literal,)*) => {
        /// Checks that a token can fail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum RefusalReason {
            $($(#[$meta])* $name,)*
        }

        impl RefusalReason {
            /// All checks.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the name in logs and metrics.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

reasons! {
    /// The backend says that the token is not active.
    Inactive = "inactive",
    /// The token is no JWT: its form, its size, its JSON, or a member that stands twice.
    Malformed = "malformed",
    /// The algorithm is not one of those accepted.
    Alg = "alg",
    /// The header names critical extensions, or a payload that is not encoded.
    Crit = "crit",
    /// The header's type is not one of those accepted.
    Typ = "typ",
    /// The header names no key, or one that is not published.
    Kid = "kid",
    /// The key is published for another use, or too weak.
    Key = "key",
    /// The key has not signed the token.
    Signature = "signature",
    /// It is a token of another kind, such as an ID token where an access token is asked for.
    Kind = "kind",
    /// The token is bound to a key of its sender, whose proof the gateway cannot check.
    Bound = "cnf",
    /// Another issuer.
    Iss = "iss",
    /// Another audience.
    Aud = "aud",
    /// A scope is missing.
    Scope = "scope",
    /// Another client.
    Client = "client",
    /// The subject is missing, or not the one that is accepted.
    Sub = "sub",
    /// The token has ended.
    Exp = "exp",
    /// The token has not begun.
    Nbf = "nbf",
    /// The time of issue is missing, or in the future.
    Iat = "iat",
    /// The id is missing, or was used before.
    Jti = "jti",
    /// The token lives longer than is accepted.
    Lifetime = "max_lifetime",
}

impl RefusalReason {
    /// True for what happens every day: sessions end.
    pub(crate) const fn is_common(self) -> bool {
        matches!(self, Self::Inactive | Self::Exp)
    }
}

impl fmt::Display for TokenRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.as_str())
    }
}

impl std::error::Error for TokenRefusal {}
