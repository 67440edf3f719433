//! Random interleavings of the operations on one login, compared with a model on each store.
//!
//! The cases are the same on each run. `PROPTEST_RNG_SEED=7 PROPTEST_CASES=100000` tries others; a
//! case that fails is written beside this file, and tried first from then on.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::TestRunner;
use saoma_fuzz::random_cases;
use saoma_gateway::store::{
    Agreement, Attached, Change, CodeOrigin, NewLogin, Opening, Precondition, PresentedVerifier,
    ResumeAttempt, Store,
};
use saoma_protocol::{CancelReason, LoginId, ScanCode, UserCode};

use super::model::{Delivery, Model, Presenter, without_instants};
use super::{
    MINUTE, RecordingInbox, StoreEvent, Subject, agree, apply, cancel, cancel_for, confirm, digest,
    expire, id, knowing, new_login, node, open, redemption, reject, renew_to, scan, uncounted,
};

/// Nodes on the store.
pub(super) const NODES: usize = 3;

/// Shorter than any step, and not zero because Redis accepts no zero expiry.
const SHORT: Duration = Duration::from_millis(1);

const PERSONS: [&str; 3] = ["p", "q", "r"];
const IDENTITIES: [&str; 2] = ["personal", "unit"];

/// One operation of a case.
#[derive(Debug, Clone)]
enum Step {
    Event {
        event: Kind,
        proof: Evidence,
        /// The next state outlives the next step.
        lasts: bool,
    },
    /// The browser attaches to a node and has missed `behind` changes.
    Attach {
        node: usize,
        key_fits: bool,
        behind: u32,
    },
    Redeem {
        code_fits: bool,
        presenter: Presenter,
    },
    UndoRedemption {
        token_fits: bool,
    },
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Renew,
    Scan(usize),
    Confirm(usize, usize),
    Reject(usize),
    Agree,
    Cancel,
    Expire,
}

#[derive(Debug, Clone, Copy)]
enum Evidence {
    Held,
    ScanCode { current: bool },
    UserCode { current: bool },
    ReceiveKey { fits: bool },
    Seq { current: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let person = || 0..PERSONS.len();
    let kind = prop_oneof![
        3 => Just(Kind::Renew),
        4 => person().prop_map(Kind::Scan),
        4 => (person(), 0..IDENTITIES.len()).prop_map(|(person, identity)| Kind::Confirm(person, identity)),
        1 => person().prop_map(Kind::Reject),
        3 => Just(Kind::Agree),
        1 => Just(Kind::Cancel),
        1 => Just(Kind::Expire),
    ];
    let evidence = prop_oneof![
        8 => Just(Evidence::Held),
        2 => any::<bool>().prop_map(|current| Evidence::ScanCode { current }),
        2 => any::<bool>().prop_map(|current| Evidence::UserCode { current }),
        1 => any::<bool>().prop_map(|fits| Evidence::ReceiveKey { fits }),
        1 => any::<bool>().prop_map(|current| Evidence::Seq { current }),
    ];
    let lasts = proptest::bool::weighted(0.9);
    let presenter = prop_oneof![
        4 => Just(Presenter::Owner),
        2 => Just(Presenter::OwnerWithoutVerifier),
        1 => Just(Presenter::AnotherClient),
    ];
    let step = prop_oneof![
        8 => (kind, evidence, lasts).prop_map(|(event, proof, lasts)| Step::Event { event, proof, lasts }),
        3 => (0..NODES, proptest::bool::weighted(0.8), 0..4_u32)
            .prop_map(|(node, key_fits, behind)| Step::Attach { node, key_fits, behind }),
        3 => (any::<bool>(), presenter)
            .prop_map(|(code_fits, presenter)| Step::Redeem { code_fits, presenter }),
        1 => any::<bool>().prop_map(|token_fits| Step::UndoRedemption { token_fits }),
    ];
    proptest::collection::vec(step, 1..24)
}

/// Threats T6 and T21.
#[test]
fn on_memory_any_interleaving_ends_as_the_state_machine_says() {
    run(2000, Subject::memory);
}

/// Threats T6 and T21.
#[test]
fn on_redis_any_interleaving_ends_as_the_state_machine_says() {
    run(300, Subject::redis);
}

fn run(cases: u32, subject: impl Fn() -> Subject) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (subject, inboxes) = runtime.block_on(async {
        let (subject, inboxes): (_, [Arc<RecordingInbox>; NODES]) = (subject(), Default::default());
        for (number, inbox) in inboxes.iter().enumerate() {
            subject
                .store
                .listen(&node(NODE_NAMES[number]), inbox.clone())
                .await
                .unwrap();
        }
        (subject, inboxes)
    });
    let number = std::cell::Cell::new(0);
    let browsers = prop_oneof![
        Just(Agreement::Off),
        Just(knowing(&[])),
        Just(knowing(&["r", "p"]))
    ];
    let all = (browsers, steps());
    let result = TestRunner::new(random_cases(cases, file!())).run(&all, |(agreement, steps)| {
        number.set(number.get() + 1);
        runtime.block_on(async {
            let mut case = Case::open(&*subject.store, number.get(), agreement).await;
            for (at, step) in steps.iter().enumerate() {
                case.take(at, step).await;
                case.check().await;
            }
            case.check_inboxes(&inboxes).await;
        });
        inboxes.iter().for_each(|inbox| inbox.clear());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(subject.keys_without_end().is_empty());
}

const NODE_NAMES: [&str; NODES] = ["a", "b", "c"];

/// A login on the store and in the model.
struct Case<'a> {
    store: &'a dyn Store,
    first: NewLogin,
    model: Model,
    number: u64,
    /// Access tokens of all attempted redemptions.
    tokens: Vec<String>,
}

impl<'a> Case<'a> {
    async fn open(store: &'a dyn Store, number: u64, agreement: Agreement) -> Self {
        let mut random = [0; LoginId::BYTES];
        random[..8].copy_from_slice(&number.to_le_bytes());
        let id = LoginId::from_random(random);
        let first = NewLogin {
            id,
            scan_code: ScanCode::from_random(id, [1; 5]),
            user_code: user_code(number, 99),
            agreement,
            ..new_login(0)
        };
        assert!(matches!(open(store, &first).await, Opening::Opened { .. }));
        let login = store.read(id).await.unwrap().unwrap().login;
        Self {
            store,
            first,
            model: Model::opened(id, login),
            number,
            tokens: Vec::new(),
        }
    }

