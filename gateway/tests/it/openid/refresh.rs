//! Refresh tokens: a module of the plans Basic OP and Form Post OP.

use super::sessions::SessionScene;
use super::{BearerIn, ClientAuth, RelyingParty, ResponseMode, Told, module};

/// Shows a refresh token as this client.
async fn refreshed(party: &RelyingParty, token: &str) -> Told {
    let form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    party.ask_token(form).await
}

module! {
    /// A refresh token gives a new one, and tokens of the same login (OIDC Core §12.2). Another client cannot use it, in
    /// whichever way the clients prove themselves, and its try changes nothing.
    async fn oidcc_refresh_token(mode: ResponseMode) {
        for auth in [ClientAuth::Basic, ClientAuth::Post] {
            let mut scene = SessionScene::start(mode).await;
            scene.scene.party.auth = auth;
            let (party, second) = (&scene.scene.party, scene.second());
            let told = scene.scene.tokens("openid offline_access").await;
            let first = party.verify(told.text("id_token")).await;
            let token = told.text("refresh_token");
            for _ in 0..2 {
                let stolen = refreshed(&second, token).await;
                assert_eq!((stolen.status, stolen.text("error")), (400, "invalid_grant"), "{auth:?}");
            }
            let renewed = refreshed(party, token).await;
            assert_eq!(renewed.status, 200, "{auth:?} {}", renewed.body);
            assert_ne!(renewed.text("refresh_token"), token);
            let next = party.verify(renewed.text("id_token")).await;
            for same in ["iss", "sub", "aud", "auth_time", "sid"] {
                assert_eq!(first[same], next[same], "{same}");
            }
            let access = renewed.text("access_token");
            assert_eq!(party.userinfo(access, BearerIn::GetHeader).await.status, 200);
        }
    }
}
