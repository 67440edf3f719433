//! Single sign-on within sessions at the provider.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use saoma_gateway::store::{
    CodeOrigin, EndReason, FamilyId, Grant, MAX_FAMILIES, Redeemed, Redemption, SessionBeginning,
    SessionJoin, SessionRecord, Store,
};
use saoma_protocol::{CodeChallenge, Digest};
use tokio::runtime::Handle;

use super::sessions::{
    begun, confirmed, end, granted, has_access, on, redeem, refresh_terms, session, terms,
};
use super::{
    MINUTE, Subject, changed, code, confirm, digest, id, new_login, on_each_store, open, scan,
};

on_each_store!(
    an_undone_second_login_leaves_the_first,
    a_browser_with_its_key_begins_a_session,
    a_code_of_single_sign_on_redeems_once,
    a_code_of_an_ended_session_redeems_nothing,
    a_code_of_single_sign_on_needs_the_terms_of_its_client,
    of_many_browsers_at_once_one_has_the_session,
    families_of_one_client_are_bounded,
);

async fn an_undone_second_login_leaves_the_first(subject: Subject) {
    let store = &*subject.store;
    begun_for_browser(store, 1).await;
    granted(store, 1, &on(terms(), "token")).await;
    let origin = joined(store, 1, "sso code", "hall").await.unwrap();
    granted(store, 1, &of_session("sso code", "hall", "second token")).await;
    let undone = store.undo_redemption(id(1), origin, digest("second token"));
    undone.await.unwrap();
    let kept = session(store, 1).await.unwrap();
    assert_eq!(kept.client("hall").unwrap().untold, Some(0));
    assert!(has_access(store, 1, "token").await);
    assert!(!has_access(store, 1, "second token").await);
}

async fn a_browser_with_its_key_begins_a_session(subject: Subject) {
    let store = &*subject.store;
    open(store, &new_login(1)).await;
    changed(store, id(1), &scan("p")).await;
    let before = begin(store, 1, "key", "cookie").await;
    assert_eq!(before, None, "it is not confirmed");
    changed(store, id(1), &confirm("p", "personal", "code")).await;
    assert_eq!(begin(store, 1, "another key", "cookie").await, None);
    for _ in 0..2 {
        let begun = begin(store, 1, "key", "cookie").await.unwrap();
        assert_eq!(begun.cookie, Some(digest("cookie")));
        assert_eq!(begun.clients, []);
    }
    assert_eq!(begin(store, 1, "key", "another cookie").await, None);
    let sessions = store.sessions();
    let found = sessions.session_of_browser(id(1), digest("another cookie"));
    assert_eq!(found.await.unwrap(), None);
    granted(store, 1, &on(terms(), "token")).await;
    let found = sessions.session_of_browser(id(1), digest("cookie"));
    assert_eq!(found.await.unwrap().unwrap().clients.len(), 1);
    // A session that the redemption has begun takes a cookie too.
    begun(store, 2, "personal").await;
    let later = begin(store, 2, "key", "cookie").await.unwrap();
    assert_eq!(later.clients.len(), 1);
    end(store, 2, EndReason::Person).await;
    assert_eq!(begin(store, 2, "key", "cookie").await, None);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
}

async fn a_code_of_single_sign_on_redeems_once(subject: Subject) {
    let store = &*subject.store;
    begun_for_browser(store, 1).await;
    granted(store, 1, &on(terms(), "token")).await;
    joined(store, 1, "sso code", "portal").await.unwrap();
    let wrong = of_session("another code", "portal", "t");
    assert_eq!(redeem(store, 1, &wrong).await, Redeemed::Invalid);
    let other = of_session("sso code", "hall", "t");
    assert_eq!(redeem(store, 1, &other).await, Redeemed::Mismatched);
    let right = of_session("sso code", "portal", "portal's");
    let redeemed = granted(store, 1, &right).await;
    assert_eq!(redeemed.client_id, "portal");
    assert_eq!(granted(store, 1, &right).await, redeemed, "a repeat");
    let access = store.access(id(1), digest("portal's")).await.unwrap();
    assert_eq!(access, Some(redeemed));
    assert!(has_access(store, 1, "token").await);
    let both = session(store, 1).await.unwrap();
    assert_eq!(both.clients.len(), 2);
    assert_eq!(subject.keys_without_end(), Vec::<String>::new());
    let replay = redeem(store, 1, &of_session("sso code", "portal", "t")).await;
    assert_eq!(replay, Redeemed::Replayed { ends_session: true });
    assert!(!has_access(store, 1, "portal's").await);
    assert!(
        !has_access(store, 1, "token").await,
        "the session has ended"
    );
}

