/**
 * Script of the hosted pages: takes the browser back to the relying party, with the code or with an error. The login itself
 * does not know `state` and the way of the answer, so both may be as long as a request can hold.
 */
import { type LoginState, STORAGE_KEY } from "@saoma/client";
import type {} from "./define.ts";

/** Milliseconds after which a login that was declined, refused or given up goes back by itself. */
const BACK_AFTER_MS = 5_000;

/** The same after an end that the person at the browser may want to try again. */
const BACK_LATER_MS = 600_000;

/** Milliseconds that the browser has to leave the page before a button is offered. */
const CONTINUE_AFTER_MS = 3_000;

/** Milliseconds that the browser's session may take to begin. The login does not depend on it. */
const SESSION_WITHIN_MS = 2_000;

/** Header in which the page proves its login. */
const RECEIVE_KEY_HEADER = "saoma-receive-key";

/** The proof of the login of this page. */
interface Proof {
  readonly login_id: string;
  readonly receive_key: string;
}

/** A login without a code: the error's text for the developers of the relying party, and the wait before it goes back. */
interface Ending {
  readonly description: string;
  readonly backAfter: number;
}

const form = document.querySelector<HTMLFormElement>("#answer");
const login = document.querySelector("qr-login");
if (form !== null) login === null ? form.submit() : follow(login, form);

function follow(login: HTMLElement, form: HTMLFormElement): void {
  const button = form.querySelector("button");
  const note = form.querySelector("p");
  let answer: Readonly<Record<string, string>> = {};
  let timer: ReturnType<typeof setTimeout> | undefined;
  let proof: Proof | undefined;
  const show = (isShown: boolean, said = "") => {
    if (button !== null) button.hidden = !isShown;
    if (note !== null) note.textContent = said;
  };
  button?.addEventListener("click", () => send(form, answer));
  login.addEventListener("saoma-state", (event) => {
    const { state } = event;
    clearTimeout(timer);
    show(false);
    // A settled login is stored no longer.
    proof = storedProof() ?? proof;
    if (state.name === "confirmed") {
      event.preventDefault();
      // A code has no escapes, and stands last.
      answer = { code: state.redirectTo.slice(state.redirectTo.lastIndexOf("=") + 1) };
      void beginSession(form, proof).finally(() => send(form, answer));
      timer = setTimeout(() => {
        if (button !== null) button.textContent = button.dataset["continue"] ?? "";
        show(true);
      }, CONTINUE_AFTER_MS);
      return;
    }
    const ending = endingOf(state);
    if (ending === undefined) return;
    answer = { error: "access_denied", error_description: ending.description };
    show(true, ending.backAfter === BACK_AFTER_MS ? note?.dataset["text"] : "");
    timer = setTimeout(() => send(form, answer), ending.backAfter);
  });
}

/** Returns the proof of the login, which `<qr-login>` keeps for a reload of the page. */
function storedProof(): Proof | undefined {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null");
    return isProof(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

function isProof(stored: unknown): stored is Proof {
  return typeof stored === "object" && stored !== null && "login_id" in stored && "receive_key" in stored;
}

/** Keeps the person logged in in this browser, where the site has single sign-on. Without an answer they are not. */
async function beginSession(form: HTMLFormElement, proof: Proof | undefined): Promise<void> {
  const { sessions } = form.dataset;
  if (sessions === undefined || proof === undefined) return;
  try {
    const headers = { [RECEIVE_KEY_HEADER]: proof.receive_key };
    // `AbortSignal.timeout` is missing in Chrome before 103 and Safari before 16.
    const late = new AbortController();
    setTimeout(() => late.abort(), SESSION_WITHIN_MS);
    await fetch(sessions + proof.login_id, { method: "POST", headers, signal: late.signal });
  } catch {
    // The next login takes the phone again.
  }
}

function endingOf(state: LoginState): Ending | undefined {
  switch (state.name) {
    case "rejected": {
      const description = state.reason === "declined" ? "the person declined on the phone" : "the identity may not log in now";
      return { description, backAfter: BACK_AFTER_MS };
    }
    case "cancelled":
      // A stranger had scanned the code: the person at the browser has not decided anything yet.
      if (state.reason === "not_me") return { description: "another person scanned the code", backAfter: BACK_LATER_MS };
      return { description: "the login was cancelled in the browser", backAfter: BACK_AFTER_MS };
    case "expired":
      return { description: "the login was not confirmed in time", backAfter: BACK_LATER_MS };
    case "refused":
      return { description: "the gateway refused to open the login", backAfter: BACK_LATER_MS };
    default:
      return undefined;
  }
}

/** Goes to the redirect URI with these parameters, the client's state and the issuer (RFC 6749 §4.1.2, RFC 9207). */
function send(form: HTMLFormElement, answer: Readonly<Record<string, string>>): void {
  const { mode, state, issuer = "" } = form.dataset;
  const parameters = { ...answer, ...(state !== undefined && { state }), iss: issuer };
  if (mode === "query") {
    const separator = form.action.includes("?") ? "&" : "?";
    location.assign(form.action + separator + new URLSearchParams(parameters).toString());
    return;
  }
  for (const old of form.querySelectorAll("input")) old.remove();
  for (const [name, value] of Object.entries(parameters)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  form.submit();
}
