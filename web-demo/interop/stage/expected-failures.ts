/** Steps that a client is expected to fail, with the reason. A test says when one of them passes. */

/** A step that a relying party can take. */
export type Step = "login" | "decline" | "refresh" | "logout";

const EMAIL = "the gateway tells no e-mail address";
const REFRESH = "there are no refresh tokens";
const LOGOUT = "there is no session at the provider";

const ALL = { login: EMAIL, refresh: REFRESH, logout: LOGOUT };

export const EXPECTED_FAILURES: Readonly<Record<string, Partial<Record<Step, string>>>> = {
  passport: ALL,
  "auth-js": ALL,
  "better-auth": ALL,
  "oidc-client-ts": ALL,
  authlib: ALL,
  "authlib-pkce": { ...ALL, decline: "Authlib reads no error out of a posted form" },
  allauth: ALL,
  social: ALL,
  mozilla: ALL,
  query: ALL,
  "form-post-and-pkce": ALL,
};
