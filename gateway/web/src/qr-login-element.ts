/** The class of `<qr-login>`. */
import { INITIAL_STATE, LoginConnection, type LoginState, type ScannedState, type WaitingState } from "@saoma/client";
import { element } from "./dom.ts";
import { LoginStateEvent } from "./login-state-event.ts";
import { knownOf } from "./known-browser.ts";
import { PressGuard } from "./press-guard.ts";
import { drawQr } from "./qr-drawing.ts";
import { gatewayOf, localeOf, requestOf } from "./request.ts";
import { styles } from "./styles.ts";
import { type Texts, textsOf } from "./texts.ts";

/** Key of the drawn question, different from every code and every name of a state. */
const ASKED = "asked";

/** Seconds at which a screen reader hears the time that is left: every second would drown everything else. */
const ANNOUNCED_SECONDS = [60, 20, 0];

/** Milliseconds that the browser has to leave the page before a link is offered. */
const CONTINUE_LINK_AFTER_MS = 3000;

/** A narrow screen with a coarse pointer: a phone, which cannot scan its own screen. */
const PHONE = "(max-width: 30rem) and (pointer: coarse)";

/**
 * `<qr-login>`: shows a login's code, follows the login, and opens the redirect URI once it is confirmed. The module
 * `@saoma/qr-login/define` gives the element its tag.
 *
 * Attributes: `client-id`, `redirect-uri` (required), `code-challenge` (required, except for clients registered with
 * `pkce = "optional"`), `gateway` (its origin; that of the page by default), `state`, `oidc-nonce` (browsers hide an
 * attribute named `nonce`), `claims`, `scope` (`openid`), `locale` (the page's language by default), `app-link` (shown beside the
 * code on phones), `remember` (`cookie` keeps the values of a known browser in a cookie instead of the page's
 * `localStorage`). A change of `locale` or `app-link` draws the element anew; a change of any other opens a new login.
 *
 * Event: `saoma-state`, a {@link LoginStateEvent}. It also tells the page of a login that was declined, refused, given up
 * or not scanned in time (`rejected`, `cancelled`, `expired`): the element itself goes to the redirect URI with a code
 * only.
 */
export class QrLoginElement extends HTMLElement {
  static readonly observedAttributes = [
    "app-link",
    "claims",
    "client-id",
    "code-challenge",
    "gateway",
    "locale",
    "oidc-nonce",
    "redirect-uri",
    "scope",
    "state",
  ];

  #connection: LoginConnection | undefined;
  #state: LoginState = INITIAL_STATE;
  /** The code that is drawn, or the name of the state; empty if picture and buttons are out of date. */
  #drawn = "";
  /** The request of the connection, as {@link requestKey} returns it. */
  #request = "";
  readonly #guard = new PressGuard();
  #leaving = new AbortController();
  #isUpdateDue = false;
  #isLarge = false;
  #ticker: ReturnType<typeof setInterval> | undefined;
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #status = element("p", { class: "status", role: "status", part: "status" });
  readonly #body = element("div", { part: "body" });
  readonly #note = element("p", { class: "note", tabindex: "-1" });
  readonly #remaining = element("p", { class: "remaining" });
  readonly #actions = element("div", { class: "actions", part: "actions" });
  readonly #warning = element("p", { class: "warning" });

