/* global ISSUER, CLIENT_ID, ORIGIN */
import { UserManager } from "oidc-client-ts";

const manager = new UserManager({
  authority: ISSUER,
  client_id: CLIENT_ID,
  redirect_uri: `${ORIGIN}/callback`,
  post_logout_redirect_uri: `${ORIGIN}/`,
  scope: "openid profile email offline_access",
  loadUserInfo: true,
  automaticSilentRenew: false,
});

const show = (name, value) => (document.getElementById(name).textContent = JSON.stringify(value ?? null));

Object.assign(window, {
  login: () => manager.signinRedirect(),
  logout: () => manager.signoutRedirect(),
  async renew() {
    const before = await manager.getUser();
    const after = await manager.signinSilent();
    show("user", after.profile);
    show("renewed", before.access_token !== after.access_token);
  },
});

if (location.pathname === "/callback") {
  try {
    await manager.signinCallback();
    history.replaceState(null, "", "/");
  } catch (error) {
    show("error", { error: error.error, message: error.message });
  }
}
show("user", (await manager.getUser())?.profile);
document.documentElement.dataset.ready = "";
