// Made from the Rust types in protocol/src by `make regen`. Do not edit.

/**
 * Browser to gateway.
 */
export type ClientMessage = { "type": "open" } & OpenRequest | { "type": "resume" } & ResumeRequest | { "type": "refresh" } | { "type": "agree" } | { "type": "cancel", 
/**
 * The reason, if it is known.
 */
reason?: CancelReason, };

/**
 * An OpenID Connect authentication request (OIDC Core §3.1.2.1) with PKCE (RFC 7636).
 */
export type OpenRequest = { 
/**
 * The relying party.
 */
client_id: string, 
/**
 * The address to which the browser takes the code: exactly one that the client has registered.
 */
redirect_uri: string, 
/**
 * Comes back to the relying party as it was sent.
 */
state?: string, 
/**
 * Comes back in the ID token.
 */
nonce?: string, 
/**
 * Space-separated; holds `openid`.
 */
scope: string, 
/**
 * The PKCE challenge. Only confidential clients may leave it out, and only those that have registered so.
 */
code_challenge?: string, 
/**
 * The method by which the challenge was made. It is there without a challenge, too.
 */
code_challenge_method: CodeChallengeMethod, 
/**
 * Single claims that the relying party asks for, as JSON text (OIDC Core §5.5).
 */
claims?: string, 
/**
 * The page's language (BCP 47).
 */
locale?: string, 
/**
 * The persons whom the browser knows at this relying party, as `confirmed` gave them; the newest first, at most eight.
 * Values that the gateway cannot open are ignored. In an address, one text with the values separated by spaces.
 */
known?: Array<SealedPerson>, };

/**
 * A person whom a browser knows at one relying party, sealed by the gateway: opaque to everyone else. The browser gets it
 * with `confirmed`, keeps it, and sends it with its next `open`. It gives no access; it only spares the browser the
 * question whether it wants to be logged in as this person.
 */
export type SealedPerson = string;

/**
 * Proof of a login, and the newest change of it that the browser has seen.
 */
export type ResumeRequest = { 
/**
 * The login.
 */
login_id: string, 
/**
 * Its secret.
 */
receive_key: string, 
/**
 * The newest `seq` that the browser has seen. The messages after it follow.
 */
last_seq: number, 
/**
 * This connection's number among the browser's connections to the login; the connection that opened it has number 1.
 * If the gateway has seen a greater number, it treats this request as delayed. Without numbers the request that arrives
 * last is the newest.
 */
attempt?: number, };

/**
 * The method by which a challenge is made from its verifier.
 */
export type CodeChallengeMethod = "S256";

/**
 * Gateway to browser.
 */
export type ServerMessage = { "type": "opened", 
/**
 * 1.
 */
seq: number, 
/**
 * The login.
 */
login_id: string, 
/**
 * The secret by which this browser comes back.
 */
receive_key: string, 
/**
 * The text of the QR code.
 */
qr: string, 
/**
 * The code to type instead.
 */
user_code: string, 
/**
 * Seconds until the code is renewed.
 */
expires_in: number, 
/**
 * The gateway's clock, in Unix seconds.
 */
server_time: number, } | { "type": "renewed", 
/**
 * The number of this change.
 */
seq: number, 
/**
 * The text of the new QR code.
 */
qr: string, 
/**
 * The code to type instead.
 */
user_code: string, 
/**
 * Seconds until the code is renewed.
 */
expires_in: number, 
/**
 * The gateway's clock, in Unix seconds.
 */
server_time: number, } | { "type": "scanned", 
/**
 * The number of this change.
 */
seq: number, 
/**
 * The masked name.
 */
person: string, 
/**
 * Seconds that the person has to confirm.
 */
expires_in: number, 
/**
 * True if the person is new to this browser: it names the person and asks whether to go on. Until the browser
 * agrees, the person cannot confirm.
 */
agree?: boolean, } | { "type": "agreed", 
/**
 * The number of this change.
 */
seq: number, 
/**
 * Seconds that the person has left to confirm: the agreement does not prolong them.
 */
expires_in: number, } | { "type": "confirmed", 
/**
 * The number of this change.
 */
seq: number, 
/**
 * The redirect URI with `code`, `state` and `iss` (RFC 9207).
 */
redirect_to: string, 
/**
 * The person, for the browser to keep and to send with its next `open` at this relying party.
 */
known?: SealedPerson, } | { "type": "rejected", 
/**
 * The number of this change.
 */
seq: number, 
/**
 * The decision's source.
 */
reason: RejectReason, } | { "type": "cancelled", 
/**
 * The number of this change.
 */
seq: number, 
/**
 * The reason that the browser gave.
 */
reason?: CancelReason, } | { "type": "expired", 
/**
 * The number of this change.
 */
seq: number, } | { "type": "heartbeat", 
/**
 * Seconds until the next one, at most. A connection that is silent for much longer is broken.
 */
next_within: number, } | { "type": "error", 
/**
 * The code, for programs.
 */
error: ErrorCode, 
/**
 * The same for people who read logs.
 */
error_description: string, 
/**
 * Seconds until it is worth trying again.
 */
retry_after?: number, };

