//! Authorization codes and access tokens.

use std::time::Duration;

use saoma_gateway::store::{CodeOrigin, Grant, PresentedVerifier, Redeemed, Redemption, Store};
use saoma_protocol::{CodeChallenge, StateName};

use super::{
    Subject, changed, confirm, digest, grant, id, new_login, on_each_store, opened, redemption,
    scan, uncounted,
};

/// The answer to a replay of a code without a session.
const REPLAYED: Redeemed = Redeemed::Replayed {
    ends_session: false,
};

on_each_store!(
    a_code_redeems_once,
    a_redemption_may_be_repeated,
    a_replay_ends_the_access_token,
    a_replay_with_a_wrong_client_or_verifier_ends_the_access_token,
    a_used_code_without_proof_ends_nothing,
    an_incomplete_redemption_ends_a_used_code_alone,
    a_code_redeems_for_its_client_redirect_uri_and_verifier,
    a_code_without_a_challenge_redeems_by_the_secret_alone,
    a18_a_used_code_without_a_challenge_is_ended_by_the_secret_alone,
    three_failed_tries_end_a_code,
    a8_a_code_in_other_hands_than_its_clients_stays_good,
    a_code_and_a_token_run_out,
    of_many_redemptions_at_once_one_wins,
    a_redemption_can_be_undone,
    a_redemption_is_undone_by_its_own_token,
);

fn another_verifier() -> PresentedVerifier {
    PresentedVerifier::Of(CodeChallenge::of("another verifier"))
}

async fn confirmed(store: &dyn Store, number: u8) {
    opened(store, number).await;
    changed(store, id(number), &scan("p")).await;
    changed(store, id(number), &confirm("p", "personal", "code")).await;
}

async fn redeem(store: &dyn Store, redemption: &Redemption<'_>) -> Redeemed {
    uncounted(store.redeem(&[], id(1), redemption).await.unwrap())
}

async fn access(store: &dyn Store, token: &str) -> Option<Grant> {
    store.access(id(1), digest(token)).await.unwrap()
}

/// Redeems the code as its own client.
async fn granted(store: &dyn Store, token: &str) -> Grant {
    match redeem(store, &redemption("code", token)).await {
        Redeemed::Granted(grant) => *grant,
        other => panic!("{other:?}"),
    }
}

async fn a_code_redeems_once(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1).await;
    assert_eq!(
        redeem(store, &redemption("another", "token")).await,
        Redeemed::Invalid
    );
    assert_eq!(access(store, "token").await, None);
    let redeemed = granted(store, "token").await;
    assert_eq!(redeemed, grant("p", redeemed.auth_time));
    assert_eq!(access(store, "token").await, Some(redeemed));
    assert_eq!(access(store, "another").await, None);
    let kept = store.changes_after(&[(id(1), 0)]).await.unwrap();
    assert!(
        !format!("{kept:?}").contains("Confirmed"),
        "the code in clear is gone once it is used"
    );
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

/// A client repeats a request whose answer was lost.
async fn a_redemption_may_be_repeated(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1).await;
    let first = granted(store, "token").await;
    assert_eq!(granted(store, "token").await, first);
    assert_eq!(access(store, "token").await, Some(first));
}

/// Threat T7.
async fn a_replay_ends_the_access_token(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1).await;
    granted(store, "token").await;
    let replay = redeem(store, &redemption("code", "another token")).await;
    assert_eq!(replay, REPLAYED);
    assert_eq!(access(store, "token").await, None);
    assert_eq!(access(store, "another token").await, None);
}

/// Row A18: a code that is shown after its redemption has leaked, however it is shown.
async fn a_replay_with_a_wrong_client_or_verifier_ends_the_access_token(subject: Subject) {
    let store = &*subject.store;
    let right = redemption("code", "another token");
    let wrong = [
        Redemption {
            client_id: "another",
            ..right.clone()
        },
        Redemption {
            verifier: PresentedVerifier::Absent,
            ..right
        },
    ];
    for (number, wrong) in (1..).zip(wrong) {
        confirmed(store, number).await;
        let right = redemption("code", "token");
        let first = uncounted(store.redeem(&[], id(number), &right).await.unwrap());
        assert!(matches!(first, Redeemed::Granted(_)), "{first:?}");
        let replay = store.redeem(&[], id(number), &wrong).await.unwrap();
        assert_eq!(uncounted(replay), REPLAYED, "{wrong:?}");
        let token = store.access(id(number), digest("token")).await.unwrap();
        assert_eq!(token, None, "{wrong:?}");
    }
}

