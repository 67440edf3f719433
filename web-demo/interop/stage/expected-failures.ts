/** Steps that are not tried at a client, or that it is expected to fail, with the reason. */

/** A step that a relying party can take. */
export type Step = "login" | "decline" | "refresh" | "logout";

type Reasons = Readonly<Record<string, Partial<Record<Step, string>>>>;

const REFRESH = "the gateway gives no refresh tokens";
const LOGOUT = "the gateway keeps no session";

/** Steps that need what the gateway does not have yet. They are skipped. */
export const SKIPPED: Reasons = {
  passport: { refresh: REFRESH, logout: LOGOUT },
  "auth-js": { refresh: REFRESH },
  "better-auth": { refresh: REFRESH, logout: LOGOUT },
  "oidc-client-ts": { refresh: REFRESH, logout: LOGOUT },
  authlib: { refresh: REFRESH, logout: LOGOUT },
  social: { refresh: REFRESH },
  mozilla: { logout: LOGOUT },
  query: { refresh: REFRESH, logout: LOGOUT },
  "form-post-and-pkce": { refresh: REFRESH, logout: LOGOUT },
};

/** Limits of the clients themselves. A test says when one of them is gone. */
export const EXPECTED_FAILURES: Reasons = {
  "authlib-pkce": { decline: "Authlib reads no error out of a posted form" },
  query: { decline: "mod_auth_openidc 2.4.12 takes an error with `iss` in the query for a login that others begin" },
};
