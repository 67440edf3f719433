//! Polls, departures and lost answers at random moments: every message is told, in order, once.

use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use saoma_client::Phone;
use saoma_load::deployment::PERSONAL;
use saoma_protocol::{ServerMessage, paths};
use tokio::sync::watch;

use crate::support::{Node, PollingBrowser, RedisServer, World};

/// Logins that go on side by side.
const LOGINS: u32 = 24;

const MANY: &str = "
    limits.open_per_address = { burst = 9000, per = '1m' }
    limits.poll_per_login = { burst = 9000, per = '1m' }
    limits.refresh_per_login = { burst = 9000, per = '1m' }";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Deed {
    Refresh,
    Scan,
    Confirm,
    Reject,
    Cancel,
}

/// Outcome of a poll.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Answered,
    /// The answer comes, and breaks off.
    Lost,
    /// The browser leaves before there is an answer.
    Left(Duration),
}

#[derive(Debug, Clone)]
struct Course {
    deeds: Vec<(Duration, Deed)>,
    /// Over and over again, until the login is settled.
    polls: Vec<Poll>,
}

#[derive(Debug, Clone)]
struct Poll {
    pause: Duration,
    node: usize,
    wait: u32,
    fate: Fate,
}

fn moments() -> impl Strategy<Value = Duration> {
    (0..30_u64).prop_map(Duration::from_millis)
}

fn courses() -> impl Strategy<Value = Course> {
    use Deed::{Cancel, Confirm, Refresh, Reject, Scan};
    let ends = prop_oneof![
        3 => Just(vec![Scan, Confirm]),
        1 => Just(vec![Scan, Reject]),
        1 => Just(vec![Scan, Cancel]),
        1 => Just(vec![Cancel]),
    ];
    let deeds =
        (0..5_usize, ends).prop_map(|(refreshes, end)| [vec![Refresh; refreshes], end].concat());
    let deeds = deeds.prop_flat_map(|deeds| {
        let pauses = proptest::collection::vec(moments(), deeds.len());
        pauses.prop_map(move |pauses| pauses.into_iter().zip(deeds.clone()).collect())
    });
    let fates = prop_oneof![3 => Just(Fate::Answered), 1 => Just(Fate::Lost), 1 => moments().prop_map(Fate::Left)];
    let poll = (moments(), 0..2_usize, 0..2_u32, fates);
    let polls = proptest::collection::vec(
        poll.prop_map(|(pause, node, wait, fate)| Poll {
            pause,
            node,
            wait,
            fate,
        }),
        1..9,
    );
    // One poll of each round comes through, or the browser would never be done.
    let polls = polls.prop_map(|mut polls| {
        polls[0].fate = Fate::Answered;
        polls
    });
    (deeds, polls).prop_map(|(deeds, polls)| Course { deeds, polls })
}

#[tokio::test]
async fn on_one_node() {
    let world = World::in_memory().with(MANY);
    let node = world.start().await;
    all_is_told_in_order_once(&world, &[node]).await;
}

#[tokio::test]
async fn on_two_nodes() {
    let redis = RedisServer::start();
    let world = World::on(&redis).with(MANY);
    let nodes = [world.start().await, world.start().await];
    all_is_told_in_order_once(&world, &nodes).await;
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}

async fn all_is_told_in_order_once(world: &World, nodes: &[Node]) {
    let mut runner = TestRunner::deterministic();
    let phone = world.phone(&nodes[0], 0);
    let mut logins = Vec::new();
    for person in 0..LOGINS {
        let browser = PollingBrowser::open(&nodes[person as usize % nodes.len()]).await;
        let phone = phone.with_token(world.persons.token(person));
        logins.push((
            browser,
            phone,
            courses().new_tree(&mut runner).unwrap().current(),
        ));
    }
    join_all(logins.into_iter().map(async |(browser, phone, course)| {
        let (showing, shown) = watch::channel((1, browser.login.qr.clone()));
        let happening = Happening {
            nodes,
            phone,
            shown,
        };
        let (told, ()) = tokio::join!(
            follow(browser.clone(), nodes, &course.polls, showing),
            happening.of(&browser, &course.deeds),
        );
        let told: Vec<u32> = told.iter().filter_map(ServerMessage::seq).collect();
        assert!(
            told.is_sorted_by(|a, b| a < b),
            "something was told twice: {told:?} of {course:?}"
        );
        let missing: Vec<u32> = to_be_told(&course.deeds)
            .filter(|seq| !told.contains(seq))
            .collect();
        assert!(
            missing.is_empty(),
            "{missing:?} were not told, but {told:?} of {course:?}"
        );
    }))
    .await;
}

/// The changes that a browser must hear of: all but the renewals that another one follows.
fn to_be_told(deeds: &[(Duration, Deed)]) -> impl Iterator<Item = u32> {
    let outdated = |index: usize| {
        deeds[index].1 == Deed::Refresh
            && deeds
                .get(index + 1)
                .is_some_and(|(_, next)| *next == Deed::Refresh)
    };
    (0..deeds.len())
        .filter(move |index| !outdated(*index))
        .map(|index| u32::try_from(index).unwrap() + 2)
}

/// An event of a login.
struct Happening<'a> {
    nodes: &'a [Node],
    phone: Phone,
    /// The code that the page shows, and the message that brought it.
    shown: watch::Receiver<(u32, String)>,
}

impl Happening<'_> {
    async fn of(mut self, browser: &PollingBrowser, deeds: &[(Duration, Deed)]) {
        let id = browser.login.login_id;
        for (seq, (pause, deed)) in (1..).zip(deeds) {
            tokio::time::sleep(*pause).await;
            let node = &self.nodes[seq as usize % self.nodes.len()];
            let phone = self.phone.at(node.url.clone());
            match deed {
                Deed::Refresh => browser.command(node, paths::REFRESH).await,
                Deed::Cancel => browser.command(node, paths::CANCEL).await,
                Deed::Scan => drop(phone.scan(&self.code(seq).await).await.unwrap()),
                Deed::Confirm => drop(phone.confirm(id, PERSONAL).await.unwrap()),
                Deed::Reject => drop(phone.reject(id).await.unwrap()),
            }
        }
    }

    /// The code that a message has brought, once the page shows it.
    async fn code(&mut self, seq: u32) -> String {
        self.shown
            .wait_for(|(shown, _)| *shown == seq)
            .await
            .unwrap()
            .1
            .clone()
    }
}

/// Polls until the login is settled; gives all that was told.
async fn follow(
    mut browser: PollingBrowser,
    nodes: &[Node],
    polls: &[Poll],
    showing: watch::Sender<(u32, String)>,
) -> Vec<ServerMessage> {
    let mut told = Vec::new();
    for Poll {
        pause,
        node,
        wait,
        fate,
    } in polls.iter().cycle()
    {
        tokio::time::sleep(*pause).await;
        let node = &nodes[node % nodes.len()];
        match fate {
            Fate::Answered => told.extend(browser.poll(node, *wait).await.messages),
            Fate::Lost => drop(browser.request(node, *wait).send().await.unwrap()),
            Fate::Left(after) => {
                drop(tokio::time::timeout(*after, browser.request(node, *wait).send()).await);
            }
        }
        match told.last() {
            Some(ServerMessage::Renewed { seq, qr, .. }) => drop(showing.send((*seq, qr.clone()))),
            Some(message) if message.is_settled() => break,
            _ => {}
        }
    }
    told
}