/**
 * The source of a rejection. Only the phone is told the reason of a refused identity.
 */
export type RejectReason = "declined" | "identity_refused";

/**
 * The reason for which a browser gives a login up.
 */
export type CancelReason = "not_me";

/**
 * The optional body of a request that gives a login up.
 */
export type CancelRequest = { 
/**
 * The reason, if it is known.
 */
reason?: CancelReason, };

/**
 * The answer to a poll.
 */
export type PollAnswer = { 
/**
 * The messages after the `seq` that the poll named, in order.
 */
messages: Array<ServerMessage>, 
/**
 * The close of the poll: the browser obeys its code instead of polling again.
 */
close?: CloseNotice, };

/**
 * The close of an event stream or a poll, which have no close frame: the content of `close`.
 */
export type CloseNotice = { 
/**
 * The close code of a socket.
 */
code: number, 
/**
 * Milliseconds until this browser comes back, with 1012.
 */
retry_after_ms?: number, };

/**
 * A stable code for programs. Sockets send it in an `error` message, HTTP in a [`Problem`].
 */
export type ErrorCode = "unsupported_version" | "invalid_request" | "unknown_type" | "origin_not_allowed" | "unknown_client" | "redirect_uri_not_allowed" | "invalid_scope" | "unknown_login" | "superseded" | "unknown_code" | "not_a_login_code" | "invalid_token" | "already_scanned" | "already_decided" | "login_expired" | "not_scanned" | "not_agreed" | "not_compared" | "identity_not_allowed" | "identity_refused" | "too_many_requests" | "temporarily_unavailable" | "not_found" | "method_not_allowed" | "request_too_large" | "server_error";

/**
 * A problem document (RFC 9457), `application/problem+json`.
 */
export type Problem = { 
/**
 * `urn:saoma:error:` and the code.
 */
type: string, 
/**
 * The code in a few words.
 */
title: string, 
/**
 * The HTTP status, again.
 */
status: number, 
/**
 * The problem in this request, and a way to solve it.
 */
detail: string, 
/**
 * The code.
 */
error: ErrorCode, 
/**
 * With `identity_refused`, the reason in the words of the app's backend; with `already_decided`, the browser's.
 */
reason?: string, 
/**
 * With `identity_refused` at a confirm: the login is still scanned, so that the person may choose another identity.
 */
may_choose_again?: boolean, 
/**
 * Seconds until it is worth trying again; the same as the header `Retry-After`.
 */
retry_after?: number, 
/**
 * The subprotocols that are served.
 */
supported?: Array<string>, 
/**
 * The id of the request in the gateway's log; the same as the header `X-Request-Id`. People who ask for help give it.
 */
request_id?: string, };

/**
 * A scanned or typed code.
 */
export type ScanRequest = { 
/**
 * As the camera read it.
 */
qr: string, } | { 
/**
 * In any case, with or without the hyphen.
 */
user_code: string, };