/// Row A18: neither its client's secret nor the verifier shows that the caller has more than the code.
async fn a_used_code_without_proof_ends_nothing(subject: Subject) {
    let store = &*subject.store;
    let right = redemption("code", "another token");
    let unproved = Redemption {
        is_proved: false,
        ..right
    };
    confirmed(store, 1).await;
    granted(store, "token").await;
    for verifier in [
        PresentedVerifier::Absent,
        PresentedVerifier::Malformed,
        another_verifier(),
    ] {
        let stranger = Redemption {
            verifier,
            ..unproved.clone()
        };
        let another_client = Redemption {
            client_id: "another",
            is_proved: true,
            ..stranger.clone()
        };
        for _ in 0..5 {
            assert_eq!(redeem(store, &stranger).await, Redeemed::Mismatched);
            let by_another_client = redeem(store, &another_client).await;
            assert_eq!(by_another_client, Redeemed::Mismatched);
        }
        assert!(access(store, "token").await.is_some());
    }
    assert_eq!(redeem(store, &unproved).await, REPLAYED);
    assert_eq!(access(store, "token").await, None);
}

/// Row A18: an incomplete request is no try at a code that was not redeemed.
async fn an_incomplete_redemption_ends_a_used_code_alone(subject: Subject) {
    let store = &*subject.store;
    let incomplete = Redemption {
        verifier: PresentedVerifier::Absent,
        is_complete: false,
        ..redemption("code", "another token")
    };
    confirmed(store, 1).await;
    for _ in 0..5 {
        assert_eq!(redeem(store, &incomplete).await, Redeemed::Invalid);
    }
    granted(store, "token").await;
    assert_eq!(redeem(store, &incomplete).await, REPLAYED);
    assert_eq!(access(store, "token").await, None);
}

/// RFC 6749 §4.1.3, RFC 7636 §4.6, threat T7.
async fn a_code_redeems_for_its_client_redirect_uri_and_verifier(subject: Subject) {
    let store = &*subject.store;
    let right = redemption("code", "token");
    let wrong = [
        Redemption {
            client_id: "another",
            ..right.clone()
        },
        Redemption {
            redirect_uri: "https://hall.example/callback?",
            ..right.clone()
        },
        Redemption {
            verifier: another_verifier(),
            ..right.clone()
        },
        Redemption {
            verifier: PresentedVerifier::Absent,
            ..right.clone()
        },
        Redemption {
            verifier: PresentedVerifier::Malformed,
            ..right.clone()
        },
    ];
    for (number, wrong) in (1..).zip(wrong) {
        confirmed(store, number).await;
        for (tried, right) in [(&wrong, false), (&right, true)] {
            let redeemed = uncounted(store.redeem(&[], id(number), tried).await.unwrap());
            assert_eq!(matches!(redeemed, Redeemed::Granted(_)), right, "{tried:?}");
            assert_eq!(redeemed == Redeemed::Mismatched, !right, "{tried:?}");
            let token = store.access(id(number), digest("token")).await.unwrap();
            assert_eq!(token.is_some(), right, "{tried:?}");
        }
    }
}

/// Opens and confirms a login whose client sent no PKCE challenge.
async fn confirmed_without_challenge(store: &dyn Store, number: u8) {
    let mut login = new_login(number);
    login.request.code_challenge = None;
    uncounted(store.open(&[], &login).await.unwrap());
    changed(store, id(number), &scan("p")).await;
    changed(store, id(number), &confirm("p", "personal", "code")).await;
}

/// The redemption that is right for such a login.
fn without_verifier(access_token: &str) -> Redemption<'static> {
    Redemption {
        verifier: PresentedVerifier::Absent,
        ..redemption("code", access_token)
    }
}

/// RFC 9700 §4.8.2: where the request had no challenge, a verifier shows that somebody has removed it.
async fn a_code_without_a_challenge_redeems_by_the_secret_alone(subject: Subject) {
    let store = &*subject.store;
    let right = without_verifier("token");
    let wrong = [
        Redemption {
            verifier: another_verifier(),
            ..right.clone()
        },
        Redemption {
            verifier: PresentedVerifier::Malformed,
            ..right.clone()
        },
        Redemption {
            is_proved: false,
            ..right.clone()
        },
        Redemption {
            client_id: "another",
            ..right.clone()
        },
    ];
    for (number, wrong) in (1..).zip(wrong) {
        confirmed_without_challenge(store, number).await;
        for (tried, is_right) in [(&wrong, false), (&right, true)] {
            let redeemed = uncounted(store.redeem(&[], id(number), tried).await.unwrap());
            assert_eq!(redeemed == Redeemed::Mismatched, !is_right, "{tried:?}");
            let Redeemed::Granted(grant) = redeemed else {
                continue;
            };
            assert!(is_right && grant.code_challenge.is_none(), "{tried:?}");
        }
        let token = store.access(id(number), digest("token")).await.unwrap();
        assert!(token.is_some(), "{wrong:?}");
    }
}

