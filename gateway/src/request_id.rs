//! The id of the HTTP request at hand, by which its log lines, answer, trace and audit events are found.
//!
//! A task-local variable holds it, so that no layer between the listener and the store has to pass it on.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use saoma_protocol::LoginId;
use tracing::Instrument;

use crate::random;

/// Maximum length of an id that a proxy has chosen, in bytes.
const MAX_BYTES: usize = 64;

/// The id of a request: up to 64 letters, digits and `-_.:=+/`, so that it needs no escaping in a log, a header or JSON.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId {
    bytes: [u8; MAX_BYTES],
    length: usize,
}

/// Data of one request, for the duration of its handling.
#[derive(Debug)]
pub(crate) struct RequestScope {
    id: RequestId,
    login: OnceLock<LoginId>,
}

tokio::task_local! {
    static CURRENT: Option<Arc<RequestScope>>;
}

impl RequestId {
    /// Creates an id of 128 random bits in hexadecimal, the form of a W3C trace id.
    pub(crate) fn generate() -> Self {
        let mut id = Self {
            bytes: [0; MAX_BYTES],
            length: 32,
        };
        let random = random::bytes::<16>();
        data_encoding::HEXLOWER.encode_mut(&random, &mut id.bytes[..32]);
        id
    }

    /// Returns the id in this text, unless it is empty, too long or holds other characters than an id does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let admitted = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=+/".contains(&byte);
        if text.is_empty() || text.len() > MAX_BYTES || !text.bytes().all(admitted) {
            return None;
        }
        let mut bytes = [0; MAX_BYTES];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(Self {
            bytes,
            length: text.len(),
        })
    }

    /// Returns the id of the request that the calling task handles.
    pub(crate) fn current() -> Option<Self> {
        current().map(|scope| scope.id)
    }

    /// Returns the id as text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl RequestScope {
    /// Creates the scope of a request.
    pub(crate) fn new(id: RequestId) -> Arc<Self> {
        Arc::new(Self {
            id,
            login: OnceLock::new(),
        })
    }

    /// Runs a future within this scope.
    pub(crate) fn run<F: Future>(
        self: &Arc<Self>,
        future: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(Some(Arc::clone(self)), future)
    }

    /// Returns the id.
    pub(crate) const fn id(&self) -> RequestId {
        self.id
    }

    /// Returns the login that the request is about, if a handler has found one.
    pub(crate) fn login(&self) -> Option<LoginId> {
        self.login.get().copied()
    }
}

fn current() -> Option<Arc<RequestScope>> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Notes which login the request at hand is about. The first one that is noted stays.
pub(crate) fn concerns(login: LoginId) {
    // Outside of a request there is no place for it, and no need.
    let _ = CURRENT.try_with(|scope| scope.as_ref().map(|scope| scope.login.set(login)));
}

/// Keeps the request at hand current for a future that outlives its handler, such as the first steps of a socket.
pub(crate) fn carried<F: Future>(future: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(current(), future.in_current_span())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_needs_no_escaping() {
        for text in [
            "a",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "Root=1-67.b:c",
            &"x".repeat(64),
        ] {
            assert_eq!(
                RequestId::parse(text).map(|id| id.to_string()).as_deref(),
                Some(text)
            );
        }
        for text in [
            "",
            "a b",
            "a\"b",
            "a\nb",
            "ä",
            "a;b",
            "a{b}",
            "<b>",
            &"x".repeat(65),
        ] {
            assert_eq!(RequestId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn made_ids_have_the_form_of_trace_ids_and_differ() {
        let (one, other) = (RequestId::generate(), RequestId::generate());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 32);
        assert_eq!(RequestId::parse(one.as_str()), Some(one));
    }

    #[tokio::test]
    async fn a_request_is_current_in_its_own_future_and_in_those_that_it_starts() {
        assert_eq!(RequestId::current(), None);
        let scope = RequestScope::new(RequestId::generate());
        let login = LoginId::from_random([7; LoginId::BYTES]);
        let (id, started) = scope
            .run(async {
                concerns(login);
                concerns(LoginId::from_random([8; LoginId::BYTES]));
                let started = carried(async { RequestId::current() });
                (RequestId::current(), started)
            })
            .await;
        assert_eq!(id, Some(scope.id));
        assert_eq!((RequestId::current(), scope.login()), (None, Some(login)));
        assert_eq!(started.await, Some(scope.id));
    }
}