  connectedCallback(): void {
    this.#root.adoptedStyleSheets = [styles];
    this.#root.replaceChildren(this.#body, this.#status, this.#note, this.#remaining, this.#actions, this.#warning);
    this.#ticker = setInterval(() => this.#tick(), 1000);
    const { signal } = (this.#leaving = new AbortController());
    // A page that has just come to the front gets clicks that were meant for what lay above it.
    const comesToFront = () => isAsked(this.#state) && this.#guard.restart();
    addEventListener("focus", comesToFront, { signal });
    document.addEventListener("visibilitychange", comesToFront, { signal });
    this.#connect();
  }

  disconnectedCallback(): void {
    clearInterval(this.#ticker);
    this.#leaving.abort();
    this.#connection?.close();
    this.#connection = undefined;
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    // Attributes often change together: one update takes all of them.
    if (before === after || this.#isUpdateDue || !this.#connection) return;
    this.#isUpdateDue = true;
    queueMicrotask(() => this.#update());
  }

  #update(): void {
    this.#isUpdateDue = false;
    if (!this.#connection) return;
    if (this.#request === requestKey(this)) {
      this.#drawn = "";
      this.#render();
    } else {
      // The code on the screen is given up, so that it cannot be scanned any more.
      this.#connection.cancel();
      this.#connection.close();
      this.#connect();
    }
  }

  #connect(): void {
    this.#request = requestKey(this);
    this.#drawn = "";
    this.#connection = new LoginConnection({
      gateway: gatewayOf(this),
      request: requestOf(this),
      storage: safeSessionStorage(),
      known: knownOf(this),
    });
    this.#connection.subscribe((state) => this.#show(state));
  }

  #show(state: LoginState): void {
    this.#state = state;
    this.#render();
    const isAllowed = this.dispatchEvent(new LoginStateEvent(state));
    if (state.name === "confirmed" && isAllowed) this.#leave(state.redirectTo);
  }

  #render(): void {
    const state = this.#state;
    const wanted = "qr" in state ? state.qr : isAsked(state) ? ASKED : state.name;
    // Badge and status text change more often than picture and buttons.
    if (this.#drawn !== wanted) this.#draw(state);
    this.#drawn = wanted;
    this.#body.querySelector(".badge")?.remove();
    if ("connected" in state && !state.connected && state.name !== "loading") {
      this.#body.querySelector(".code")?.append(element("div", { class: "badge" }, this.#texts().reconnecting));
    }
    this.#tick();
  }

  #draw(state: LoginState): void {
    const asks = isAsked(state);
    // Without this, the keyboard's focus would go back to the top of the page. A question takes a focus that is nowhere, and
    // keeps it off its buttons, so that no key answers by accident.
    const takesFocus = this.#root.activeElement !== null || (asks && document.activeElement === document.body);
    // A second press of the answer must not cancel the login, nor skip what became of it.
    const isAnswered = this.#drawn === ASKED && (state.name === "scanned" || state.name === "cancelled");
    this.#guard.restart(asks || isAnswered);
    this.#warning.textContent = this.#texts().warning;
    this.#body.replaceChildren(this.#picture(state));
    this.#note.textContent = asks ? this.#texts().whyAsked : "";
    this.#status.className = asks ? "status question" : "status";
    this.#actions.className = asks ? "actions answer" : "actions";
    this.#actions.replaceChildren(...this.#buttons(state));
    if (takesFocus) (asks ? this.#note : this.#actions.querySelector<HTMLElement>("button, a"))?.focus();
  }

  #leave(redirectTo: string): void {
    location.assign(redirectTo);
    setTimeout(() => {
      const link = element("a", { class: "main", href: redirectTo }, this.#texts().goOn);
      this.#actions.replaceChildren(link);
    }, CONTINUE_LINK_AFTER_MS);
  }

  #statusText(state: LoginState): string {
    const texts = this.#texts();
    switch (state.name) {
      case "loading":
        return state.connected ? texts.loading : texts.unreachable;
      case "waiting":
        if (isRefreshHeldBack(state)) return texts.tooMany;
        return state.connected ? texts.waiting : texts.reconnecting;
      case "scanned":
        if (state.mustAgree) return texts.asks(state.person);
        return state.connected ? texts.scanned(state.person) : texts.reconnecting;
      case "rejected":
        return state.reason === "declined" ? texts.declined : texts.notAllowed;
      case "cancelled":
        return state.reason === "not_me" ? texts.wasNotMe : texts.cancelled;
      case "delayed":
        return state.error === "too_many_requests" ? texts.tooMany : texts.busy;
      default:
        return texts[state.name];
    }
  }

