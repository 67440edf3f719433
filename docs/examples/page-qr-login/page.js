// A page without a server that shows the code itself by <qr-login>, as a public client.
import { CLIENT_ID, GATEWAY } from "./settings.js";

const REDIRECT_URI = new URL("./", location.href).href; // this page, without its query
const main = document.querySelector("main");

const say = (text) => (document.querySelector("[role=status]").textContent = text);
const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

// Shows a code. The tab keeps what its answer is compared with.
async function logIn() {
  const request = { state: random(), nonce: random(), verifier: random() };
  sessionStorage.setItem("request", JSON.stringify(request));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(request.verifier));
  await import(`${GATEWAY}/assets/qr-login.js`);
  const element = document.createElement("qr-login");
  const attributes = {
    gateway: GATEWAY,
    "client-id": CLIENT_ID,
    "redirect-uri": REDIRECT_URI,
    scope: "openid profile",
    state: request.state,
    "oidc-nonce": request.nonce,
    "code-challenge": base64url(new Uint8Array(digest)),
    locale: document.documentElement.lang,
  };
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.addEventListener("saoma-state", ({ state }) => {
    if (state.name === "rejected") say("You declined the login.");
    if (state.name === "waiting") say("");
  });
  main.replaceChildren(element);
}

// Redeems the code of the answer and returns the person's claims.
async function redeem(answer) {
  const request = JSON.parse(sessionStorage.getItem("request"));
  sessionStorage.removeItem("request"); // each answer is for one request
  if (request === null || answer.get("state") !== request.state) throw new Error("not an answer to this tab's request");
  if (answer.get("iss") !== GATEWAY) throw new Error("an answer of another provider");
  if (answer.has("error")) throw new Error(answer.get("error"));
  const form = {
    grant_type: "authorization_code",
    client_id: CLIENT_ID,
    redirect_uri: REDIRECT_URI,
    code: answer.get("code"),
    code_verifier: request.verifier,
  };
  const response = await fetch(`${GATEWAY}/oauth2/token`, { method: "POST", body: new URLSearchParams(form) });
  const tokens = await response.json();
  if (!response.ok) throw new Error(tokens.error);
  // The token came from the gateway itself over TLS, which stands for its signature (OIDC Core §3.1.3.7, item 6).
  const claims = decode(tokens.id_token.split(".")[1]);
  const isMine = claims.iss === GATEWAY && claims.aud === CLIENT_ID && claims.nonce === request.nonce;
  if (!isMine || claims.exp < Date.now() / 1000) throw new Error("the ID token is not for this request");
  return claims;
}

function decode(part) {
  const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function greet({ name, sub }) {
  const button = Object.assign(document.createElement("button"), { textContent: "Log out" });
  button.addEventListener("click", () => {
    sessionStorage.removeItem("person");
    main.replaceChildren();
    logIn().catch(failed);
  });
  main.replaceChildren(`Hello, ${name ?? sub}. `, button);
}

function failed(error) {
  console.error(error);
  say(error.message === "access_denied" ? "You declined the login." : "The login failed. Reload the page to try again.");
}

try {
  const answer = new URLSearchParams(location.search);
  if (answer.has("code") || answer.has("error")) {
    history.replaceState(null, "", REDIRECT_URI); // a reload must not send the code again
    sessionStorage.setItem("person", JSON.stringify(await redeem(answer)));
  }
  const person = JSON.parse(sessionStorage.getItem("person"));
  if (person === null) await logIn();
  else greet(person);
} catch (error) {
  failed(error);
}
