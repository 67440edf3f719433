//! What a node delivers, under any interleaving of changes, lost, late and doubled pushes, late and failed answers of
//! the store, and browsers that come and go: each browser is told its login's history in order, once, to the end.
//!
//! The cases are the same on each run. `PROPTEST_RNG_SEED=7 PROPTEST_CASES=100000` tries others; a case that fails is
//! written beside this file, and tried first from then on.

pub(crate) mod browser;
pub(crate) mod nodes;
mod scripted_store;

use std::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestRunner;
use saoma_fuzz::random_cases;

use self::browser::Browser;
use self::nodes::{Happening, NODES, Nodes};

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// To the login, in the store.
    Happens(Happening),
    /// One of a node's pushes comes, and may come again.
    Push {
        node: usize,
        which: usize,
        again: bool,
    },
    /// One of a node's pushes is lost.
    LosePush { node: usize, which: usize },
    /// A node has subscribed again.
    Listening { node: usize },
    /// From now on questions to attach, and answers to them and to reading, are kept back, or not any more.
    HoldAnswers(bool),
    /// One of those comes.
    Answer { which: usize },
    /// From now on reading again fails, or not any more.
    FailReads(bool),
    /// The browser takes what has come.
    Read,
    /// The browser's connection breaks with some of what was sent still on its way. Its node may not notice.
    Break {
        on_their_way: usize,
        unnoticed: bool,
    },
    /// The browser connects anew, to any node. The store's answer may be lost.
    Return { node: usize, answer_lost: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (node, which) = (|| 0..NODES, || 0..4_usize);
    let happening = prop_oneof![
        3 => Just(Happening::Renew),
        3 => Just(Happening::Scan),
        2 => Just(Happening::Agree),
        3 => Just(Happening::Confirm),
        1 => Just(Happening::Reject),
        1 => Just(Happening::Cancel),
        1 => Just(Happening::Expire),
    ];
    let step = prop_oneof![
        8 => happening.prop_map(Step::Happens),
        6 => (node(), which(), any::<bool>()).prop_map(|(node, which, again)| Step::Push { node, which, again }),
        2 => (node(), which()).prop_map(|(node, which)| Step::LosePush { node, which }),
        1 => node().prop_map(|node| Step::Listening { node }),
        2 => any::<bool>().prop_map(Step::HoldAnswers),
        3 => which().prop_map(|which| Step::Answer { which }),
        1 => any::<bool>().prop_map(Step::FailReads),
        4 => Just(Step::Read),
        2 => (0..3_usize, any::<bool>())
            .prop_map(|(on_their_way, unnoticed)| Step::Break { on_their_way, unnoticed }),
        4 => (node(), proptest::bool::weighted(0.1))
            .prop_map(|(node, answer_lost)| Step::Return { node, answer_lost }),
    ];
    proptest::collection::vec(step, 1..32)
}

/// Threat T21.
#[test]
fn a_browser_is_told_its_whole_history_in_order_once_whatever_is_lost_late_or_doubled() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let cases = (any::<bool>(), steps());
    let result = TestRunner::new(random_cases(2000, file!())).run(&cases, |(asks, steps)| {
        runtime.block_on(follow(asks, &steps));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

/// A push is lost, and the reading that would make up for it fails, while the subscription stays up.
#[tokio::test]
async fn a_reading_that_failed_is_tried_again_until_it_is_answered() {
    let mut nodes = Nodes::start();
    let mut browser = Browser::open(&nodes).await;
    nodes.happen(browser.login_id, Happening::Scan).await;
    nodes.lose_push(0, 0);
    nodes.store.fail_reads(true);
    nodes.listening(0);
    settle().await;
    browser.read().await;
    assert!(!browser.is_told_of(2));
    nodes.store.fail_reads(false);
    let told = async {
        while !browser.is_told_of(2) {
            tokio::time::sleep(Duration::from_millis(10)).await;
            browser.read().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), told)
        .await
        .expect("the scan is told");
}

async fn follow(asks: bool, steps: &[Step]) {
    let mut nodes = if asks {
        Nodes::asking()
    } else {
        Nodes::start()
    };
    let mut browser = Browser::open(&nodes).await;
    for step in steps {
        match step {
            Step::Happens(happening) => nodes.happen(browser.login_id, *happening).await,
            Step::Push { node, which, again } => nodes.push(*node, *which, *again),
            Step::LosePush { node, which } => nodes.lose_push(*node, *which),
            Step::Listening { node } => nodes.listening(*node),
            Step::HoldAnswers(hold) => nodes.store.hold_answers(*hold),
            Step::Answer { which } => nodes.store.answer(*which),
            Step::FailReads(fail) => nodes.store.fail_reads(*fail),
            Step::Read => browser.read().await,
            Step::Break {
                on_their_way,
                unnoticed,
            } => browser.break_off(*on_their_way, *unnoticed).await,
            Step::Return { node, answer_lost } => browser.come_back(&nodes, *node, *answer_lost),
        }
        settle().await;
        browser.check(&nodes.history);
    }
    to_the_end(nodes, browser).await;
}

/// Once nothing fails any more, the browser learns the rest, and its leaving leaves nothing behind.
async fn to_the_end(nodes: Nodes, mut browser: Browser) {
    nodes.store.heal();
    settle().await;
    browser.read().await;
    while !browser.is_connected() {
        browser.come_back(&nodes, 0, false);
        settle().await;
        browser.read().await;
    }
    (0..NODES).for_each(|node| nodes.listening(node));
    settle().await;
    browser.read().await;
    browser.check(&nodes.history);
    browser.check_is_complete(&nodes.history);
    drop(browser);
    assert!(nodes.are_empty(), "a browser that left is still held");
}

/// Lets every task come as far as it can.
async fn settle() {
    for _ in 0..32 {
        tokio::task::yield_now().await;
    }
}
