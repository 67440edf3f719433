//! Logins, events and redemptions for the checks of a store.

use std::time::Duration;

use saoma_gateway::limits::{LimitName, Rate};
use saoma_gateway::store::{
    Agreement, Applied, Attempt, Change, Claims, CodeOrigin, Compare, Confirmation, Counted, Grant,
    LoginRequest, NewLogin, NodeId, Opening, PersonTag, Precondition, PresentedVerifier,
    Redemption, Scan, Scanned, Store, Transition, known_claim,
};
use saoma_protocol::{
    AuthorizationCode, CancelReason, CodeChallenge, Digest, Event, Identity, IdentityKind, LoginId,
    PersonId, Place, RejectReason, RequesterContext, ScanCode, UserCode,
};
use serde_json::json;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn node(name: &str) -> NodeId {
    NodeId::new(name)
}

pub(crate) fn id(number: u8) -> LoginId {
    LoginId::from_random([number; LoginId::BYTES])
}

pub(crate) fn person(name: &str) -> PersonId {
    PersonId::new(name)
}

pub(crate) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// Returns a login with codes and key derived from its number.
pub(crate) fn new_login(number: u8) -> NewLogin {
    NewLogin {
        id: id(number),
        receive_key: digest("key"),
        scan_code: ScanCode::from_random(id(number), [1; 5]),
        user_code: UserCode::from_random([number; 8]),
        request: LoginRequest {
            client_id: "hall".into(),
            redirect_uri: "https://hall.example/callback".into(),
            answer_uri:
                "https://hall.example/callback?state=%22\\%22&iss=https%3A%2F%2Flogin.example"
                    .into(),
            nonce: Some("n".into()),
            scope: "openid".into(),
            code_challenge: Some(CodeChallenge::of("verifier")),
            requester: RequesterContext {
                address: "192.0.2.1".into(),
                place: Place::Internet,
                place_name: None,
                browser: Some("Chrome 156".into()),
                system: None,
            },
            device: None,
            claims_request: None,
            expected_subject: None,
            may_begin_session: false,
        },
        agreement: Agreement::Off,
        node: node("a"),
        code_lifetime: MINUTE,
        waiting_lifetime: MINUTE * 10,
        follow_within: None,
        device: None,
    }
}

pub(crate) async fn opened(store: &dyn Store, number: u8) -> NewLogin {
    let login = new_login(number);
    assert!(matches!(open(store, &login).await, Opening::Opened { .. }));
    login
}

/// Unwraps the result of an operation without counted attempts.
pub(crate) fn uncounted<T>(counted: Counted<T>) -> T {
    match counted {
        Counted::Done(answer) => answer,
        Counted::Limited { limit, .. } => panic!("limited by {limit:?} without an attempt"),
    }
}

pub(crate) async fn open(store: &dyn Store, login: &NewLogin) -> Opening {
    uncounted(store.open(&[], login).await.unwrap())
}

/// An event, with the store operation that accepts it.
#[derive(Debug, Clone)]
pub(crate) enum StoreEvent {
    Apply(Transition),
    Scan(Scan),
    Confirm(Confirmation),
}

impl StoreEvent {
    /// Returns the event for the state machine of a login with this agreement.
    pub(crate) fn event(&self, agreement: &Agreement) -> Event {
        match self {
            Self::Apply(transition) => transition.event(),
            Self::Scan(scan) => scan.event(agreement.asks(&scan.person_tags)),
            Self::Confirm(confirmation) => confirmation.event(),
        }
    }

    /// Returns the change that the browser of a login with this request and agreement receives.
    pub(crate) fn change(&self, request: &LoginRequest, agreement: &Agreement) -> Change {
        match self {
            Self::Apply(transition) => transition.change(),
            Self::Scan(scan) => scan.change(agreement.asks(&scan.person_tags)),
            Self::Confirm(confirmation) => confirmation.change(request, agreement),
        }
    }

    pub(crate) fn precondition(&self) -> Precondition {
        match self {
            Self::Apply(transition) => transition.precondition(),
            Self::Scan(scan) => scan.precondition,
            Self::Confirm(_) => Precondition::None,
        }
    }

    /// Returns true for an event whose next state ends when the one before would.
    pub(crate) const fn keeps_the_time_limit(&self) -> bool {
        matches!(self, Self::Apply(Transition::Agree { .. }))
    }

    /// Replaces the precondition, if the event has one.
    pub(crate) fn under(mut self, new: Precondition) -> Self {
        match &mut self {
            Self::Scan(Scan { precondition, .. })
            | Self::Apply(
                Transition::Renew { precondition, .. }
                | Transition::Agree { precondition }
                | Transition::Cancel { precondition, .. }
                | Transition::Expire { precondition },
            ) => *precondition = new,
            Self::Apply(Transition::Reject { .. }) | Self::Confirm(_) => {}
        }
        self
    }

    /// Replaces the deadline of the next state, if it has one.
    pub(crate) fn lasting(mut self, time: Duration) -> Self {
        match &mut self {
            Self::Scan(Scan { lifetime, .. })
            | Self::Confirm(Confirmation { lifetime, .. })
            | Self::Apply(Transition::Renew { lifetime, .. }) => *lifetime = time,
            Self::Apply(_) => {}
        }
        self
    }
}

