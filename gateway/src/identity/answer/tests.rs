//! Answers that are partly or wholly unusable.

use serde_json::json;

use super::*;

fn person(answer: Value) -> Result<Person, IdentityError> {
    let answer = BackendAnswer::read(answer.to_string().as_bytes()).expect("an answer");
    answer.person(&ClaimMap::default())
}

/// The ids that a person is offered, one of whose identities is `identity`.
fn offered_beside(identity: Value) -> Vec<String> {
    let personal = json!({ "id": "personal", "kind": "personal", "name": "示例甲" });
    let answer = json!({ "active": true, "sub": "c-1", "identities": [identity, personal] });
    let identities = person(answer).expect("a person").identities;
    let ids = identities.into_iter().map(|offered| offered.identity.id);
    ids.collect()
}

#[test]
fn an_inactive_token_is_invalid_with_any_other_members() {
    for answer in [
        json!({ "active": false, "sub": "c-1" }),
        json!({ "active": false, "sub": null, "name": null, "identities": null }),
        json!({ "active": false, "sub": 7, "identities": "none", "refusal": {} }),
        json!({}),
    ] {
        let refused = person(answer);
        assert!(
            matches!(refused, Err(IdentityError::Refused(_))),
            "{refused:?}"
        );
    }
}

#[test]
fn nonsense_is_not_taken_over() {
    let twins = json!([
        { "id": "a", "kind": "personal", "name": "x" },
        { "id": "a", "kind": "unit", "name": "y" }
    ]);
    for (nonsense, member) in [
        (json!({ "active": "true", "sub": "c" }), "active"),
        (json!({ "active": true }), "sub"),
        (json!({ "active": true, "sub": "" }), "sub"),
        (json!({ "active": true, "sub": 7 }), "sub"),
        (json!({ "active": true, "sub": "c".repeat(256) }), "sub"),
        (
            json!({ "active": true, "sub": "c\r\nSet-Cookie: a" }),
            "sub",
        ),
        (json!({ "active": true, "sub": "c\u{202e}1" }), "sub"),
        (json!({ "active": true, "sub": "c\0" }), "sub"),
        (json!({ "active": true, "sub": " " }), "sub"),
        (json!({ "active": true, "sub": "c-1 " }), "sub"),
        (json!({ "active": true, "sub": "c-1\u{fe0f}" }), "sub"),
        (json!({ "active": true, "sub": "c-1\u{ffff}" }), "sub"),
        (
            json!({ "active": true, "sub": "c", "identities": twins }),
            "identities",
        ),
        (
            json!({ "active": true, "sub": "c", "refusal": true }),
            "refusal",
        ),
    ] {
        let Err(IdentityError::Unavailable(cause)) = person(nonsense) else {
            panic!("{member} was taken over")
        };
        assert!(cause.to_string().starts_with(member), "{cause}");
    }
}

/// Row A2: an id is refused or kept as it is, never cut, because two persons could become one.
#[test]
fn an_id_at_its_bound_is_kept_as_it_is() {
    for sub in ["长".repeat(255), "a b:c/%40".to_owned()] {
        let person = person(json!({ "active": true, "sub": sub })).expect("a person");
        assert_eq!(person.id.as_str(), sub);
    }
}

#[test]
fn an_identity_that_cannot_be_read_is_left_out_and_the_others_are_offered() {
    for unreadable in [
        json!({ "kind": "unit", "name": "x" }),
        json!({ "id": null, "kind": "unit", "name": "x" }),
        json!({ "id": "", "kind": "unit", "name": "x" }),
        json!({ "id": 7, "kind": "unit", "name": "x" }),
        json!({ "id": "a".repeat(256), "kind": "unit", "name": "x" }),
        json!({ "id": "a\u{1b}[2J", "kind": "unit", "name": "x" }),
        json!({ "id": "a\u{e0100}", "kind": "unit", "name": "x" }),
        json!({ "id": " a", "kind": "unit", "name": "x" }),
        json!({ "id": "a", "kind": "unit" }),
        json!({ "id": "a", "kind": "unit", "name": {} }),
        json!({ "id": "a", "kind": "unit", "name": "\u{200b}" }),
        json!({ "id": "a", "kind": 7, "name": "x" }),
        json!({ "id": "a", "kind": "k".repeat(81), "name": "x" }),
        json!({ "id": "a", "kind": "unit", "name": "x", "role": ["operator"] }),
        json!({ "id": "a", "kind": "unit", "name": "x", "role": "ope\u{202e}rator" }),
        json!({ "id": "a", "kind": "unit", "name": "x", "refusal": true }),
        json!("personal"),
        json!(null),
    ] {
        assert_eq!(
            offered_beside(unreadable.clone()),
            ["personal"],
            "{unreadable}"
        );
    }
}

