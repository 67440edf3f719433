/** Steps that a client is expected to fail, with the reason. A test says when one of them passes. */

/** A step that a relying party can take. */
export type Step = "login" | "decline" | "refresh" | "logout";

const EMAIL = "the gateway tells no e-mail address";
const DECLINE = "the hosted page does not go back after a decline";
const REFRESH = "there are no refresh tokens";
const LOGOUT = "there is no session at the provider";
const PKCE = "PKCE is required";

const without = (login: string) => ({ login, decline: DECLINE, refresh: REFRESH, logout: LOGOUT });

export const EXPECTED_FAILURES: Readonly<Record<string, Partial<Record<Step, string>>>> = {
  passport: without(EMAIL),
  "auth-js": without(EMAIL),
  "better-auth": without(EMAIL),
  "oidc-client-ts": without(EMAIL),
  authlib: without(PKCE),
  "authlib-pkce": without("the answer comes in the query alone"),
  allauth: without(PKCE),
  social: without(PKCE),
  mozilla: without(PKCE),
  query: without(PKCE),
  "form-post-and-pkce": without("the answer comes in the query alone"),
};
