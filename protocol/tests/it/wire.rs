//! The messages' exact form. The golden vectors are read by the TypeScript tests too.

use proptest::prelude::*;
use saoma_protocol::{
    CancelReason, ClientMessage, CodeChallenge, CodeChallengeMethod, DecodeError, LoginId,
    OpenRequest, PollAnswer, ReceiveKey, ResumeRequest, SealedPerson, ServerMessage,
};
use serde::Deserialize;
use serde_json::Value;

/// A golden message.
#[derive(Deserialize)]
pub(crate) struct Vector {
    pub name: String,
    pub from: Sender,
    pub text: String,
    pub valid: bool,
}

/// The sender of a message.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sender {
    Browser,
    Gateway,
}

/// Every golden message.
pub(crate) fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../vectors/messages.json")).unwrap()
}

#[test]
fn golden_vectors_are_read_and_written_as_they_stand() {
    for Vector {
        name,
        from,
        text,
        valid,
    } in vectors()
    {
        let again = match from {
            Sender::Browser => ClientMessage::decode(&text)
                .ok()
                .map(|message| serde_json::to_value(message).unwrap()),
            Sender::Gateway => serde_json::from_str::<ServerMessage>(&text)
                .ok()
                .map(|message| serde_json::to_value(message).unwrap()),
        };
        assert_eq!(again.is_some(), valid, "{name}");
        if let Some(again) = again.filter(|_| !name.contains("unknown member")) {
            assert_eq!(
                again,
                serde_json::from_str::<Value>(&text).unwrap(),
                "{name}"
            );
        }
    }
}

/// A golden answer to a poll.
#[derive(Deserialize)]
pub(crate) struct PollVector {
    pub name: String,
    pub text: String,
    pub valid: bool,
}

/// Every golden answer to a poll.
pub(crate) fn poll_vectors() -> Vec<PollVector> {
    serde_json::from_str(include_str!("../../vectors/poll-answers.json")).unwrap()
}

#[test]
fn golden_answers_to_polls_are_read_and_written_as_they_stand() {
    for PollVector { name, text, valid } in poll_vectors() {
        let again = serde_json::from_str::<PollAnswer>(&text)
            .map(|answer| serde_json::to_value(answer).unwrap());
        assert_eq!(again.is_ok(), valid, "{name}");
        if let Some(again) = again.ok().filter(|_| !name.contains("unknown member")) {
            assert_eq!(
                again,
                serde_json::from_str::<Value>(&text).unwrap(),
                "{name}"
            );
        }
    }
}

#[test]
fn an_unknown_type_is_told_apart_from_nonsense() {
    assert_eq!(
        ClientMessage::decode(r#"{"type":"dance"}"#),
        Err(DecodeError::UnknownType)
    );
    for nonsense in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"type":7}"#,
        r#"{"type":"resume"}"#,
    ] {
        assert!(
            matches!(
                ClientMessage::decode(nonsense),
                Err(DecodeError::Malformed(_))
            ),
            "{nonsense}"
        );
    }
}

fn any_message() -> impl Strategy<Value = ClientMessage> {
    let open = (any::<(
        String,
        String,
        Option<String>,
        Option<String>,
        String,
        Option<String>,
        Option<String>,
        Vec<String>,
        bool,
    )>())
    .prop_map(
        |(client_id, redirect_uri, state, nonce, scope, claims, locale, known, has_challenge)| {
            ClientMessage::Open(OpenRequest {
                code_challenge: has_challenge.then(|| CodeChallenge::of(&scope)),
                code_challenge_method: CodeChallengeMethod::S256,
                client_id,
                redirect_uri,
                state,
                nonce,
                scope,
                claims,
                locale,
                known: known.into_iter().map(SealedPerson::new).collect(),
            })
        },
    );
    let resume =
        any::<([u8; 15], [u8; 32], u32, Option<u32>)>().prop_map(|(id, key, last_seq, attempt)| {
            let (login_id, receive_key) = (LoginId::from_random(id), ReceiveKey::from_random(key));
            ClientMessage::Resume(ResumeRequest {
                login_id,
                receive_key,
                last_seq,
                attempt,
            })
        });
    prop_oneof![
        open,
        resume,
        Just(ClientMessage::Refresh),
        Just(ClientMessage::Agree),
        prop::option::of(Just(CancelReason::NotMe))
            .prop_map(|reason| ClientMessage::Cancel { reason }),
    ]
}

proptest! {
    #[test]
    fn messages_survive_their_text_also_with_members_of_a_later_version(message in any_message()) {
        let mut value = serde_json::to_value(&message).unwrap();
        prop_assert_eq!(ClientMessage::decode(&value.to_string()), Ok(message.clone()));
        value["of_a_later_version"] = serde_json::json!({ "x": [1] });
        prop_assert_eq!(ClientMessage::decode(&value.to_string()), Ok(message));
    }
}
