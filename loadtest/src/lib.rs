//! A browser and a phone as a library, and the load tester that is made of them.
//!
//! They speak the wire contract over real sockets and know nothing of the gateway's insides, so the gateway's own
//! tests use them too.

mod asking;
pub mod browser;
pub mod conductor;
pub mod deployment;
mod event_stream;
mod handshake;
pub mod http_login;
pub mod ledger;
pub mod open_model;
pub mod orders;
pub mod pacing;
pub mod persistent_browser;
pub mod phone;
pub mod report;
pub mod scenario;
pub mod source;
pub mod terminal;
pub mod transport;
pub mod worker;

pub use asking::AskedLogin;
pub use browser::{Browser, BrowserError, RelyingParty};
pub use persistent_browser::PersistentBrowser;
pub use phone::{Phone, PhoneError};
pub use transport::Transport;
