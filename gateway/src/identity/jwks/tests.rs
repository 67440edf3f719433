//! How often keys are fetched, from a server that counts.

use std::sync::atomic::{AtomicUsize, Ordering};

use data_encoding::BASE64URL_NOPAD;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::backend_http::MAX_ANSWER_BYTES;
use super::*;
use crate::identity::fuzz_properties::{KEY_SET, TOKEN, settings};
use crate::metrics::BackendMetrics;

const HOUR: Duration = Duration::from_secs(3600);

/// A backend that publishes its keys, or answers something else.
struct Backend {
    url: String,
    /// Status line and further headers, and the body.
    answer: Arc<Mutex<(String, String)>>,
    asked: Arc<AtomicUsize>,
}

impl Backend {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
        let backend = Self {
            url,
            answer: Arc::new(Mutex::new(("200 OK\r\n".into(), KEY_SET.into()))),
            asked: Arc::default(),
        };
        let (answer, asked) = (Arc::clone(&backend.answer), Arc::clone(&backend.asked));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                // The request is smaller than a segment.
                let _ = stream.read(&mut [0; 4096]).await;
                asked.fetch_add(1, Ordering::Relaxed);
                let (status, body) = answer.lock().clone();
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}connection: close\r\ncontent-length: {length}\r\n\r\n"
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        backend
    }

    fn keys(&self, refresh: Duration, rest: Duration, kept_in_outage: Duration) -> Jwks {
        let settings = JwksSettings {
            refresh,
            ..settings(self.url.clone())
        };
        let pace = Pace {
            refetch_pause: HOUR,
            rest: (rest, rest),
            kept_in_outage,
        };
        Jwks {
            pace,
            ..Jwks::new(settings, ClaimMap::default(), &BackendMetrics::default())
                .expect("an HTTP client")
        }
    }

    fn answer(&self, status: &str) {
        self.answer.lock().0 = status.to_owned();
    }

    fn publish(&self, keys: &str) {
        self.answer.lock().1 = keys.to_owned();
    }

    fn goes_down(&self) {
        self.answer("503 Service Unavailable\r\n");
    }

    fn comes_back(&self) {
        self.answer("200 OK\r\n");
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// The token as another key would have signed it.
fn by_another_key() -> String {
    let claims = TOKEN.split_once('.').expect("three parts").1;
    format!(
        "{}.{claims}",
        BASE64URL_NOPAD.encode(br#"{"alg":"EdDSA","kid":"another","typ":"at+jwt"}"#)
    )
}

fn is_unavailable(said: &Result<Person, IdentityError>) -> bool {
    matches!(said, Err(IdentityError::Unavailable(_)))
}

#[tokio::test]
async fn a_flood_while_the_keys_cannot_be_fetched_is_one_fetch() {
    let backend = Backend::start().await;
    backend.goes_down();
    let keys = backend.keys(HOUR, HOUR, HOUR);
    let (token, another) = (TOKEN.to_owned(), by_another_key());
    let said = join_all(
        (0..50).map(|number| keys.identify(if number % 2 == 0 { &token } else { &another })),
    )
    .await;
    assert!(said.iter().all(is_unavailable), "{said:?}");
    assert_eq!(backend.asked(), 1);
}

#[tokio::test]
async fn a_backend_that_is_back_is_asked_again_after_a_rest() {
    let backend = Backend::start().await;
    backend.goes_down();
    let keys = backend.keys(HOUR, Duration::ZERO, HOUR);
    assert!(is_unavailable(&keys.identify(TOKEN).await));
    backend.comes_back();
    assert!(keys.identify(TOKEN).await.is_ok());
    assert_eq!(backend.asked(), 2);
}

#[tokio::test]
async fn keys_that_were_good_are_believed_while_they_cannot_be_fetched_and_not_for_ever() {
    let backend = Backend::start().await;
    // They are due at each call.
    let (kept, not_kept) = (
        backend.keys(Duration::ZERO, HOUR, HOUR),
        backend.keys(Duration::ZERO, HOUR, Duration::ZERO),
    );
    assert!(kept.identify(TOKEN).await.is_ok() && not_kept.identify(TOKEN).await.is_ok());
    backend.goes_down();
    for _ in 0..20 {
        assert!(kept.identify(TOKEN).await.is_ok());
        assert!(
            is_unavailable(&kept.identify(&by_another_key()).await),
            "it may have come since"
        );
        assert!(is_unavailable(&not_kept.identify(TOKEN).await));
    }
    assert_eq!(backend.asked(), 4, "each twice");
}

/// Row I5: the first unknown key causes a fetch, and for a while others get "try again": they may be new.
#[tokio::test]
async fn unknown_keys_cause_one_fetch_and_then_a_pause_that_tells_when_to_come_back() {
    let backend = Backend::start().await;
    let keys = backend.keys(HOUR, HOUR, HOUR);
    assert!(keys.identify(TOKEN).await.is_ok());
    let made_up = by_another_key();
    let refused = keys.identify(&made_up).await;
    assert!(
        matches!(refused, Err(IdentityError::Refused(_))),
        "the keys just fetched do not have it: {refused:?}"
    );
    for _ in 0..20 {
        let Err(IdentityError::KeyUnknown { retry_after, .. }) = keys.identify(&made_up).await
        else {
            panic!("it may have come since")
        };
        assert!(retry_after <= HOUR && retry_after > HOUR / 2);
        assert!(
            keys.identify(TOKEN).await.is_ok(),
            "a known key is not affected"
        );
    }
    assert_eq!(backend.asked(), 2);
}

/// Row I5: the pause counts from the last fetch that an unknown key caused, not from any other.
#[tokio::test]
async fn a_key_published_since_the_last_fetch_is_found_at_once() {
    let backend = Backend::start().await;
    backend.publish("{\"keys\":[]}");
    let keys = backend.keys(HOUR, HOUR, HOUR);
    *keys.keys.write() = Some(Arc::new(Keys::new(PublishedKeys::default())));
    backend.publish(KEY_SET);
    assert!(keys.identify(TOKEN).await.is_ok());
    assert_eq!(backend.asked(), 1);
}

/// Row A12: the keys do not come from where the backend's address leads.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let keys_elsewhere = Backend::start().await;
    let backend = Backend::start().await;
    let location = format!("location: {}\r\n", keys_elsewhere.url);
    for status in ["301 Moved", "302 Found", "307 Elsewhere", "204 Empty"] {
        backend.answer(&format!("{status}\r\n{location}"));
        let keys = backend.keys(HOUR, HOUR, HOUR);
        assert!(is_unavailable(&keys.identify(TOKEN).await), "{status}");
    }
    assert_eq!(keys_elsewhere.asked(), 0);
}

/// Row A12: an answer of any size does not fill the memory.
#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read() {
    let backend = Backend::start().await;
    let large = format!(
        "{{\"x\":\"{}\",{}",
        "x".repeat(MAX_ANSWER_BYTES),
        &KEY_SET[1..]
    );
    backend.publish(&large);
    let keys = backend.keys(HOUR, HOUR, HOUR);
    assert!(is_unavailable(&keys.identify(TOKEN).await));
}

/// Row A12: a token lives as long as the setting allows, and its end and its beginning say so.
#[tokio::test]
async fn a_token_that_lives_too_long_is_refused() {
    let backend = |max_lifetime| {
        let settings = JwksSettings {
            max_lifetime,
            ..settings("file:///nowhere".into())
        };
        Jwks::with_keys(settings, KEY_SET.as_bytes()).expect("a backend")
    };
    let years = Duration::from_secs(9_999_999_999 - 1_700_000_000);
    assert!(backend(years).identify(TOKEN).await.is_ok());
    let refused = backend(years - Duration::from_secs(1))
        .identify(TOKEN)
        .await;
    let Err(IdentityError::Refused(refusal)) = refused else {
        panic!("it lives too long")
    };
    assert_eq!(refusal.reason, RefusalReason::Lifetime);
    assert_eq!(
        (refusal.alg.as_deref(), refusal.kid.as_deref()),
        (Some("EdDSA"), Some("app"))
    );
}

#[test]
fn each_failure_doubles_the_rest() {
    let seconds = |failures| rest_after(failures, REST).as_secs();
    assert_eq!([0, 1, 2, 3, 4, 40].map(seconds), [5, 10, 20, 40, 60, 60]);
}
