//! Each wish, with the session that meets it and the one that does not.

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

const POLICY: SignOnPolicy = SignOnPolicy {
    sso: Some(HOUR),
    asks: true,
};

const SESSION: SessionFacts<'static> = SessionFacts {
    sid: "S",
    subject: "p-1",
    age: Duration::from_secs(600),
    is_agreed: true,
};

fn hint(sub: &str, sid: Option<&str>) -> IdTokenHint {
    IdTokenHint::of(sub, "hall", sid)
}

fn wishes(query: &str) -> Wishes {
    let form = Form::parse(query.as_bytes()).expect("a form");
    let verify = |token: &str| Some(hint(token, None)).filter(|_| token != "forged");
    Wishes::read(&form, "hall", verify).expect("wishes")
}

fn refusal(decision: Decision) -> Option<&'static str> {
    match decision {
        Decision::Refuse(refused) => Some(refused.error),
        _ => None,
    }
}

#[test]
fn a_session_serves_a_request_whose_wishes_it_meets() {
    for (query, decision) in [
        ("", Decision::SignOn),
        ("prompt=none", Decision::SignOn),
        ("prompt=login", Decision::Page),
        ("prompt=select_account", Decision::Page),
        ("prompt=consent", Decision::Page),
        ("max_age=10000", Decision::SignOn),
        ("max_age=600", Decision::SignOn),
        ("max_age=599", Decision::Page),
        ("max_age=0", Decision::Page),
        ("id_token_hint=p-1", Decision::SignOn),
        ("id_token_hint=p-2", Decision::Page),
        ("id_token_hint=p-1&prompt=login", Decision::Page),
    ] {
        assert_eq!(
            wishes(query).decide(POLICY, Some(SESSION)),
            decision,
            "{query}"
        );
    }
}

#[test]
fn a_silent_request_is_answered_without_a_page() {
    let none = |query: &str| wishes(&format!("prompt=none&{query}"));
    for query in ["max_age=599", "max_age=0", "id_token_hint=p-2"] {
        let decision = none(query).decide(POLICY, Some(SESSION));
        assert_eq!(refusal(decision), Some("login_required"), "{query}");
    }
    let decision = none("").decide(POLICY, None);
    assert_eq!(refusal(decision), Some("login_required"));
    assert_eq!(wishes("").decide(POLICY, None), Decision::Page);
}

#[test]
fn a_client_is_served_by_its_own_policy_alone() {
    let decide = |policy, session| wishes("").decide(policy, Some(session));
    let off = SignOnPolicy {
        sso: None,
        ..POLICY
    };
    assert_eq!(decide(off, SESSION), Decision::Page);
    let old = SessionFacts {
        age: HOUR + Duration::from_secs(1),
        ..SESSION
    };
    assert_eq!(decide(POLICY, old), Decision::Page);
    let not_asked = SessionFacts {
        is_agreed: false,
        ..SESSION
    };
    assert_eq!(decide(POLICY, not_asked), Decision::Page);
    let asks_no_one = SignOnPolicy {
        asks: false,
        ..POLICY
    };
    assert_eq!(decide(asks_no_one, not_asked), Decision::SignOn);
}

#[test]
fn a_hint_names_the_session_or_the_person() {
    let with = |hint| Wishes {
        hint: Some(hint),
        ..Wishes::default()
    };
    for (hint, decision) in [
        (hint("p-1", Some("other")), Decision::SignOn),
        (hint("told otherwise", Some("S")), Decision::SignOn),
        (hint("p-2", Some("other")), Decision::Page),
    ] {
        assert_eq!(with(hint).decide(POLICY, Some(SESSION)), decision);
    }
}

#[test]
fn a_hint_of_others_is_refused() {
    for (query, client_id) in [
        ("id_token_hint=forged", "hall"),
        ("id_token_hint=p-1", "other"),
    ] {
        let form = Form::parse(query.as_bytes()).expect("a form");
        let verify = |token: &str| Some(hint(token, None)).filter(|_| token != "forged");
        let refused = Wishes::read(&form, client_id, verify).expect_err("a refusal");
        assert_eq!(refused.error, "invalid_request");
    }
}