async fn a_code_of_an_ended_session_redeems_nothing(subject: Subject) {
    let store = &*subject.store;
    begun_for_browser(store, 1).await;
    joined(store, 1, "sso code", "portal").await.unwrap();
    end(store, 1, EndReason::RelyingParty).await;
    let redeemed = redeem(store, 1, &of_session("sso code", "portal", "t")).await;
    assert_eq!(redeemed, Redeemed::Invalid);
    let own = redeem(store, 1, &on(terms(), "token")).await;
    assert_eq!(own, Redeemed::Invalid, "neither does the login's own");
    assert_eq!(joined(store, 1, "another", "portal").await, None);
}

/// As of a client whose single sign-on was taken out of the settings meanwhile.
async fn a_code_of_single_sign_on_needs_the_terms_of_its_client(subject: Subject) {
    let store = &*subject.store;
    begun_for_browser(store, 1).await;
    joined(store, 1, "sso code", "portal").await.unwrap();
    let without = Redemption {
        session: None,
        ..of_session("sso code", "portal", "t")
    };
    assert_eq!(redeem(store, 1, &without).await, Redeemed::Invalid);
    assert!(!has_access(store, 1, "t").await);
    assert_eq!(session(store, 1).await.unwrap().clients, []);
    granted(store, 1, &of_session("sso code", "portal", "t")).await;
    assert!(has_access(store, 1, "t").await);
}

async fn of_many_browsers_at_once_one_has_the_session(subject: Subject) {
    let store = &*subject.store;
    for number in 1..=20 {
        confirmed(store, number, "openid", "personal").await;
        let beginnings = (0..4).map(|browser| {
            let (store, runtime) = (Arc::clone(&subject.store), Handle::current());
            tokio::task::spawn_blocking(move || {
                let cookie = format!("cookie {browser}");
                runtime.block_on(begin(&*store, number, "key", &cookie))
            })
        });
        let begun = join_all(beginnings).await;
        let begun: Vec<_> = begun.into_iter().filter_map(Result::unwrap).collect();
        let [one] = &begun[..] else {
            panic!("{begun:?}")
        };
        assert_eq!(session(store, number).await.unwrap().cookie, one.cookie);
    }
}

async fn families_of_one_client_are_bounded(subject: Subject) {
    let store = &*subject.store;
    begun_for_browser(store, 1).await;
    for number in 0..=MAX_FAMILIES {
        let number = u8::try_from(number).unwrap();
        let code = format!("sso code {number}");
        joined(store, 1, &code, "portal").await.unwrap();
        let mut always = refresh_terms(number);
        if let Some(family) = &mut always.refresh {
            family.needs_scope = false;
            // Ends in the order of the numbers, also within one millisecond.
            family.absolute += Duration::from_secs(number.into());
        }
        let redemption = Redemption {
            session: Some(always),
            ..of_session(&code, "portal", &format!("token {number}"))
        };
        granted(store, 1, &redemption).await;
    }
    let families = session(store, 1).await.unwrap().families;
    assert_eq!(families.len(), MAX_FAMILIES);
    let oldest = FamilyId::new([0; 8]);
    assert!(families.iter().all(|family| family.id != oldest));
}

/// Begins the session of this number for a browser, before its code is redeemed.
pub(super) async fn begun_for_browser(store: &dyn Store, number: u8) -> SessionRecord {
    confirmed(store, number, "openid", "personal").await;
    begin(store, number, "key", "cookie").await.unwrap()
}

async fn begin(store: &dyn Store, number: u8, key: &str, cookie: &str) -> Option<SessionRecord> {
    let beginning = SessionBeginning {
        receive_key: digest(key),
        cookie: digest(cookie),
        lifetime: MINUTE * 10,
    };
    let begun = store.sessions().begin_session(id(number), &beginning);
    begun.await.unwrap()
}

pub(super) async fn joined(
    store: &dyn Store,
    number: u8,
    code: &str,
    client: &str,
) -> Option<CodeOrigin> {
    let session = session(store, number).await.unwrap();
    let join = SessionJoin {
        cookie: digest("cookie"),
        code: self::code(code).digest(),
        grant: Grant {
            client_id: client.into(),
            nonce: None,
            code_challenge: Some(CodeChallenge::of("verifier")),
            ..session.grant
        },
        code_lifetime: MINUTE,
    };
    let joined = store.sessions().join_session(id(number), &join).await;
    joined.unwrap().then_some(CodeOrigin::Session(join.code))
}

/// Returns a client's redemption of a code of single sign-on.
pub(super) fn of_session(code: &str, client: &'static str, token: &str) -> Redemption<'static> {
    let code: Digest = self::code(code).digest();
    Redemption {
        code,
        origin: CodeOrigin::Session(code),
        client_id: client,
        ..on(terms(), token)
    }
}