    async fn take(&mut self, at: usize, step: &Step) {
        let (id, now) = (
            self.model.id,
            self.store.read(self.model.id).await.unwrap().unwrap().now,
        );
        match step {
            Step::Event {
                event,
                proof,
                lasts,
            } => {
                let code = format!("code {at}");
                let event = self
                    .event(at, *event, &code)
                    .under(self.precondition(*proof))
                    .lasting(if *lasts { MINUTE } else { SHORT });
                let proved = self.model.proves(event.precondition(), &self.first);
                let said = apply(self.store, id, &event).await;
                self.model
                    .applied(&event, &self.first, proved, &code, now, &said);
                if !lasts {
                    tokio::time::sleep(SHORT * 2).await;
                }
            }
            Step::Attach {
                node: number,
                key_fits,
                behind,
            } => {
                let last_seq = self.model.login.seq.saturating_sub(*behind);
                let key = digest(if *key_fits { "key" } else { "another key" });
                let node = node(NODE_NAMES[*number]);
                let browser = ResumeAttempt {
                    id,
                    receive_key: key,
                    node: &node,
                    last_seq,
                    attempt: None,
                };
                let attached = uncounted(self.store.attach(&[], &browser).await.unwrap());
                assert_eq!(matches!(attached, Attached::Here(_)), *key_fits);
                if let Attached::Here(attachment) = attached {
                    self.model.attached(*number);
                    assert_eq!(attachment.number, self.model.attachments);
                    assert_eq!(attachment.record.login, self.model.login);
                    assert_eq!(
                        without_instants(&attachment.missed),
                        self.model.kept_after(last_seq)
                    );
                }
            }
            Step::Redeem {
                code_fits,
                presenter,
            } => {
                let right = self.model.code.clone().filter(|_| *code_fits);
                let code = right.unwrap_or_else(|| "another code".into());
                let token = format!("token {at}");
                let mut redemption = redemption(&code, &token);
                if *presenter != Presenter::Owner {
                    redemption.verifier = PresentedVerifier::Malformed;
                }
                if *presenter == Presenter::AnotherClient {
                    redemption.client_id = "another";
                }
                let said = uncounted(self.store.redeem(&[], id, &redemption).await.unwrap());
                self.model.redeemed((&code, &token, *presenter), now, said);
                self.tokens.push(token);
            }
            Step::UndoRedemption { token_fits } => {
                let right = self.model.token.clone().filter(|_| *token_fits);
                let token = right.unwrap_or_else(|| "another token".into());
                let undone = self
                    .store
                    .undo_redemption(id, CodeOrigin::Login, digest(&token))
                    .await;
                undone.unwrap();
                self.model.undone(&token);
            }
        }
    }

