//! How often keys are fetched, from a server that counts.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use data_encoding::BASE64URL_NOPAD;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::identity::fuzz_properties::{KEY_SET, TOKEN};

const HOUR: Duration = Duration::from_secs(3600);

/// A backend that publishes its keys, or answers 503.
struct Backend {
    url: String,
    is_up: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Backend {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/jwks", listener.local_addr().expect("an address"));
        let (is_up, asked) = (
            Arc::new(AtomicBool::new(true)),
            Arc::<AtomicUsize>::default(),
        );
        let backend = Self {
            url,
            is_up: Arc::clone(&is_up),
            asked: Arc::clone(&asked),
        };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                // The request is smaller than a segment.
                let _ = stream.read(&mut [0; 4096]).await;
                asked.fetch_add(1, Ordering::Relaxed);
                let status = if is_up.load(Ordering::Relaxed) {
                    "200 OK"
                } else {
                    "503 Service Unavailable"
                };
                let length = KEY_SET.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
                );
                let _ = stream
                    .write_all(format!("{head}{KEY_SET}").as_bytes())
                    .await;
            }
        });
        backend
    }

    fn keys(&self, refresh: Duration, rest: Duration, kept_in_outage: Duration) -> Jwks {
        let settings = JwksSettings {
            url: self.url.clone(),
            issuer: "https://app.example".into(),
            audience: "saoma".into(),
            refresh,
        };
        let pace = Pace {
            refetch_pause: refresh,
            rest: (rest, rest),
            kept_in_outage,
        };
        Jwks {
            pace,
            ..Jwks::new(settings).expect("an HTTP client")
        }
    }

    fn goes_down(&self) {
        self.is_up.store(false, Ordering::Relaxed);
    }

    fn comes_back(&self) {
        self.is_up.store(true, Ordering::Relaxed);
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
        BASE64URL_NOPAD.encode(br#"{"alg":"EdDSA","kid":"another"}"#)
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

#[tokio::test]
async fn keys_that_were_made_up_are_no_reason_to_fetch_again_and_again() {
    let backend = Backend::start().await;
    let keys = backend.keys(HOUR, HOUR, HOUR);
    assert!(keys.identify(TOKEN).await.is_ok());
    for _ in 0..20 {
        let refused = keys.identify(&by_another_key()).await;
        assert!(
            matches!(refused, Err(IdentityError::InvalidToken)),
            "{refused:?}"
        );
    }
    assert_eq!(backend.asked(), 1);
}

#[test]
fn each_failure_doubles_the_rest() {
    let seconds = |failures| rest_after(failures, REST).as_secs();
    assert_eq!([0, 1, 2, 3, 4, 40].map(seconds), [5, 10, 20, 40, 60, 60]);
}
