//! The version of what nodes keep in a store.

/// The version that this gateway writes, and the newest that it understands. It rises with a change that older versions
/// would misread, and `CHANGELOG.md` says so under "mixed versions".
pub const SCHEMA: u32 = 1;

/// The version in a store, beside the one of this gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaFound {
    /// This gateway understands everything in the store.
    Understood,
    /// A newer version has run on the store, and has written data that this one does not understand.
    Newer(u32),
}

impl SchemaFound {
    /// Returns what a noted version means to this gateway.
    pub const fn of(noted: u32) -> Self {
        if noted > SCHEMA {
            Self::Newer(noted)
        } else {
            Self::Understood
        }
    }
}