/// Row A18: a caller without the client's secret has only the code, whatever verifier it shows.
async fn a18_a_used_code_without_a_challenge_is_ended_by_the_secret_alone(subject: Subject) {
    let store = &*subject.store;
    confirmed_without_challenge(store, 1).await;
    let first = redeem(store, &without_verifier("token")).await;
    assert!(matches!(first, Redeemed::Granted(_)), "{first:?}");
    for verifier in [
        PresentedVerifier::Absent,
        PresentedVerifier::Malformed,
        another_verifier(),
    ] {
        for (client_id, is_proved) in [("hall", false), ("another", true), ("another", false)] {
            let stranger = Redemption {
                client_id,
                is_proved,
                verifier,
                ..without_verifier("another token")
            };
            assert_eq!(redeem(store, &stranger).await, Redeemed::Mismatched);
            assert!(access(store, "token").await.is_some(), "{stranger:?}");
        }
    }
    let replay = redeem(store, &without_verifier("another token")).await;
    assert_eq!(replay, REPLAYED);
    assert_eq!(access(store, "token").await, None);
}

/// Threat T7.
async fn three_failed_tries_end_a_code(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1).await;
    let wrong = Redemption {
        redirect_uri: "https://hall.example/elsewhere",
        ..redemption("code", "token")
    };
    for _ in 0..3 {
        assert_eq!(redeem(store, &wrong).await, Redeemed::Mismatched);
    }
    for tried in [&wrong, &redemption("code", "token")] {
        assert_eq!(redeem(store, tried).await, Redeemed::Invalid);
    }
}

/// Row A8: neither another client's secret nor the name of a client without one gives tries of a code.
async fn a8_a_code_in_other_hands_than_its_clients_stays_good(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1).await;
    let right = redemption("code", "token");
    let others = [
        Redemption {
            client_id: "another",
            ..right.clone()
        },
        Redemption {
            verifier: another_verifier(),
            is_proved: false,
            ..right
        },
    ];
    for other in &others {
        for _ in 0..5 {
            assert_eq!(redeem(store, other).await, Redeemed::Mismatched);
        }
    }
    granted(store, "token").await;
}

async fn a_code_and_a_token_run_out(subject: Subject) {
    let store = &*subject.store;
    let soon = Duration::from_millis(40);
    opened(store, 1).await;
    changed(store, id(1), &scan("p")).await;
    let confirm = confirm("p", "personal", "code");
    changed(store, id(1), &confirm.clone().lasting(soon)).await;
    tokio::time::sleep(soon * 2).await;
    assert_eq!(
        redeem(store, &redemption("code", "token")).await,
        Redeemed::Invalid
    );

    opened(store, 2).await;
    changed(store, id(2), &scan("p")).await;
    changed(store, id(2), &confirm).await;
    let redemption = Redemption {
        lifetime: soon,
        ..redemption("code", "token")
    };
    let redeemed = uncounted(store.redeem(&[], id(2), &redemption).await.unwrap());
    assert!(matches!(redeemed, Redeemed::Granted(_)), "{redeemed:?}");
    tokio::time::sleep(soon * 2).await;
    assert_eq!(store.access(id(2), digest("token")).await.unwrap(), None);
}

async fn of_many_redemptions_at_once_one_wins(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1).await;
    let redemptions = (0..20).map(|number| async move {
        redeem(store, &redemption("code", &format!("token {number}"))).await
    });
    let answers = futures_util::future::join_all(redemptions).await;
    let granted = answers
        .iter()
        .filter(|answer| matches!(answer, Redeemed::Granted(_)));
    assert_eq!(granted.count(), 1);
    let replayed = answers.iter().filter(|answer| **answer == REPLAYED);
    assert_eq!(replayed.count(), 19);
}

/// A redemption that the gateway fails to answer must not cost the client its code.
async fn a_redemption_can_be_undone(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1).await;
    granted(store, "token").await;
    let undone = store
        .undo_redemption(id(1), CodeOrigin::Login, digest("token"))
        .await;
    undone.unwrap();
    assert_eq!(access(store, "token").await, None);
    let login = store.read(id(1)).await.unwrap().unwrap().login;
    assert_eq!(login.state.name(), StateName::Confirmed);
    granted(store, "another token").await;
    assert!(access(store, "another token").await.is_some());
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn a_redemption_is_undone_by_its_own_token(subject: Subject) {
    let store = &*subject.store;
    confirmed(store, 1).await;
    store
        .undo_redemption(id(1), CodeOrigin::Login, digest("token"))
        .await
        .unwrap();
    granted(store, "token").await;
    let other = store
        .undo_redemption(id(1), CodeOrigin::Login, digest("another"))
        .await;
    other.unwrap();
    assert!(access(store, "token").await.is_some());
    store
        .undo_redemption(id(9), CodeOrigin::Login, digest("token"))
        .await
        .unwrap();
    assert_eq!(store.read(id(9)).await.unwrap(), None);
}
