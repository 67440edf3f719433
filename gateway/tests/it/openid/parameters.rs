//! Parameters of authentication requests: modules of the plans Basic OP and Form Post OP.

use serde_json::Value;

use super::{Authorized, RelyingParty, Request, ResponseMode, Scene, module};

/// Sends a request with this parameter, and lets a person log in.
async fn with(mode: ResponseMode, name: &str, value: &str) -> Value {
    let scene = Scene::start(mode).await;
    let request = scene.party.request("openid").with(name, value);
    scene.claims(&request).await
}

module! {
    async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let request = scene.party.request("openid").without("nonce");
        let claims = scene.claims(&request).await;
        assert!(claims.get("nonce").is_none());
    }
}

module! {
    /// The order of the scopes does not matter, and all that were granted are told.
    async fn oidcc_ensure_other_scope_order_succeeds(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let told = scene.tokens("profile openid").await;
        assert_eq!(told.text("scope"), "profile openid");
        let claims = scene.party.verify(told.text("id_token")).await;
        assert_eq!(claims["name"], "示例1");
    }
}

module! {
    async fn oidcc_display_page(mode: ResponseMode) {
        with(mode, "display", "page").await;
    }
}

module! {
    async fn oidcc_display_popup(mode: ResponseMode) {
        with(mode, "display", "popup").await;
    }
}

module! {
    async fn oidcc_prompt_none_not_logged_in(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let request = scene.party.request("openid").with("prompt", "none");
        assert_eq!(scene.refusal(&request).await, "login_required");
    }
}

module! {
    async fn oidcc_ensure_request_with_unknown_parameter_succeeds(mode: ResponseMode) {
        with(mode, "extra", "foobar").await;
    }
}

module! {
    async fn oidcc_login_hint(mode: ResponseMode) {
        with(mode, "login_hint", "buffy@login.example").await;
    }
}

module! {
    /// Languages that the page does not have are passed over.
    async fn oidcc_ui_locales(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let request = scene.party.request("openid").with("ui_locales", "se en");
        let page = scene.party.authorize(&request).await.page();
        assert!(page.html.contains("<html lang=\"en\">"), "{}", page.html);
        page.log_in(&scene.world, &scene.node, 1).await.checked(&scene.party, &request);
    }
}

module! {
    async fn oidcc_claims_locales(mode: ResponseMode) {
        with(mode, "claims_locales", "se").await;
    }
}

module! {
    /// The values are wishes: the ID token names the context that there was.
    async fn oidcc_ensure_request_with_acr_values_succeeds(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let supported = scene.party.provider["acr_values_supported"].as_array().unwrap();
        let values: Vec<&str> = supported.iter().map(|value| value.as_str().unwrap()).collect();
        let request = scene.party.request("openid").with("acr_values", &values.join(" "));
        let claims = scene.claims(&request).await;
        assert!(supported.contains(&claims["acr"]), "{claims}");
        let claims = with(mode, "acr_values", "urn:mace:incommon:iap:silver").await;
        assert_eq!(claims["acr"], "urn:saoma:acr:qr");
    }
}

module! {
    async fn oidcc_ensure_post_request_succeeds(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let request = scene.party.request("openid");
        let page = scene.party.authorize_by_post(&request).await.page();
        let answer = page.log_in(&scene.world, &scene.node, 1).await.checked(&scene.party, &request);
        assert_eq!(scene.party.redeem(&answer).await.status, 200);
    }
}

module! {
    /// A redirect URI that is not registered gets nothing, and the browser sees an error page.
    async fn oidcc_ensure_registered_redirect_uri(mode: ResponseMode) {
        let scene = Scene::start(mode).await;
        let request = scene.party.request("openid").with("redirect_uri", "https://hall.example/other");
        let answer = scene.party.authorize(&request).await;
        assert!(matches!(answer, Authorized::Stopped(400)), "{answer:?}");
    }
}

module! {
    /// Request objects by reference are not supported, as discovery says.
    async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(mode: ResponseMode) {
        let by = |party: &RelyingParty| party.request("openid").with("request_uri", "https://hall.example/request.jwt");
        let told = ("request_uri_parameter_supported", "request_uri_not_supported");
        refused_objects(mode, by, told).await;
    }
}

module! {
    /// Request objects by value are not supported, as discovery says.
    async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(mode: ResponseMode) {
        let by = |party: &RelyingParty| party.request("openid").with("request", UNSIGNED_OBJECT);
        refused_objects(mode, by, ("request_parameter_supported", "request_not_supported")).await;
    }
}

module! {
    /// A request object could name another redirect URI. None is read, so none can.
    async fn oidcc_ensure_request_object_with_redirect_uri(mode: ResponseMode) {
        let by = |party: &RelyingParty| party.request("openid").with("request", UNSIGNED_OBJECT);
        refused_objects(mode, by, ("request_parameter_supported", "request_not_supported")).await;
    }
}

/// `{"alg":"none"}` with the claim `redirect_uri` = `https://evil.example`, without a signature.
const UNSIGNED_OBJECT: &str =
    "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwuZXhhbXBsZSJ9.";

async fn refused_objects(
    mode: ResponseMode,
    request: impl Fn(&RelyingParty) -> Request,
    (supported, error): (&str, &str),
) {
    let scene = Scene::start(mode).await;
    assert_eq!(scene.party.provider[supported], false);
    assert_eq!(scene.refusal(&request(&scene.party)).await, error);
}
