//! A browser that keeps what it is told, and holds it against what has happened.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use futures_util::FutureExt;
use saoma_protocol::{
    CodeChallenge, CodeChallengeMethod, ErrorCode, LoginId, OpenRequest, Place, ReceiveKey,
    RequesterContext, ResumeRequest, ServerMessage,
};
use tokio::task::JoinHandle;

use super::nodes::{Nodes, ORIGIN, REDIRECT_URI};
use crate::client_address::ClientAddress;
use crate::error::ApiError;
use crate::logins::OpenContext;
use crate::metrics::Transport;
use crate::store::Change;
use crate::waiting::registry::Waiting;
use crate::waiting::waiter::{CloseReason, Delivery};

pub(super) struct Browser {
    pub(super) login_id: LoginId,
    receive_key: ReceiveKey,
    told: Vec<(u32, Change)>,
    attempts: u32,
    place: Whereabouts,
    /// Connections that have broken without their node noticing.
    ghosts: Vec<Waiting>,
    ghosts_to_be: Vec<JoinHandle<Result<Waiting, ApiError>>>,
}

/// Where the browser is.
enum Whereabouts {
    Nowhere,
    Coming(JoinHandle<Result<Waiting, ApiError>>),
    At(Waiting),
}

impl Browser {
    /// Opens a login at the first node.
    pub(super) async fn open(nodes: &Nodes) -> Self {
        nodes.listen().await;
        let opened = nodes
            .logins(0)
            .open(request(), open_context())
            .await
            .expect("the login opens");
        let ServerMessage::Opened {
            login_id,
            receive_key,
            ..
        } = opened.message
        else {
            panic!("not opened")
        };
        Self {
            login_id,
            receive_key,
            told: Vec::new(),
            attempts: 1,
            place: Whereabouts::At(opened.waiting),
            ghosts: Vec::new(),
            ghosts_to_be: Vec::new(),
        }
    }

    /// Takes what has come.
    pub(super) async fn read(&mut self) {
        self.arrive().await;
        let Whereabouts::At(waiting) = &self.place else {
            return;
        };
        while let Some(delivery) = waiting.waiter().next().now_or_never() {
            match delivery {
                Delivery::Change(change) => {
                    let ends = is_settled(&change.change);
                    self.told.push((change.seq, change.change));
                    if ends {
                        self.place = Whereabouts::Nowhere;
                        return;
                    }
                }
                Delivery::Ping => {}
                Delivery::Close(CloseReason { code, .. }) => {
                    panic!("the newest connection was closed: {code:?}")
                }
            }
        }
    }

    pub(super) async fn break_off(&mut self, on_their_way: usize, unnoticed: bool) {
        self.arrive().await;
        match std::mem::replace(&mut self.place, Whereabouts::Nowhere) {
            Whereabouts::At(waiting) => {
                for _ in 0..on_their_way {
                    waiting.waiter().next().now_or_never();
                }
                if unnoticed {
                    self.ghosts.push(waiting);
                }
            }
            Whereabouts::Coming(coming) if unnoticed => self.ghosts_to_be.push(coming),
            Whereabouts::Coming(coming) => coming.abort(),
            Whereabouts::Nowhere => {}
        }
    }

    /// Connects anew, unless it knows how the login ended. A connection that it still has is left behind.
    pub(super) fn come_back(&mut self, nodes: &Nodes, node: usize, answer_lost: bool) {
        if self.has_ended() {
            return;
        }
        let last_seq = self.told.last().map_or(1, |(seq, _)| *seq);
        self.attempts += 1;
        let request = ResumeRequest {
            login_id: self.login_id,
            receive_key: self.receive_key.clone(),
            last_seq,
            attempt: Some(self.attempts),
        };
        if answer_lost {
            nodes.store.lose_next_attach();
        }
        let logins = Arc::clone(nodes.logins(node));
        let coming = tokio::spawn(async move { logins.resume(request, &address()).await });
        match std::mem::replace(&mut self.place, Whereabouts::Coming(coming)) {
            Whereabouts::At(waiting) => self.ghosts.push(waiting),
            Whereabouts::Coming(coming) => self.ghosts_to_be.push(coming),
            Whereabouts::Nowhere => {}
        }
    }

    /// Takes the place that has been got meanwhile.
    async fn arrive(&mut self) {
        let Whereabouts::Coming(coming) = &mut self.place else {
            return;
        };
        if !coming.is_finished() {
            return;
        }
        self.place = match coming.await.expect("the return ends") {
            Ok(waiting) => Whereabouts::At(waiting),
            Err(denial) => {
                assert_eq!(
                    denial.error,
                    ErrorCode::TemporarilyUnavailable,
                    "a browser was sent away: {denial}"
                );
                Whereabouts::Nowhere
            }
        };
    }

    pub(super) fn is_connected(&self) -> bool {
        self.has_ended() || matches!(self.place, Whereabouts::At(_))
    }

    pub(super) fn is_told_of(&self, seq: u32) -> bool {
        self.told.iter().any(|(told, _)| *told == seq)
    }

    fn has_ended(&self) -> bool {
        self.told
            .last()
            .is_some_and(|(_, change)| is_settled(change))
    }

    /// What it was told has happened, in this order, each once; of what it was not told before, only renewals are skipped.
    pub(super) fn check(&self, history: &BTreeMap<u32, Change>) {
        let mut last = 1;
        for (seq, change) in &self.told {
            assert!(*seq > last, "{seq} after {last}: {:?}", self.told);
            assert_eq!(
                history.get(seq),
                Some(change),
                "told of what has not happened"
            );
            let skipped = history
                .range(last + 1..*seq)
                .filter(|(_, change)| !is_renewal(change))
                .count();
            assert_eq!(
                skipped, 0,
                "skipped before {seq}: {:?} of {history:?}",
                self.told
            );
            last = *seq;
        }
    }

    pub(super) fn check_is_complete(&self, history: &BTreeMap<u32, Change>) {
        let newest = history.last_key_value().map_or(1, |(seq, _)| *seq);
        let told = self.told.last().map_or(1, |(seq, _)| *seq);
        assert_eq!(told, newest, "{:?} of {history:?}", self.told);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.ghosts_to_be.iter().for_each(JoinHandle::abort);
    }
}

fn is_renewal(change: &Change) -> bool {
    matches!(change, Change::Renewed { .. })
}

fn is_settled(change: &Change) -> bool {
    !matches!(
        change,
        Change::Renewed { .. } | Change::Scanned { .. } | Change::Agreed
    )
}

pub(crate) fn address() -> ClientAddress {
    ClientAddress::from_ip(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

pub(crate) fn open_context() -> OpenContext {
    OpenContext {
        origin: Some(ORIGIN.into()),
        address: address(),
        requester: RequesterContext {
            address: "127.0.0.1".into(),
            place: Place::SameMachine,
            place_name: None,
            browser: None,
            system: None,
        },
        transport: Transport::WebSocket,
    }
}

pub(crate) fn request() -> OpenRequest {
    OpenRequest {
        client_id: "hall".into(),
        redirect_uri: REDIRECT_URI.into(),
        state: None,
        nonce: None,
        scope: "openid".into(),
        code_challenge: Some(CodeChallenge::of("verifier")),
        code_challenge_method: CodeChallengeMethod::S256,
        claims: None,
        locale: None,
        known: Vec::new(),
    }
}