#[test]
fn an_unknown_kind_or_role_is_passed_on_as_text() {
    let answer = json!({ "active": true, "sub": "c-1", "identities": [
        { "id": "a", "kind": "franchise", "name": "示例店", "role": "店长" },
        { "id": "b", "name": "x", "role": null },
        { "id": "c", "kind": "", "name": "x", "role": "" },
    ] });
    let identities = person(answer).expect("a person").identities;
    let labels = identities.iter().map(|offered| {
        let Identity { kind, role, .. } = &offered.identity;
        (kind.as_str(), role.as_ref().map(IdentityRole::as_str))
    });
    let labels: Vec<_> = labels.collect();
    assert_eq!(
        labels,
        [
            ("franchise", Some("店长")),
            ("other", None),
            ("other", None)
        ]
    );
}

#[test]
fn identities_of_the_wrong_type_offer_nothing_and_a_name_of_the_wrong_type_is_ignored() {
    let person = person(json!({ "active": true, "sub": "c-1", "name": 7, "identities": "all" }));
    let person = person.expect("a person");
    assert_eq!((person.name.as_str(), person.identities.len()), ("", 0));
}

#[test]
fn the_phones_address_is_an_address_or_not_known() {
    let address = |text: Value| {
        let answer = json!({ "active": true, "sub": "c-1", "phone_address": text });
        let person = person(answer).expect("a person");
        person.phone_address.map(|ip| ip.to_string())
    };
    assert_eq!(
        address(json!("203.0.113.9")).as_deref(),
        Some("203.0.113.9")
    );
    assert_eq!(
        address(json!("2001:db8::1")).as_deref(),
        Some("2001:db8::1")
    );
    for unknown in [
        json!(null),
        json!(""),
        json!("phone.example"),
        json!("203.0.113.9:443"),
        json!(["203.0.113.9"]),
    ] {
        assert_eq!(address(unknown.clone()), None, "{unknown}");
    }
}

#[test]
fn a_long_list_is_cut() {
    let identity = |number: usize| json!({ "id": number.to_string(), "kind": "unit", "name": "x" });
    let identities: Vec<_> = (0..2 * MAX_IDENTITIES).map(identity).collect();
    let answer = json!({ "active": true, "sub": "c-1", "identities": identities });
    let person = person(answer).expect("a person");
    assert_eq!(person.identities.len(), MAX_IDENTITIES);
}

/// Row I3: a plain answer of RFC 7662, or the token of a common server, is enough to log in.
#[test]
fn i3_a_person_whose_backend_knows_no_identities_logs_in_as_themselves() {
    for (members, name) in [
        (json!({ "name": "示例甲", "username": "jia" }), "示例甲"),
        (json!({ "name": "", "preferred_username": "jia" }), "jia"),
        (json!({ "name": null, "username": "jia" }), "jia"),
        (
            json!({ "preferred_username": 7, "username": "\u{200b}" }),
            "c-1",
        ),
        (json!({ "refusal": null }), "c-1"),
    ] {
        let mut answer = json!({ "active": true, "sub": "c-1" });
        answer
            .as_object_mut()
            .expect("an object")
            .extend(members.as_object().expect("an object").clone());
        let person = person(answer.clone()).expect("a person");
        let [offered] = &person.identities[..] else {
            panic!("{answer}: {person:?}")
        };
        assert_eq!(offered.ineligible_reason, None);
        let Identity {
            id,
            kind,
            name: shown,
            role,
        } = &offered.identity;
        assert_eq!(
            (id.as_str(), kind, shown.as_str(), role),
            ("personal", &IdentityKind::PERSONAL, name, &None)
        );
        assert_eq!(person.name, name, "{answer}");
    }
}

/// Row I3: a backend that knows identities says who the person may be, also by offering none.
#[test]
fn i3_a_member_that_offers_nobody_offers_nobody() {
    for members in [
        json!({ "identities": [] }),
        json!({ "identities": null }),
        json!({ "identities": "all" }),
        json!({ "identities": [{ "id": 7 }] }),
        json!({ "refusal": "card_reported_lost" }),
    ] {
        let mut answer = json!({ "active": true, "sub": "c-1", "name": "示例甲" });
        answer
            .as_object_mut()
            .expect("an object")
            .extend(members.as_object().expect("an object").clone());
        let person = person(answer).expect("a person");
        assert!(person.identities.is_empty(), "{members} {person:?}");
    }
}
