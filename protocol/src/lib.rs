//! Versioned messages of the Saoma QR-login gateway, and its login as a pure state machine.
//!
//! ```text
//! browser                     gateway                      phone app            relying party
//!    │ open ───────────────────► │                             │                       │
//!    │ ◄─────────────── opened   │                             │                       │
//!    │   (QR, receive key)       │ ◄───────── POST /v1/scans   │                       │
//!    │ ◄────────────── scanned   │ confirmation context ─────► │                       │
//!    │ (agree, if it is asked) ► │                             │                       │
//!    │                           │ ◄──────────────── confirm   │                       │
//!    │ ◄──────────── confirmed   │                             │                       │
//!    │ redirect_to ──────────────┼─────────────────────────────┼─────────────────────► │
//!    │                           │ ◄─────────────────────────────── POST /oauth2/token │
//! ```
//!
//! The crate has no I/O, clock or randomness: time and random bytes are arguments. `docs/protocol.md` is the
//! normative text; the TypeScript twin, the JSON Schema and the golden vectors are generated from these types.
//!
//! # Change policy
//!
//! Version 1 only grows: a message or a member may be added, never removed, renamed or given another meaning.
//! Receivers ignore members that they do not know and answer an unknown message type with an `error`.
//! Anything else is a new [`ProtocolVersion`] beside the old one.

mod close;
mod code;
mod endpoint;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz_properties;
mod identity;
mod json;
mod language;
mod login;
mod login_event;
mod login_id;
mod login_state;
mod message;
mod pkce;
mod sealed_person;
mod secret;
mod session;
mod steering;
mod text;
mod time;
pub mod typed;
mod version;

pub use close::{CloseCode, CloseNotice, ComeBack, RestartHint};
pub use code::{ScanCode, UserCode};
pub use endpoint::{
    CancelRequest, ClientContext, ConfirmRequest, Decision, DecisionStatus, DeviceContext,
    MAX_POLL_WAIT_SECONDS, Network, Place, PollAnswer, RECEIVE_KEY_HEADER, RequesterContext,
    ScanContext, ScanRequest, paths,
};
pub use error::{ErrorCode, Problem};
pub use identity::{
    Audience, Identity, IdentityKind, IdentityRole, IntrospectionResponse, OfferedIdentity,
    masked_name,
};
pub use json::read_object;
pub use language::accepted_language;
pub use login::{Login, Outcome, TransitionError};
pub use login_event::{Due, Event, EventKind, Guard};
pub use login_id::{LoginId, ParseCodeError};
pub use login_state::{LoginState, PersonId, StateName};
pub use message::{
    CancelReason, ClientMessage, DecodeError, MAX_INBOUND_MESSAGE_BYTES, OpenRequest, RejectReason,
    ResumeRequest, ServerMessage,
};
pub use pkce::{CodeChallenge, CodeChallengeMethod};
pub use sealed_person::{MAX_KNOWN_PERSONS, MAX_SEALED_PERSON_CHARS, SealedPerson};
pub use secret::{
    AccessToken, AuthorizationCode, DeviceCode, Digest, ReceiveKey, RefreshToken, RequestReference,
    SessionSecret,
};
pub use session::{BackendLogoutRequest, EndedSessions, SessionList, SessionSite, SessionSummary};
pub use steering::{SteeringChar, SteeringEffect, is_plain_id, without_steering};
pub use time::Timestamp;
pub use version::ProtocolVersion;