    fn event(&self, at: usize, event: Kind, code: &str) -> StoreEvent {
        match event {
            Kind::Renew => renew_to(
                ScanCode::from_random(self.model.id, [u8::try_from(at).unwrap() + 2; 5]),
                user_code(self.number, at),
            ),
            Kind::Scan(person) => scan(PERSONS[person]),
            Kind::Confirm(person, identity) => confirm(PERSONS[person], IDENTITIES[identity], code),
            Kind::Reject(person) => reject(PERSONS[person]),
            Kind::Agree => agree(),
            Kind::Cancel if at.is_multiple_of(2) => cancel(),
            Kind::Cancel => cancel_for(CancelReason::NotMe),
            Kind::Expire => expire(),
        }
    }

    fn precondition(&self, evidence: Evidence) -> Precondition {
        let current = self
            .model
            .kept
            .iter()
            .rev()
            .find_map(|(_, change)| match change {
                Change::Renewed {
                    scan_code,
                    user_code,
                } => Some((*scan_code, *user_code)),
                _ => None,
            });
        let (scan_code, code) = current.unwrap_or((self.first.scan_code, self.first.user_code));
        match evidence {
            Evidence::Held => Precondition::None,
            Evidence::ScanCode { current: true } => Precondition::ScanCode(scan_code),
            Evidence::ScanCode { current: false } => {
                Precondition::ScanCode(ScanCode::from_random(self.model.id, [0; 5]))
            }
            Evidence::UserCode { current: true } => Precondition::UserCode(code),
            Evidence::UserCode { current: false } => {
                Precondition::UserCode(user_code(self.number, 98))
            }
            Evidence::ReceiveKey { fits } => {
                Precondition::ReceiveKey(digest(if fits { "key" } else { "another key" }))
            }
            Evidence::Seq { current } => {
                Precondition::Seq(self.model.login.seq + u32::from(!current))
            }
        }
    }

    /// Compares the store with the model after a step.
    async fn check(&self) {
        let record = self.store.read(self.model.id).await.unwrap().unwrap();
        assert_eq!(record.login, self.model.login);
        let kept = self
            .store
            .changes_after(&[(self.model.id, 0), (id(255), 0)])
            .await
            .unwrap();
        let kept = kept
            .first()
            .map(|(_, changes)| without_instants(changes))
            .unwrap_or_default();
        assert_eq!(kept, self.model.kept);
        assert!(
            kept.is_sorted_by(|(earlier, _), (later, _)| earlier < later),
            "each change once, in order"
        );
        for token in &self.tokens {
            let access = self.store.access(self.model.id, digest(token)).await;
            let good = self.model.token.as_ref() == Some(token);
            assert_eq!(access.unwrap().is_some(), good, "{token}");
        }
    }

    /// Checks that each node received the changes made while it held the browser, once, in order,
    /// and nothing else.
    async fn check_inboxes(&self, inboxes: &[Arc<RecordingInbox>; NODES]) {
        for (inbox, told) in inboxes.iter().zip(&self.model.delivered) {
            let came = inbox
                .wait_for_events(told.len())
                .await
                .into_iter()
                .filter_map(Delivery::of);
            let came: Vec<_> = came
                .filter(|(login, _)| *login == self.model.id)
                .map(|(_, told)| told)
                .collect();
            assert_eq!(came, *told);
        }
    }
}

/// Returns a user code that no other case uses.
fn user_code(number: u64, at: usize) -> UserCode {
    UserCode::from_random((number * 100 + at as u64).to_le_bytes())
}
