//! Number of questions to a backend.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::*;
use crate::claims::Claims;
use crate::jose::RefusalReason;
use crate::metrics::Exposition;

/// A backend that knows one token, and answers when it may.
#[derive(Debug)]
struct Backend {
    asked: AtomicUsize,
    answers: Semaphore,
}

#[async_trait]
impl IdentityBackend for Backend {
    async fn identify(&self, token: &str) -> Answer {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let allowed = self.answers.acquire().await.expect("it is not closed");
        allowed.forget();
        if token == "good" {
            Ok(Person {
                id: PersonId::new("c-1"),
                source: None,
                name: "示例甲".into(),
                identities: Vec::new(),
                ineligible_reason: None,
                phone_address: None,
                claims: Claims::default(),
            })
        } else {
            Err(TokenRefusal::new(RefusalReason::Inactive).into())
        }
    }
}

fn gate(answers: usize) -> (Arc<Backend>, TokenGate) {
    let backend = Arc::new(Backend {
        asked: AtomicUsize::new(0),
        answers: Semaphore::new(answers),
    });
    let gate = TokenGate::new(Arc::clone(&backend) as _, Arc::default());
    (backend, gate)
}

fn asked(backend: &Backend) -> usize {
    backend.asked.load(Ordering::Relaxed)
}

/// Row A7: a repeat of a refused token costs the backend nothing.
#[tokio::test]
async fn a_refused_token_is_refused_again_without_asking() {
    let (backend, gate) = gate(9);
    assert!(gate.known("made-up").is_none());
    assert!(gate.identify("made-up").await.is_err());
    assert!(matches!(
        gate.known("made-up"),
        Some(KnownToken::Refused(_))
    ));
    assert!(gate.known("another").is_none());
    assert_eq!(asked(&backend), 1);
    let text = gate.metrics.encode(Exposition::OpenMetrics).expect("text");
    let counted = r#"saoma_app_tokens_refused_total{reason="inactive"} 2"#;
    assert!(text.contains(counted), "{text}");
}

/// Rows T24 and T25: a good token is asked about each time.
#[tokio::test]
async fn a_good_token_is_asked_about_each_time_and_its_person_is_remembered() {
    let (backend, gate) = gate(9);
    for number in 1..4 {
        assert!(gate.identify("good").await.is_ok());
        assert_eq!(asked(&backend), number);
    }
    let known = gate.known("good");
    assert!(matches!(known, Some(KnownToken::Of(id)) if id == PersonId::new("c-1")));
}

#[tokio::test]
async fn equal_tokens_in_flight_are_one_question() {
    let (backend, gate) = gate(0);
    let callers = join_all((0..50).map(|_| gate.identify("good")));
    let answer = async {
        tokio::task::yield_now().await;
        backend.answers.add_permits(1);
    };
    let (answers, ()) = tokio::join!(callers, answer);
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(asked(&backend), 1);
    assert!(gate.in_flight.lock().is_empty());
}

#[tokio::test]
async fn a_caller_that_hangs_up_leaves_the_question_to_the_others() {
    let (backend, gate) = gate(0);
    let mut first = Box::pin(gate.identify("good"));
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut second = Box::pin(gate.identify("good"));
    assert!(futures_util::poll!(&mut second).is_pending());
    drop(first);
    backend.answers.add_permits(1);
    assert!(second.await.is_ok());
    let mut alone = Box::pin(gate.identify("good"));
    assert!(futures_util::poll!(&mut alone).is_pending());
    drop(alone);
    assert!(gate.in_flight.lock().is_empty());
}
