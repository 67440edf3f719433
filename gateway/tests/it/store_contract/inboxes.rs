//! Events for nodes, and missed changes for browsers that resume.

use std::sync::Arc;

use saoma_gateway::store::{
    Attached, Attachment, Change, InboxEvent, NodeId, ResumeAttempt, Store, StoredChange,
};

use super::{
    RecordingInbox, Subject, changed, code, confirm, digest, id, new_login, node, on_each_store,
    opened, renew, scan, uncounted,
};

on_each_store!(
    the_node_that_holds_the_browser_is_told,
    a_browser_that_moves_moves_its_pushes,
    a_browser_that_comes_back_gets_what_it_missed_in_order,
    a_return_that_was_held_up_does_not_overtake_the_later_one,
    a_wrong_key_attaches_nothing,
);

/// Attaches login 1 to a node again.
fn back(node: &NodeId, last_seq: u32, attempt: Option<u32>) -> ResumeAttempt<'_> {
    ResumeAttempt {
        id: id(1),
        receive_key: digest("key"),
        node,
        last_seq,
        attempt,
    }
}

async fn attach(store: &dyn Store, browser: &ResumeAttempt<'_>) -> Attached {
    uncounted(store.attach(&[], browser).await.unwrap())
}

async fn attached(store: &dyn Store, to: &str, last_seq: u32, attempt: Option<u32>) -> Attachment {
    match attach(store, &back(&node(to), last_seq, attempt)).await {
        Attached::Here(attachment) => *attachment,
        other => panic!("{other:?}"),
    }
}

/// Returns the inbox of a node that listens.
async fn listening(store: &dyn Store, name: &str) -> Arc<RecordingInbox> {
    let inbox = Arc::<RecordingInbox>::default();
    store.listen(&node(name), inbox.clone()).await.unwrap();
    inbox
}

fn seqs(changes: &[StoredChange]) -> Vec<u32> {
    changes.iter().map(|change| change.seq).collect()
}

async fn the_node_that_holds_the_browser_is_told(subject: Subject) {
    let store = subject.store;
    let (a, b) = (listening(&*store, "a").await, listening(&*store, "b").await);
    opened(&*store, 1).await;
    changed(&*store, id(1), &scan("p")).await;
    changed(&*store, id(1), &confirm("p", "personal", "code")).await;
    let events = a.wait_for_events(2).await;
    let InboxEvent::Changed { login_id, change } = &events[1] else {
        panic!("{events:?}")
    };
    assert_eq!((*login_id, change.seq), (id(1), 3));
    let Change::Confirmed { redirect_to, .. } = &change.change else {
        panic!("{change:?}")
    };
    assert_eq!(*redirect_to, new_login(1).request.answer(&code("code")));
    let kept = store.changes_after(&[(id(1), 2)]).await.unwrap();
    assert_eq!(
        kept,
        [(id(1), vec![change.clone()])],
        "what is pushed is what is kept"
    );
    assert!(b.wait_for_events(0).await.is_empty());
}

async fn a_browser_that_moves_moves_its_pushes(subject: Subject) {
    let store = subject.store;
    let (a, b) = (listening(&*store, "a").await, listening(&*store, "b").await);
    opened(&*store, 1).await;
    let attachment = attached(&*store, "b", 1, None).await;
    assert_eq!(attachment.number, 2, "the opening was the first");
    assert_eq!(
        a.wait_for_events(1).await,
        [InboxEvent::Superseded {
            login_id: id(1),
            number: 2
        }]
    );
    changed(&*store, id(1), &scan("p")).await;
    assert!(matches!(
        b.wait_for_events(1).await[..],
        [InboxEvent::Changed { .. }]
    ));
    assert_eq!(a.wait_for_events(0).await.len(), 1);
}

async fn a_browser_that_comes_back_gets_what_it_missed_in_order(subject: Subject) {
    let store = subject.store;
    opened(&*store, 1).await;
    changed(&*store, id(1), &renew(id(1), 7)).await;
    changed(&*store, id(1), &renew(id(1), 8)).await;
    changed(&*store, id(1), &scan("p")).await;
    changed(&*store, id(1), &confirm("p", "personal", "code")).await;
    let attachment = attached(&*store, "a", 1, None).await;
    assert_eq!(
        seqs(&attachment.missed),
        [3, 4, 5],
        "of two renewals the newer one"
    );
    assert_eq!(attachment.record.login.seq, 5);
    let attachment = attached(&*store, "a", 4, None).await;
    assert_eq!(seqs(&attachment.missed), [5]);
    opened(&*store, 2).await;
    let found = store
        .changes_after(&[(id(1), 3), (id(2), 1)])
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(seqs(&found[0].1), [4, 5]);
}

async fn a_return_that_was_held_up_does_not_overtake_the_later_one(subject: Subject) {
    let store = subject.store;
    listening(&*store, "a").await;
    let b = listening(&*store, "b").await;
    opened(&*store, 1).await;
    attached(&*store, "b", 1, Some(3)).await;
    assert!(matches!(
        attach(&*store, &back(&node("a"), 1, Some(2))).await,
        Attached::Stale
    ));
    changed(&*store, id(1), &scan("p")).await;
    assert!(
        matches!(b.wait_for_events(1).await[..], [InboxEvent::Changed { .. }]),
        "the browser stays where it is"
    );
    attached(&*store, "a", 1, Some(3)).await;
    attached(&*store, "b", 1, None).await;
    assert!(matches!(
        attach(&*store, &back(&node("a"), 1, Some(2))).await,
        Attached::Stale
    ));
}

async fn a_wrong_key_attaches_nothing(subject: Subject) {
    let store = subject.store;
    let a = listening(&*store, "a").await;
    opened(&*store, 1).await;
    let b = node("b");
    for (number, key) in [(1, "wrong"), (2, "key")] {
        let stranger = ResumeAttempt {
            id: id(number),
            receive_key: digest(key),
            ..back(&b, 1, Some(7))
        };
        assert!(matches!(
            attach(&*store, &stranger).await,
            Attached::Unknown
        ));
    }
    changed(&*store, id(1), &scan("p")).await;
    assert!(
        matches!(a.wait_for_events(1).await[..], [InboxEvent::Changed { .. }]),
        "the browser stays where it was"
    );
}
