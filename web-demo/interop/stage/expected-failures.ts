/** Steps that a client is expected to fail, with the reason. A test says when one of them passes. */

/** A step that a relying party can take. */
export type Step = "login" | "decline" | "refresh" | "logout";

const REFRESH = "the token endpoint takes no refresh tokens";
const LOGOUT = "there is no session at the provider";
const LATER = { refresh: REFRESH, logout: LOGOUT };

export const EXPECTED_FAILURES: Readonly<Record<string, Partial<Record<Step, string>>>> = {
  passport: LATER,
  "auth-js": { refresh: REFRESH },
  "better-auth": LATER,
  "oidc-client-ts": LATER,
  authlib: LATER,
  "authlib-pkce": { decline: "Authlib reads no error out of a posted form" },
  social: { refresh: REFRESH },
  mozilla: { logout: LOGOUT },
  query: LATER,
  "form-post-and-pkce": LATER,
};