  #picture(state: LoginState): HTMLElement {
    const texts = this.#texts();
    // A large box would push the question's buttons off the screen.
    const box = element("div", { class: this.#isLarge && !isAsked(state) ? "code large" : "code", part: "code" });
    switch (state.name) {
      case "loading":
      case "delayed":
        box.append(element("div", { class: "skeleton" }));
        break;
      case "waiting":
        box.append(drawQr(state.qr, texts.codeLabel));
        break;
      case "scanned":
      case "confirmed":
        // Hidden, because the status line says the same in words.
        box.append(
          element(
            "div",
            { class: "mask who", "aria-hidden": "true" },
            isAsked(state) ? state.person : element("div", { class: "tick" }, "✓"),
          ),
        );
        break;
      default:
        box.append(this.#refreshButton(this.#statusText(state), "mask"));
    }
    return box;
  }

  #buttons(state: LoginState): Node[] {
    const texts = this.#texts();
    switch (state.name) {
      case "loading":
      case "delayed":
      case "confirmed":
        return [];
      case "waiting":
        return [
          ...this.#appLink(texts),
          this.#refreshButton(texts.refresh),
          this.#button(this.#isLarge ? texts.shrink : texts.enlarge, () => this.#resize(), "resize"),
          typedCode(texts, state.userCode),
        ];
      case "scanned":
        if (state.mustAgree) {
          return [
            this.#answerButton(texts.notMe, (connection) => connection.cancel("not_me")),
            this.#answerButton(texts.yes, (connection) => connection.agree()),
          ];
        }
        return [this.#button(texts.cancel, () => this.#connection?.cancel())];
      default:
        return [this.#refreshButton(texts.newCode, "main")];
    }
  }

  #refreshButton(text: string, kind?: string): HTMLElement {
    return this.#button(text, () => this.#connection?.refresh(), kind);
  }

  /** Returns a button that answers the question. It stays, in case the answer is lost. */
  #answerButton(text: string, answer: (connection: LoginConnection) => void): HTMLElement {
    return this.#button(text, () => {
      this.#actions.classList.add("answered");
      if (this.#connection) answer(this.#connection);
    });
  }

  #button(text: string, act: () => void, kind = ""): HTMLElement {
    const made = element("button", { type: "button", class: kind }, text);
    made.addEventListener("click", () => this.#guard.isUp || act());
    return made;
  }

  /** Returns the link for phones, which cannot scan their own screen (threat T28). */
  #appLink(texts: Texts): HTMLElement[] {
    const link = this.getAttribute("app-link");
    return link !== null && matchMedia(PHONE).matches ? [element("a", { class: "main", href: link }, texts.openApp)] : [];
  }

  #resize(): void {
    this.#isLarge = !this.#isLarge;
    this.#drawn = "";
    this.#render();
    this.#actions.querySelector<HTMLElement>(".resize")?.focus();
  }

  #tick(): void {
    const deadline = deadlineOf(this.#state);
    const left = deadline === undefined ? undefined : secondsUntil(deadline);
    const status = this.#statusText(this.#state);
    // Screen readers may read a text again that is set again.
    if (this.#status.textContent !== status) this.#status.textContent = status;
    this.#remaining.textContent = left === undefined ? "" : this.#countdown(left);
    this.#remaining.setAttribute("aria-live", left !== undefined && ANNOUNCED_SECONDS.includes(left) ? "polite" : "off");
  }

  #countdown(seconds: number): string {
    const texts = this.#texts();
    const holdsBack = this.#state.name === "delayed" || isRefreshHeldBack(this.#state);
    return holdsBack ? texts.tryIn(seconds) : texts.remaining(seconds);
  }

  #texts(): Texts {
    return textsOf(localeOf(this));
  }
}

/** Returns the instant to count down to, in Unix milliseconds. */
function deadlineOf(state: LoginState): number | undefined {
  if (state.name === "delayed") return state.retryAt;
  if (isRefreshHeldBack(state)) return state.renewableAt;
  return "expiresAt" in state ? state.expiresAt : undefined;
}

/** Returns true while the gateway renews no code, because the person asked too often. */
function isRefreshHeldBack(state: LoginState): state is WaitingState & { readonly renewableAt: number } {
  return state.name === "waiting" && state.renewableAt !== undefined && state.renewableAt > Date.now();
}

/** Returns true while the person at the browser is asked whether it is they who have scanned. */
function isAsked(state: LoginState): state is ScannedState {
  return state.name === "scanned" && state.mustAgree;
}

/** Returns a key of everything that the gateway is asked, except the language, which is not worth a new code. */
function requestKey(source: Element): string {
  return JSON.stringify([gatewayOf(source), { ...requestOf(source), locale: "" }]);
}

function typedCode(texts: Texts, code: string): HTMLElement {
  const summary = element("summary", {}, texts.cannotScan);
  const typed = element("p", { class: "typed", part: "user-code" }, code);
  return element("details", {}, summary, element("p", {}, texts.typeCode), typed);
}

function secondsUntil(instant: number): number {
  return Math.max(0, Math.ceil((instant - Date.now()) / 1000));
}

/** Returns the tab's storage, or `undefined` where the browser denies it: the login then lives as long as the page. */
function safeSessionStorage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
