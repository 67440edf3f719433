//! What the scripts are given.

use std::time::Duration;

use saoma_protocol::{Digest, Guard, LoginId, PersonId};
use serde::Serialize;

use super::answers::corrupt;
use crate::store::{Change, NodeId, Proof, StoreError};

/// What `open.lua` reads.
#[derive(Serialize)]
pub(super) struct OpenArguments<'a> {
    pub(super) receive_key: Digest,
    pub(super) scan_code: String,
    pub(super) user_code: String,
    pub(super) node: &'a NodeId,
    pub(super) request: String,
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
    /// A JSON object as text: the script puts its own members before.
    pub(super) change: String,
    pub(super) lifetime_ms: u64,
    pub(super) keep_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) renewal: Option<Renewal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) grant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<Digest>,
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
        Proof::Held => return ProofArguments { field: None, value: None },
        Proof::ScanCode(code) => ("scan_code", code.to_string()),
        Proof::UserCode(code) => ("user_code", code.to_string()),
        Proof::ReceiveKey(key) => ("receive_key", key.to_string()),
        Proof::Seq(seq) => ("seq", seq.to_string()),
    };
    ProofArguments { field: Some(field), value: Some(value) }
}

pub(super) fn renewal(change: &Change) -> Option<Renewal> {
    match change {
        Change::Renewed { scan_code, user_code } => {
            Some(Renewal { scan_code: scan_code.to_string(), user_code: user_code.to_string() })
        }
        _ => None,
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| corrupt(&error.to_string()))
}
