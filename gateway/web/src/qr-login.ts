/**
 * `<qr-login>`: shows a login's code, follows it, and goes where the gateway says.
 *
 * Attributes: `client-id`, `redirect-uri`, `code-challenge` (required), `gateway` (its origin; that of the page by
 * default), `state`, `oidc-nonce` (browsers keep an attribute named `nonce` to themselves), `scope` (`openid`), `locale`
 * (the page's language by default), `app-link` (shown on phones beside the code). Event: `saoma-state`, a `CustomEvent`
 * whose `detail` is the {@link LoginState}; when it is `confirmed`, preventing the default keeps the browser here.
 */
import { INITIAL_STATE, LoginConnection, type LoginState, type WaitingState } from "@saoma/client";
import { drawQr } from "./qr-drawing.ts";
import { gatewayOf, localeOf, requestOf } from "./request.ts";
import { styles } from "./styles.ts";
import { type Texts, textsOf } from "./texts.ts";

/** Seconds at which the time that is left is read out: every second would drown everything else. */
const READ_OUT = [60, 20, 0];

/** How long the browser has to leave before a link is offered. */
const GO_ON_AFTER_MS = 3000;

/** A page's own code may be outlived by none of these on a screen this narrow with a coarse pointer: it is a phone. */
const PHONE = "(max-width: 30rem) and (pointer: coarse)";

export class QrLogin extends HTMLElement {
  #connection: LoginConnection | undefined;
  #state: LoginState = INITIAL_STATE;
  #large = false;
  #ticking: ReturnType<typeof setInterval> | undefined;
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #status = element("p", { class: "status", role: "status", part: "status" });
  readonly #body = element("div", { part: "body" });
  readonly #remaining = element("p", { class: "remaining" });
  readonly #actions = element("div", { class: "actions", part: "actions" });

