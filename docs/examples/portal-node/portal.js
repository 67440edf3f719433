// A site that logs people in by OpenID Connect, with Node.js and openid-client.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import * as oidc from "openid-client";

const env = (name) => process.env[name] ?? fail(`set ${name}`);
const PORTAL_URL = new URL(env("PORTAL_URL")); // where browsers reach this site
const ISSUER = new URL(env("OIDC_ISSUER"));
const CLIENT_ID = env("OIDC_CLIENT_ID");
const CLIENT_SECRET = env("OIDC_CLIENT_SECRET");
const SESSION_MS = 3_600_000;

// Sessions by the value of the browser's cookie. Several processes would share a database instead.
const sessions = new Map();
setInterval(() => {
  for (const [id, session] of sessions) if (session.ends < Date.now()) sessions.delete(id);
}, 60_000).unref();

let discovered;
function provider() {
  // Plain HTTP is for trials on one machine.
  const options = ISSUER.protocol === "http:" ? { execute: [oidc.allowInsecureRequests] } : {};
  discovered ??= oidc.discovery(ISSUER, CLIENT_ID, CLIENT_SECRET, undefined, options).catch((error) => {
    discovered = undefined; // the next login tries again
    throw error;
  });
  return discovered;
}

async function login(session, response) {
  const verifier = oidc.randomPKCECodeVerifier();
  session.asked = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
  const parameters = {
    redirect_uri: new URL("/callback", PORTAL_URL).href,
    scope: "openid profile",
    state: session.asked.expectedState,
    nonce: session.asked.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  };
  redirect(response, oidc.buildAuthorizationUrl(await provider(), parameters));
}

async function callback(session, response, url) {
  const { asked } = session;
  delete session.asked; // each answer is for one request
  if (asked === undefined) return page(response, 400, { message: "This login is over. Please log in again." });
  try {
    const tokens = await oidc.authorizationCodeGrant(await provider(), url, { ...asked, idTokenExpected: true });
    const fresh = begin(response, { user: tokens.claims(), idToken: tokens.id_token });
    sessions.delete(session.id);
    return redirect(response, PORTAL_URL, fresh);
  } catch (error) {
    if (error instanceof oidc.AuthorizationResponseError && error.error === "access_denied")
      return page(response, 403, { message: "The login was declined or did not finish." });
    console.error("login failed:", error);
    return page(response, 400, { message: "The login failed. Please try again." });
  }
}

async function logout(session, response) {
  sessions.delete(session.id);
  const { end_session_endpoint } = (await provider()).serverMetadata();
  if (end_session_endpoint === undefined || session.idToken === undefined) return redirect(response, PORTAL_URL);
  const parameters = { id_token_hint: session.idToken, post_logout_redirect_uri: PORTAL_URL.href };
  redirect(response, oidc.buildEndSessionUrl(await provider(), parameters));
}

// Begins a session and leaves its cookie. A login gets a new one: the old value may be known to others.
function begin(response, content = {}) {
  const session = { id: randomBytes(32).toString("base64url"), ends: Date.now() + SESSION_MS, ...content };
  sessions.set(session.id, session);
  const secure = PORTAL_URL.protocol === "https:" ? "; Secure" : "";
  response.setHeader("Set-Cookie", `node_portal=${session.id}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${SESSION_MS / 1000}${secure}`);
  return session;
}

function sessionOf(request) {
  const id = /(?:^|; )node_portal=([^;]*)/.exec(request.headers.cookie ?? "")?.[1];
  const session = sessions.get(id);
  return session !== undefined && session.ends > Date.now() ? session : undefined;
}

const redirect = (response, url) => response.writeHead(303, { Location: String(url) }).end();
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function page(response, status, { user, message } = {}) {
  const identity = user?.identity ? `<p>You act as ${escape(user.identity.name)}.</p>` : "";
  const body = user
    ? `<p>Hello, ${escape(user.name ?? user.sub)}.</p>${identity}<form method="post" action="/logout"><button>Log out</button></form>`
    : `<p><a href="/login">Log in</a></p>`;
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" });
  response.end(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A portal</title>
<h1>A portal</h1>${message ? `<p role="status">${escape(message)}</p>` : ""}${body}</html>`);
}

async function answer(request, response) {
  const url = new URL(request.url, PORTAL_URL);
  const session = sessionOf(request);
  const route = `${request.method} ${url.pathname}`;
  if (route === "GET /") return page(response, 200, session);
  if (route === "GET /login") return login(session ?? begin(response), response);
  if (route === "GET /callback") return callback(session ?? {}, response, url);
  if (route === "POST /logout") return logout(session ?? {}, response);
  page(response, 404, { ...session, message: "There is no such page." });
}

const server = createServer((request, response) => {
  response.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'");
  answer(request, response).catch((error) => {
    console.error("request failed:", error);
    page(response, 503, { message: "Logging in is not possible at the moment." });
  });
});
server.listen(Number(env("PORT")), "127.0.0.1", () => console.log(`portal at ${PORTAL_URL.origin}`));

function fail(message) {
  console.error(message);
  process.exit(1);
}