/**
 * The browser's request as the person must see it before confirming: site, browser, place and time (RFC 8628 §5.4,
 * BCP 247).
 */
export type ScanContext = { 
/**
 * The login.
 */
login_id: string, 
/**
 * The site that the browser will be logged in to.
 */
client: ClientContext, 
/**
 * The browser that asks.
 */
requester: RequesterContext, 
/**
 * The browser's network, compared with the phone's own.
 */
network: Network, 
/**
 * The time of the request, in Unix seconds.
 */
requested_at: number, 
/**
 * Seconds left to confirm.
 */
expires_in: number, 
/**
 * The person's name, for "is this you?".
 */
person: string, 
/**
 * The identities that the person may log in with.
 */
identities: Array<Identity>, 
/**
 * True if the person is new to this browser: it is being asked whether to go on, and a confirm is refused with
 * `not_agreed` until it agrees.
 */
agree?: boolean, 
/**
 * Seconds for which other sites may log the browser in as this person, without asking the phone (single sign-on).
 * Absent if none may. The app says so beside the site's name.
 */
session_lifetime?: number, 
/**
 * The device that asks, in place of a browser. The app shows its code, and asks whether the device shows the same.
 */
device?: DeviceContext, };

/**
 * A device that asks to be logged in (RFC 8628 §3.3.1, §5.4).
 */
export type DeviceContext = { 
/**
 * The code that the device shows.
 */
user_code: string, };

/**
 * A relying party as people know it.
 */
export type ClientContext = { 
/**
 * Its registered id.
 */
client_id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * The origin where the browser lands; empty for a device, which lands nowhere.
 */
origin: string, };

/**
 * A browser as far as the gateway can tell.
 */
export type RequesterContext = { 
/**
 * The IP address of the request. If `place` is `unknown`, it may be that of a proxy.
 */
address: string, 
/**
 * The distance of the browser from the gateway.
 */
place: Place, 
/**
 * A name of the place, such as a city. This gateway does not send it.
 */
place_name?: string, 
/**
 * The browser's name and version, by its own words.
 */
browser?: string, 
/**
 * The operating system, by the browser's own words.
 */
system?: string, };

/**
 * The scope of an address.
 */
export type Place = "same_machine" | "local_network" | "internet" | "unknown";

/**
 * The browser's network as the phone sees it.
 */
export type Network = "same" | "different" | "unknown";

/**
 * One of the identities that a person may log in with.
 */
export type Identity = { 
/**
 * Names the identity among the person's identities, such as `personal` or `unit:90001`.
 */
id: string, 
/**
 * The kind of identity.
 */
kind: IdentityKind, 
/**
 * The person's or the unit's name.
 */
name: string, 
/**
 * The person's role in the unit.
 */
role?: IdentityRole, };

/**
 * The kind of an identity. An open string: `personal`, `unit` and `other` are registered, and a receiver shows an
 * identity of any other kind by its name.
 */
export type IdentityKind = string;

/**
 * The person's role in a unit, in the words of the app's backend. An open string: a receiver shows an identity with a
 * role that it does not know by the identity's name.
 */
export type IdentityRole = string;

/**
 * The choice of the person.
 */
export type ConfirmRequest = { 
/**
 * The id of the chosen identity.
 */
identity: string, 
/**
 * True if the person has compared the device's code on both screens; required for a device, and ignored for a browser.
 */
same_user_code?: boolean, };

/**
 * The answer to a confirm or a reject: the first one and each repeat.
 */
export type Decision = { 
/**
 * The status of the login from now on.
 */
status: DecisionStatus, };

/**
 * A person's decision about a login.
 */
export type DecisionStatus = "confirmed" | "rejected";

/**
 * The sessions of a person, newest first.
 */
export type SessionList = { 
/**
 * Those that have not ended.
 */
sessions: Array<SessionSummary>, };

/**
 * A session of a person: a browser that sites keep logged in.
 */