pub(crate) async fn apply(store: &dyn Store, id: LoginId, event: &StoreEvent) -> Applied {
    match event {
        StoreEvent::Apply(transition) => store.apply(id, transition).await.unwrap(),
        StoreEvent::Confirm(confirmation) => {
            uncounted(store.confirm(&[], id, confirmation).await.unwrap())
        }
        StoreEvent::Scan(scan) => match uncounted(store.scan(&[], id, scan).await.unwrap()) {
            Scanned::Claimed {
                instants,
                repeated: false,
                ..
            } => Applied::Changed(instants),
            Scanned::Claimed { instants, .. } => Applied::Repeated(instants),
            Scanned::Refused(refusal) => Applied::Refused(refusal),
            Scanned::ToCompare(_) => Applied::NotExpected,
            Scanned::Unknown => Applied::Unknown,
        },
    }
}

pub(crate) fn scan(by: &str) -> StoreEvent {
    StoreEvent::Scan(Scan {
        person: person(by),
        person_tags: vec![tag("former", by), tag("current", by)],
        masked_name: "示*".into(),
        precondition: Precondition::None,
        lifetime: MINUTE,
        compare: Compare::Done,
    })
}

pub(crate) fn reject(by: &str) -> StoreEvent {
    StoreEvent::Apply(Transition::Reject {
        person: person(by),
        reason: RejectReason::Declined,
    })
}

pub(crate) const CANCEL: Transition = Transition::Cancel {
    precondition: Precondition::None,
    reason: None,
};

/// Returns a person's tag under a secret of the cluster.
pub(crate) fn tag(secret: &str, name: &str) -> PersonTag {
    let mut bytes = [0; PersonTag::BYTES];
    for (byte, from) in bytes.iter_mut().zip(format!("{name} {secret}").bytes()) {
        *byte = from;
    }
    PersonTag::new(bytes)
}

/// Returns the agreement of a browser that knows these persons.
pub(crate) fn knowing(persons: &[&str]) -> Agreement {
    Agreement::Unless(persons.iter().map(|name| tag("current", name)).collect())
}

pub(crate) fn agree() -> StoreEvent {
    StoreEvent::Apply(Transition::Agree {
        precondition: Precondition::None,
    })
}

pub(crate) fn cancel_for(reason: CancelReason) -> StoreEvent {
    StoreEvent::Apply(Transition::Cancel {
        precondition: Precondition::None,
        reason: Some(reason),
    })
}

pub(crate) fn cancel() -> StoreEvent {
    StoreEvent::Apply(CANCEL)
}

pub(crate) fn expire() -> StoreEvent {
    StoreEvent::Apply(Transition::Expire {
        precondition: Precondition::None,
    })
}

pub(crate) fn renew(login: LoginId, seed: u8) -> StoreEvent {
    renew_to(
        ScanCode::from_random(login, [seed; 5]),
        UserCode::from_random([seed; 8]),
    )
}

pub(crate) fn renew_to(scan_code: ScanCode, user_code: UserCode) -> StoreEvent {
    StoreEvent::Apply(Transition::Renew {
        precondition: Precondition::None,
        scan_code,
        user_code,
        lifetime: MINUTE,
    })
}

/// Returns a confirm that issues [`code`] of this text.
pub(crate) fn confirm(by: &str, identity: &str, text: &str) -> StoreEvent {
    StoreEvent::Confirm(Confirmation {
        person: person(by),
        person_tag: tag("current", by),
        name: "示例\"甲\"".into(),
        identity: Identity {
            id: identity.into(),
            kind: IdentityKind::PERSONAL,
            name: "示例甲".into(),
            role: None,
        },
        claims: claims(),
        code: code(text),
        lifetime: MINUTE,
        same_user_code: true,
        is_expected: true,
    })
}

pub(crate) fn code(text: &str) -> AuthorizationCode {
    let mut bytes = [0; 32];
    bytes[..text.len()].copy_from_slice(text.as_bytes());
    AuthorizationCode::from_random(id(1), bytes)
}

/// Returns the right client's redemption of the code of this text.
pub(crate) fn redemption(text: &str, access_token: &str) -> Redemption<'static> {
    Redemption {
        code: code(text).digest(),
        origin: CodeOrigin::Login,
        client_id: "hall",
        redirect_uri: "https://hall.example/callback",
        verifier: PresentedVerifier::Of(CodeChallenge::of("verifier")),
        is_proved: true,
        is_complete: true,
        access_token: digest(access_token),
        lifetime: MINUTE,
        session: None,
    }
}

/// Returns the grant of a confirm as `personal` at this time.
pub(crate) fn grant(by: &str, auth_time: u64) -> Grant {
    Grant {
        client_id: "hall".into(),
        redirect_uri: "https://hall.example/callback".into(),
        code_challenge: Some(CodeChallenge::of("verifier")),
        nonce: Some("n".into()),
        scope: "openid".into(),
        person: person(by),
        name: "示例\"甲\"".into(),
        identity: Identity {
            id: "personal".into(),
            kind: IdentityKind::PERSONAL,
            name: "示例甲".into(),
            role: None,
        },
        auth_time,
        claims: None,
        claims_request: None,
    }
}

/// Returns the claims about everyone who confirms.
pub(crate) fn claims() -> Claims {
    let mut claims = Claims::default();
    for (name, value) in [
        ("email", json!("jia\"@example.cn")),
        ("email_verified", json!(true)),
        ("groups", json!([])),
        ("updated_at", json!(1_790_000_000)),
    ] {
        claims.insert(known_claim(name).unwrap(), value);
    }
    claims
}

/// Returns an attempt with a limit of `burst` per minute.
pub(crate) fn attempt(burst: u32) -> Attempt<'static> {
    Attempt {
        limit: LimitName::ConfirmPerPerson,
        rate: Rate::new(burst, MINUTE),
        key: "p",
    }
}

pub(crate) async fn changed(store: &dyn Store, id: LoginId, event: &StoreEvent) {
    let applied = apply(store, id, event).await;
    assert!(matches!(applied, Applied::Changed(_)), "{applied:?}");
}