  connectedCallback(): void {
    const warning = element("p", { class: "warning" }, this.#texts().warning);
    this.#root.adoptedStyleSheets = [styles];
    this.#root.replaceChildren(this.#body, this.#status, this.#remaining, this.#actions, warning);
    this.#ticking = setInterval(() => this.#tick(), 1000);
    const storage = safeSessionStorage();
    this.#connection = new LoginConnection({
      gateway: gatewayOf(this),
      request: requestOf(this),
      ...(storage && { storage }),
    });
    this.#draw(this.#connection.state);
    this.#connection.subscribe((state) => this.#show(state));
  }

  disconnectedCallback(): void {
    clearInterval(this.#ticking);
    this.#connection?.close();
    this.#connection = undefined;
  }

  #show(state: LoginState): void {
    const before = this.#state;
    this.#state = state;
    if (isDrawnOtherwise(before, state)) this.#draw(state);
    this.#body.querySelector(".badge")?.remove();
    if ("connected" in state && !state.connected && state.name !== "loading") {
      this.#body.querySelector(".code")?.append(element("div", { class: "badge" }, this.#texts().reconnecting));
    }
    this.#tick();
    const told = this.dispatchEvent(new CustomEvent("saoma-state", { detail: state, bubbles: true, cancelable: true }));
    if (state.name === "confirmed" && told) this.#leave(state.redirectTo);
  }

  #draw(state: LoginState): void {
    // Whoever works this by the keyboard must not be thrown back to the top of the page.
    const hadFocus = this.#root.activeElement !== null;
    this.#body.replaceChildren(this.#picture(state));
    this.#actions.replaceChildren(...this.#buttons(state));
    if (hadFocus) this.#actions.querySelector<HTMLElement>("button, a")?.focus();
  }

  #leave(redirectTo: string): void {
    location.assign(redirectTo);
    setTimeout(() => {
      const link = element("a", { class: "main", href: redirectTo }, this.#texts().goOn);
      this.#actions.replaceChildren(link);
    }, GO_ON_AFTER_MS);
  }

  #words(state: LoginState): string {
    const texts = this.#texts();
    switch (state.name) {
      case "loading":
        return state.connected ? texts.loading : texts.unreachable;
      case "waiting":
        if (isRefreshHeldBack(state)) return texts.tooMany;
        return state.connected ? texts.waiting : texts.reconnecting;
      case "scanned":
        return state.connected ? texts.scanned(state.person) : texts.reconnecting;
      case "confirmed":
        return texts.confirmed;
      case "rejected":
        return state.reason === "declined" ? texts.declined : texts.refused;
      case "delayed":
        return state.error === "too_many_requests" ? texts.tooMany : texts.busy;
      case "refused":
        return texts.failed;
      case "cancelled":
      case "expired":
      case "superseded":
        return texts[state.name];
    }
  }

  #picture(state: LoginState): HTMLElement {
    const texts = this.#texts();
    const box = element("div", { class: this.#large ? "code large" : "code", part: "code" });
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
        box.append(element("div", { class: "mask" }, element("div", { class: "tick", "aria-hidden": "true" }, "✓")));
        break;
      default:
        box.append(this.#refreshButton(this.#words(state), "mask"));
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
          button(this.#large ? texts.shrink : texts.enlarge, () => this.#resize(), "resize"),
          typedCode(texts, state.userCode),
        ];
      case "scanned":
        return [button(texts.cancel, () => this.#connection?.cancel())];
      default:
        return [this.#refreshButton(texts.newCode, "main")];
    }
  }

  #refreshButton(text: string, kind?: string): HTMLElement {
    return button(text, () => this.#connection?.refresh(), kind);
  }

  /** On a phone's own screen there is nothing to scan the code with (threat T28). */
  #appLink(texts: Texts): HTMLElement[] {
    const link = this.getAttribute("app-link");
    return link !== null && matchMedia(PHONE).matches ? [element("a", { class: "main", href: link }, texts.openApp)] : [];
  }

  #resize(): void {
    this.#large = !this.#large;
    this.#draw(this.#state);
    this.#actions.querySelector<HTMLElement>(".resize")?.focus();
  }

  #tick(): void {
    const deadline = deadlineOf(this.#state);
    const left = deadline === undefined ? undefined : secondsUntil(deadline);
    this.#status.textContent = this.#words(this.#state);
    this.#remaining.textContent = left === undefined ? "" : this.#countdown(left);
    this.#remaining.setAttribute("aria-live", left !== undefined && READ_OUT.includes(left) ? "polite" : "off");
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

/** Whether picture and buttons of the two differ; the badge and the words are kept up to date beside. */
function isDrawnOtherwise(before: LoginState, after: LoginState): boolean {
  return before.name !== after.name || ("qr" in before && "qr" in after && before.qr !== after.qr);
}

/** What the page counts down to, in Unix milliseconds. */
function deadlineOf(state: LoginState): number | undefined {
  if (state.name === "delayed") return state.retryAt;
  if (isRefreshHeldBack(state)) return state.renewableAt;
  return "expiresAt" in state ? state.expiresAt : undefined;
}

/** Whether the person has asked for new codes too often for now. */
function isRefreshHeldBack(state: LoginState): state is WaitingState & { readonly renewableAt: number } {
  return state.name === "waiting" && state.renewableAt !== undefined && state.renewableAt > Date.now();
}

function typedCode(texts: Texts, code: string): HTMLElement {
  const summary = element("summary", {}, texts.cannotScan);
  const typed = element("p", { class: "typed", part: "user-code" }, code);
  return element("details", {}, summary, element("p", {}, texts.typeCode), typed);
}

function button(text: string, act: () => void, kind = ""): HTMLElement {
  const made = element("button", { type: "button", class: kind }, text);
  made.addEventListener("click", act);
  return made;
}

function secondsUntil(instant: number): number {
  return Math.max(0, Math.ceil((instant - Date.now()) / 1000));
}

/** Storage throws where the browser denies it to the page; the login then lives as long as the page. */
function safeSessionStorage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>>,
  ...inside: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== "") made.setAttribute(key, value);
  made.append(...inside);
  return made;
}
