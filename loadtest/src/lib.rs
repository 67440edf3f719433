//! A browser and a phone as a library, and the load tester that is made of them.
//!
//! They speak the wire contract over real sockets and know nothing of the gateway's insides, so the gateway's own
//! tests use them too.

pub mod browser;
pub mod deployment;
mod event_stream;
pub mod http_login;
pub mod ledger;
pub mod login_run;
pub mod pacing;
pub mod persistent_browser;
pub mod phone;
pub mod report;
pub mod running;
pub mod terminal;
pub mod transport;
pub mod waiting_browser;

pub use browser::{Browser, BrowserError, RelyingParty};
pub use persistent_browser::PersistentBrowser;
pub use phone::{Phone, PhoneError};
pub use transport::Transport;