export type SessionSummary = { 
/**
 * Its id: that of the login that began it, and the `sid` of its ID tokens.
 */
sid: string, 
/**
 * The sites that it has logged the browser in to.
 */
clients: Array<SessionSite>, 
/**
 * The browser that began it.
 */
requester: RequesterContext, 
/**
 * The identity that the person chose.
 */
identity: Identity, 
/**
 * Its beginning, in Unix seconds.
 */
began_at: number, 
/**
 * Its last use, in Unix seconds.
 */
used_at: number, 
/**
 * Its end unless it is used, in Unix seconds.
 */
expires_at: number, };

/**
 * A site of a session.
 */
export type SessionSite = { 
/**
 * Its registered id.
 */
client_id: string, 
/**
 * Its name; the id if it is no longer registered.
 */
name: string, };

/**
 * The app's backend ends sessions: a card is lost, a delegation is withdrawn.
 */
export type BackendLogoutRequest = { 
/**
 * The person: the `sub` of introspection.
 */
sub: string, 
/**
 * The id of the identity whose sessions end; without it all of the person's end.
 */
identity?: string, 
/**
 * The reason for the gateway's log, such as `card_reported_lost`: at most 64 letters, digits and `_ - . :`.
 */
reason?: string, };

/**
 * The sessions that a request has ended.
 */
export type EndedSessions = { 
/**
 * Number of sessions. A repeat ends none.
 */
ended: number, };

/**
 * The answer of the app's backend about an access token (RFC 7662 §2.2), or the claims of a JWT that the backend signed.
 */
export type IntrospectionResponse = { 
/**
 * True while the token is valid. Every other member is absent when it is not.
 */
active: boolean, 
/**
 * The person's id at the app's backend.
 */
sub?: string, 
/**
 * The person's name. Browsers get it masked.
 */
name?: string, 
/**
 * The identities that the person may log in with. Where the member is absent and `refusal` too, the person logs in as
 * themselves; an empty list offers nobody.
 */
identities?: Array<OfferedIdentity>, 
/**
 * The reason that keeps the person from logging in now, such as `card_reported_lost`; absent in good standing.
 */
refusal?: string, 
/**
 * The phone's own IP address, as the backend sees it. The gateway compares it with the browser's.
 */
phone_address?: string, 
/**
 * The gateway's name at the backend, or several names: the token is meant for these (RFC 7519 §4.1.3).
 */
aud?: Audience, 
/**
 * The app that the token was issued to.
 */
client_id?: string, 
/**
 * The token's scopes, space-separated.
 */
scope?: string, 
/**
 * The token's end, in Unix seconds.
 */
exp?: number, 
/**
 * The token's beginning, in Unix seconds.
 */
nbf?: number, 
/**
 * `Bearer`, if the backend says so.
 */
token_type?: string, };

/**
 * The servers that a token is meant for: one name, or several.
 */
export type Audience = string | Array<string>;

/**
 * An identity and its own standing.
 */
export type OfferedIdentity = { 
/**
 * The reason that keeps the identity from being used now, such as `delegation_ended`; absent in good standing.
 */
refusal?: string, 
/**
 * Names the identity among the person's identities, such as `personal` or `unit:90001`.
 */
id: string, 
/**
 * The kind of identity.
 */
kind: IdentityKind, 
/**
 * The person's or the unit's name.
 */
name: string, 
/**
 * The person's role in the unit.
 */
role?: IdentityRole, };

/** The versions of the socket's messages, oldest first. */
export const SUBPROTOCOLS = ["saoma.v1"] as const;

/** The header in which a browser without a socket proves its login. */
export const RECEIVE_KEY_HEADER = "saoma-receive-key";

/** The longest that a poll is held, in seconds. */
export const MAX_POLL_WAIT_SECONDS = 25;

/** The number of persons that an `open` may name as known. */
export const MAX_KNOWN_PERSONS = 8;

/** Where a browser asks; `{login_id}` stands for the login. */
export const PATHS = {"agree":"/v1/logins/{login_id}/agree","cancel":"/v1/logins/{login_id}/cancel","events":"/v1/logins/{login_id}/events","logins":"/v1/logins","refresh":"/v1/logins/{login_id}/refresh","socket":"/v1/socket"} as const;
