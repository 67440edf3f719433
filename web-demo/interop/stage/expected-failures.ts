/** Steps that are not tried at a client, or that it is expected to fail, with the reason. */

/** A step that a relying party can take. */
export type Step = "login" | "decline" | "refresh" | "logout";

/** True with `LOGOUT` set: logs out at the gateway, too. Without it these steps are skipped, and clients keep no session there. */
export const LOGS_OUT = process.env["LOGOUT"] !== undefined;

/** Limits of the clients themselves. A test says when one of them is gone. */
export const EXPECTED_FAILURES: Readonly<Record<string, Partial<Record<Step, string>>>> = {
  "authlib-pkce": { decline: "Authlib reads no error out of a posted form" },
  query: { decline: "mod_auth_openidc 2.4.12 takes an error with `iss` in the query for a login that others begin" },
};
