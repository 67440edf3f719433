//! The claims that a grant holds.

use saoma_gateway::store::{ClaimsRequest, Opening, Redeemed};
use serde_json::Value;

use super::{
    Subject, changed, claims, confirm, id, new_login, on_each_store, open, redemption, scan,
    uncounted,
};

on_each_store!(a_grant_holds_the_claims_that_its_request_can_ask_for);

/// Personal data for which no request asks is not kept.
async fn a_grant_holds_the_claims_that_its_request_can_ask_for(subject: Subject) {
    let store = &*subject.store;
    let all = claims();
    for (number, scope, claims, kept) in [
        (1, "openid", "{}", &[][..]),
        (2, "openid made_up", "{}", &[]),
        (3, "openid email", "{}", &["email", "email_verified"]),
        (4, "profile openid groups", "{}", &["groups", "updated_at"]),
        (5, "openid", r#"{"userinfo":{"email":null}}"#, &["email"]),
        (
            6,
            "openid groups",
            r#"{"id_token":{"email_verified":{"essential":true}}}"#,
            &["email_verified", "groups"],
        ),
    ] {
        let mut login = new_login(number);
        scope.clone_into(&mut login.request.scope);
        let requested = ClaimsRequest::parse(claims).unwrap();
        login.request.claims_request = (!requested.is_empty()).then(|| Box::new(requested));
        assert!(matches!(open(store, &login).await, Opening::Opened { .. }));
        changed(store, id(number), &scan("p")).await;
        changed(store, id(number), &confirm("p", "personal", "code")).await;
        let redemption = redemption("code", "token");
        let redeemed = uncounted(store.redeem(&[], id(number), &redemption).await.unwrap());
        let Redeemed::Granted(grant) = redeemed else {
            panic!("{redeemed:?}")
        };
        let granted = serde_json::to_value(&grant.claims).unwrap();
        let mut expected = serde_json::Map::new();
        for name in kept {
            expected.insert((*name).to_owned(), all.get(name).unwrap().clone());
        }
        let expected = if expected.is_empty() {
            Value::Null
        } else {
            expected.into()
        };
        assert_eq!(granted, expected, "{scope} {claims}");
        assert_eq!(grant.claims_request, login.request.claims_request);
    }
}
