//! Rust client of the Saoma gateway: the browser that shows a QR code, and the phone that scans it.
//!
//! - [`Browser`]: one WebSocket, message by message.
//! - [`HttpBrowser`]: the same over server-sent events or long polling; [`HttpLogin`] builds the single requests.
//! - [`ReconnectingBrowser`]: a login over any [`Transport`], across lost connections and nodes.
//! - [`Phone`]: scans, confirms and rejects with the app's access token.
//!
//! The crate speaks the wire protocol of `docs/protocol.md` and depends on no other part of the gateway.
//!
//! # Example
//!
//! A browser shows a code, a phone scans and confirms it, and the browser learns where to go:
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/world.rs.in"));
//! use saoma_client::{Browser, Phone};
//! use saoma_protocol::ServerMessage;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let world = start().await;
//! # let (gateway, party, app_token) = (world.url.clone(), world.party.clone(), world.token.clone());
//! let (mut browser, login) = Browser::open(&gateway, &party).await?;
//!
//! let phone = Phone::new(gateway, app_token)?;
//! let scanned = phone.scan(&login.qr).await?;
//! assert!(matches!(browser.next().await?, ServerMessage::Scanned { .. }));
//!
//! phone.confirm(scanned.login_id, &scanned.identities[0].id).await?;
//! let ServerMessage::Confirmed { redirect_to, .. } = browser.next().await? else {
//!     panic!("not confirmed");
//! };
//! assert!(redirect_to.starts_with(&party.redirect_uri));
//! assert_eq!(browser.closed().await?, 1000);
//! # Ok(())
//! # }
//! ```

mod browser;
mod error;
mod event_stream;
mod handshake;
mod http_browser;
mod http_login;
mod login;
mod phone;
mod reconnecting_browser;
pub mod stream;
pub mod tcp;
mod transport;

pub use browser::{Browser, DEFAULT_TIMEOUT};
pub use error::{BrowserError, ConnectionError, PhoneError, error_chain};
pub use http_browser::{HttpBrowser, HttpMode};
pub use http_login::HttpLogin;
pub use login::{NewLogin, OpenedLogin, RelyingParty};
pub use phone::{HttpClient, Phone};
pub use reconnecting_browser::{BrowserEvent, ReconnectPolicy, ReconnectingBrowser};
pub use transport::{Connection, Transport};
