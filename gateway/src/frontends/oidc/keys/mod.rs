//! Keys that sign tokens: keys in files, and the seam for keys elsewhere.

mod pem;
mod ring;
mod signer;

pub(crate) use self::pem::PemSigner;
pub use self::pem::{KeyError, KeyKind, generate_pem};
pub(crate) use self::ring::TokenError;
pub use self::ring::{KeyRing, KeyRingError};
pub use self::signer::{SignError, Signer};
