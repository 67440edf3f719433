//! What the scripts are given.

use std::time::Duration;

use saoma_protocol::{Digest, EventKind, Guard, Identity, LoginId, PersonId};
use serde::Serialize;

use super::answers::corrupt;
use crate::store::{
    Change, Confirmation, KEEP_ENDED, LoginRequest, NodeId, Proof, StoreError, Transition,
};

/// What `open.lua` reads.
#[derive(Serialize)]
pub(super) struct OpenArguments<'a> {
    pub(super) login_id: LoginId,
    /// Whether the script is to claim the user code too.
    pub(super) claims: bool,
    pub(super) receive_key: Digest,
    pub(super) scan_code: String,
    pub(super) user_code: String,
    pub(super) node: &'a NodeId,
    pub(super) request: String,
    /// As JSON, with its quotes.
    pub(super) answer_uri: String,
    pub(super) code_ms: u64,
    pub(super) waiting_ms: u64,
    pub(super) keep_ms: u64,
}

/// What `apply.lua` reads. Absent members are left out: cjson would make a truthy value of `null`.
#[derive(Serialize)]
pub(super) struct ApplyArguments<'a> {
    pub(super) login_id: LoginId,
    pub(super) guard: Guard,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) person: Option<&'a PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identity: Option<&'a str>,
    pub(super) proof: ProofArguments,
    /// Whether the answer is to say what the browser asked for.
    pub(super) asks: bool,
    /// A JSON object as text: the script puts its own members before. Without one it is a confirm, and the script makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) change: Option<String>,
    pub(super) lifetime_ms: u64,
    pub(super) keep_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) renewal: Option<Renewal>,
    /// What a confirm adds to the address where the browser wants its answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<String>,
    /// A JSON object as text. With `answer` the script adds the members of the browser's request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<Digest>,
}

impl<'a> ApplyArguments<'a> {
    /// An event whose caller knows all that comes of it.
    pub(super) fn of(login_id: LoginId, transition: &'a Transition) -> Result<Self, StoreError> {
        let Transition {
            event,
            proof,
            change,
            lifetime,
            grant,
        } = transition;
        Ok(Self {
            login_id,
            guard: event.kind().guard(),
            person: event.person(),
            identity: event.identity(),
            proof: proof_arguments(*proof),
            asks: false,
            change: Some(to_json(change)?),
            lifetime_ms: millis(*lifetime),
            keep_ms: millis(KEEP_ENDED),
            renewal: renewal(change),
            answer: None,
            grant: grant
                .as_ref()
                .map(|(_, grant)| to_json(grant))
                .transpose()?,
            code: grant.as_ref().map(|(code, _)| *code),
        })
    }

    /// A confirm, which the script joins with what the browser asked for.
    pub(super) fn confirming(
        login_id: LoginId,
        confirmation: &'a Confirmation,
    ) -> Result<Self, StoreError> {
        let Confirmation {
            person,
            name,
            identity,
            code,
            lifetime,
        } = confirmation;
        Ok(Self {
            login_id,
            guard: EventKind::Confirm.guard(),
            person: Some(person),
            identity: Some(&identity.id),
            proof: proof_arguments(Proof::Held),
            asks: false,
            change: None,
            lifetime_ms: millis(*lifetime),
            keep_ms: millis(KEEP_ENDED),
            renewal: None,
            answer: Some(LoginRequest::answer_parameter(code)),
            grant: Some(to_json(&GrantedPerson {
                person,
                name,
                identity,
            })?),
            code: Some(code.digest()),
        })
    }
}

/// The members of a [`crate::store::Grant`] that the phone's side knows.
#[derive(Serialize)]
struct GrantedPerson<'a> {
    person: &'a PersonId,
    name: &'a str,
    identity: &'a Identity,
}

/// Which field of the login must hold what.
#[derive(Serialize)]
pub(super) struct ProofArguments {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Renewal {
    pub(super) scan_code: String,
    pub(super) user_code: String,
}

/// What `redeem.lua` reads.
#[derive(Serialize)]
pub(super) struct RedeemArguments {
    pub(super) guard: Guard,
    pub(super) code: Digest,
    pub(super) tries: u32,
    pub(super) token: Digest,
    pub(super) token_ms: u64,
    pub(super) keep_ms: u64,
}

pub(super) fn proof_arguments(proof: Proof) -> ProofArguments {
    let (field, value) = match proof {
        Proof::Held => {
            return ProofArguments {
                field: None,
                value: None,
            };
        }
        Proof::ScanCode(code) => ("scan_code", code.to_string()),
        Proof::UserCode(code) => ("user_code", code.to_string()),
        Proof::ReceiveKey(key) => ("receive_key", key.to_string()),
        Proof::Seq(seq) => ("seq", seq.to_string()),
    };
    ProofArguments {
        field: Some(field),
        value: Some(value),
    }
}

pub(super) fn renewal(change: &Change) -> Option<Renewal> {
    match change {
        Change::Renewed {
            scan_code,
            user_code,
        } => Some(Renewal {
            scan_code: scan_code.to_string(),
            user_code: user_code.to_string(),
        }),
        _ => None,
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt(&error.to_string()))
}
