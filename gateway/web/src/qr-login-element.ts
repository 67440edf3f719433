/** The class of `<qr-login>`. */
import { INITIAL_STATE, LoginConnection, type LoginState, type WaitingState } from "@saoma/client";
import { element, setChildren } from "./dom.ts";
import { type Icon, drawIcon } from "./icons.ts";
import { LoginStateEvent } from "./login-state-event.ts";
import { knownOf } from "./known-browser.ts";
import { PageSigns } from "./page-signs.ts";
import { PressGuard } from "./press-guard.ts";
import { gatewayOf, localeOf, requestOf } from "./request.ts";
import { Stage } from "./stage.ts";
import { applyStyles } from "./styles.ts";
import { type Texts, textsOf } from "./texts.ts";
import { PAGE_ICONS, deadlineOf, isAsked, isRefreshHeldBack, viewOf } from "./view.ts";

/** Seconds at which a screen reader hears the time that is left: every second would drown everything else. */
const ANNOUNCED_SECONDS = [0, 20, 60];

/** Milliseconds that the browser has to leave the page before a link is offered. */
const CONTINUE_LINK_AFTER_MS = 3000;

/** A small screen with a coarse pointer: a phone, which cannot scan its own screen. */
const PHONE = "(pointer: coarse) and (max-width: 37.5rem), (pointer: coarse) and (max-height: 30rem)";

/** Events at which a page may get clicks that were meant for what lay above it. */
const COMES_TO_FRONT = [[window, "focus"], [document, "visibilitychange"]] as const;

/**
 * `<qr-login>`: shows a login's code, follows the login, and opens the redirect URI once it is confirmed. The module
 * `@saoma/qr-login/define` gives the element its tag.
 *
 * Attributes of the login: `client-id`, `redirect-uri` (required), `code-challenge` (required, except for clients registered
 * with `pkce = "optional"`), `gateway` (its origin; that of the page by default), `state`, `oidc-nonce` (browsers hide an
 * attribute named `nonce`), `claims`, `scope` (`openid`), `remember` (`cookie` keeps the values of a known browser in a
 * cookie instead of the page's `localStorage`). A change of one of them opens a new login.
 *
 * Attributes of the look: `locale` (the page's language by default), `app-name`, `app-link` (opens the app, first on
 * phones; `{code}` in it becomes the scan code), `get-app` (where the app is to be had), `follow-title` (title and icon of the page follow the login), `scheme`
 * (`light` on pages without dark colours). A change of one of them draws the element anew.
 *
 * The attributes `data-state`, the name of what is shown, and `data-large` are the element's own, for the page's style.
 *
 * Event: `saoma-state`, a {@link LoginStateEvent}. It also tells the page of a login that was declined, refused, given up
 * or not scanned in time (`rejected`, `cancelled`, `expired`): the element itself goes to the redirect URI with a code
 * only.
 */
export class QrLoginElement extends HTMLElement {
  static readonly observedAttributes = [
    "app-link",
    "app-name",
    "claims",
    "client-id",
    "code-challenge",
    "follow-title",
    "gateway",
    "get-app",
    "locale",
    "oidc-nonce",
    "redirect-uri",
    "scope",
    "state",
  ];

  #connection: LoginConnection | undefined;
  #state: LoginState = INITIAL_STATE;
  /** The code that is drawn, or the name of the view; empty if picture and buttons are out of date. */
  #drawn = "";
  /** The request of the connection, as {@link requestKey} returns it. */
  #request = "";
  #isUpdateDue = false;
  #isLarge = false;
  /** True while the typed code is shown. */
  #isTyping = false;
  /** True once the person on a phone wants the code for another device. */
  #isForOther = false;
  /** The last time left that a screen reader has heard of. */
  #heardAt: number | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  readonly #guard = new PressGuard();
  readonly #signs = new PageSigns();
  readonly #phone = matchMedia(PHONE);
  readonly #comesToFront = () => isAsked(this.#state) && this.#guard.restart();
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #stage = new Stage();
  readonly #status = element("p", { class: "status", role: "status", part: "status" });
  readonly #note = element("p", { class: "note", tabindex: "-1", part: "note" });
  readonly #remaining = element("p", { class: "remaining" });
  readonly #heard = element("p", { class: "heard", "aria-live": "polite" });
  readonly #actions = element("div", { class: "actions", part: "actions" });
  readonly #tools = element("div", { class: "tools" });
  readonly #typed = element("div", { class: "typed", id: "typed" });
  readonly #warning = element("p", { class: "warning", part: "warning" });
  readonly #panel = element(
    "div",
    {},
    this.#stage.root,
    element("div", { class: "below" }, this.#status, this.#note, this.#remaining, this.#heard, this.#actions, this.#tools),
    this.#typed,
    this.#warning,
  );

  connectedCallback(): void {
    this.#root.append(this.#panel);
    applyStyles(this.#root, gatewayOf(this));
    this.#ticker = setInterval(() => this.#tick(), 1000);
    for (const [target, name] of COMES_TO_FRONT) target.addEventListener(name, this.#comesToFront);
    this.#phone.onchange = () => this.#redraw();
    this.#connect();
  }

  disconnectedCallback(): void {
    clearInterval(this.#ticker);
    for (const [target, name] of COMES_TO_FRONT) target.removeEventListener(name, this.#comesToFront);
    this.#phone.onchange = null;
    this.#signs.restore();
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
      this.#redraw();
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

  #redraw(): void {
    this.#drawn = "";
    this.#render();
  }

  #render(): void {
    const state = this.#state;
    const view = viewOf(state);
    const wanted = "qr" in state ? state.qr : view;
    if (this.dataset["state"] !== view) this.dataset["state"] = view;
    // The status line changes more often than picture and buttons.
    if (this.#drawn !== wanted) this.#draw(state);
    this.#drawn = wanted;
    this.#tick();
    this.#sign();
  }

  #draw(state: LoginState): void {
    const texts = this.#texts();
    const asks = isAsked(state);
    // One code took the place of another, which is an address.
    const changed = state.name === "waiting" && this.#drawn.includes("/") ? texts.changed : "";
    // Without this, the keyboard's focus would go back to the top of the page. A question takes a focus that is nowhere, and
    // keeps it off its buttons, so that no key answers by accident.
    const focused = this.#root.activeElement;
    const takesFocus = focused !== null || (asks && document.activeElement === document.body);
    // A second press of the answer must not cancel the login, nor skip what became of it.
    const isAnswered = this.#drawn === "asked" && (state.name === "scanned" || state.name === "cancelled");
    this.#guard.restart(asks || isAnswered);
    this.#heardAt = undefined;
    this.#heard.textContent = changed;
    this.#remaining.removeAttribute("aria-hidden");
    // A large code would push the question's buttons off the screen.
    this.toggleAttribute("data-large", this.#isLarge && state.name === "waiting");
    this.#panel.className = ["panel", viewOf(state), ...this.#layout(state)].join(" ");
    this.#stage.draw(state, texts.codeLabel, this.#refreshButton(texts.newCode, "again", "refresh"));
    const isDeclined = state.name === "rejected" && state.reason === "declined";
    this.#note.textContent = asks ? texts.whyAsked : isDeclined ? texts.notDeclined : "";
    this.#actions.classList.remove("answered");
    setChildren(this.#actions, ...this.#buttons(state));
    setChildren(this.#tools, ...(state.name === "waiting" ? this.#toolButtons() : []));
    setChildren(this.#typed, ...(state.name === "waiting" && this.#showsTyped() ? this.#typedCode(state, changed) : []));
    const host = element("span", {}, texts.hostIs, element("strong", {}, location.host));
    setChildren(this.#warning, element("span", {}, drawIcon("shield"), texts.warning), " ", host);
    if (takesFocus) {
      const same = focused?.className ? this.#panel.querySelector<HTMLElement>(`.${focused.className.split(" ")[0]}`) : null;
      (asks ? this.#note : (same ?? this.#panel.querySelector<HTMLElement>("button, a")))?.focus();
    }
  }

  /** Returns the classes that the place of the code depends on. */
  #layout(state: LoginState): string[] {
    const classes = new Array<string>();
    if (this.#phone.matches && state.name === "waiting") classes.push(this.#isForOther ? "unfolded" : "folded");
    return classes;
  }

  #leave(redirectTo: string): void {
    location.assign(redirectTo);
    setTimeout(() => {
      setChildren(this.#actions, element("a", { class: "main", href: redirectTo }, this.#texts().goOn));
    }, CONTINUE_LINK_AFTER_MS);
  }

  #statusText(state: LoginState): string {
    const texts = this.#texts();
    switch (state.name) {
      case "loading":
        return state.connected ? texts.loading : texts.unreachable;
      case "waiting":
        if (isRefreshHeldBack(state)) return texts.tooMany;
        if (!state.connected) return texts.reconnecting;
        return this.#phone.matches && !this.#isForOther ? texts.onThisPhone : texts.waiting(this.#app());
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

  /** Returns the one thing to do in each state, or the question's two answers. */
  #buttons(state: LoginState): Node[] {
    const texts = this.#texts();
    switch (viewOf(state)) {
      case "waiting":
        return this.#appLink(state as WaitingState);
      case "unreachable":
      case "refused":
        return [this.#refreshButton(texts.tryNow, "main")];
      case "asked":
        return [
          this.#answerButton(texts.notMe, (connection) => connection.cancel("not_me")),
          this.#answerButton(texts.yes, (connection) => connection.agree()),
        ];
      case "scanned":
        return [this.#button(texts.cancel, () => this.#connection?.cancel(), "cancel")];
      case "rejected":
      case "cancelled":
        return [this.#refreshButton(texts.newCode, "main")];
      case "superseded":
        return [this.#refreshButton(texts.takeOver, "main")];
      default:
        return [];
    }
  }

  /** Returns the quiet buttons below a code. */
  #toolButtons(): Node[] {
    const texts = this.#texts();
    const isPhone = this.#phone.matches;
    const tools = new Array<Node>();
    if (isPhone) {
      const press = () => this.#change(() => (this.#isForOther = !this.#isForOther));
      tools.push(disclosure(this.#button(texts.otherDevice, press, "other"), this.#isForOther));
    }
    if (!isPhone || this.#isForOther) {
      tools.push(
        this.#refreshButton(texts.refresh, "renew", "refresh"),
        this.#button(this.#isLarge ? texts.shrink : texts.enlarge, () => this.#change(() => (this.#isLarge = !this.#isLarge)), "resize", "enlarge"),
      );
    }
    if (!this.#isAlone(this.#state)) {
      const press = () => this.#change(() => (this.#isTyping = !this.#isTyping));
      tools.push(disclosure(this.#button(texts.cannotScan, press, "help"), this.#isTyping));
    }
    return tools;
  }

  /** Returns the code to type, and where to get the app. */
  #typedCode({ userCode }: WaitingState, changed: string): Node[] {
    const texts = this.#texts();
    const line = element("p", { class: "letters" }, element("strong", { part: "user-code" }, userCode));
    // Browsers offer the clipboard over HTTPS only.
    const clipboard: Clipboard | undefined = navigator.clipboard;
    if (clipboard) {
      const copy = this.#button(texts.copy, () => void clipboard.writeText(userCode).then(() => (copy.textContent = texts.copied)), "copy");
      line.append(copy);
    }
    const hint = element("p", {}, element("strong", {}, changed), (this.#isAlone(this.#state) ? texts.cannotScanItself : texts.typeCode)(this.#app()));
    const getApp = this.getAttribute("get-app");
    const getIt = getApp ? [element("p", {}, element("a", { class: "get", href: getApp }, texts.getApp(this.#app())))] : [];
    return [hint, line, ...getIt];
  }

  #showsTyped(): boolean {
    return this.#isTyping || this.#isAlone(this.#state);
  }

  /** Returns true on a phone that has no link to the app: it is told what else to do. */
  #isAlone(state: LoginState): boolean {
    return state.name === "waiting" && this.#phone.matches && !this.hasAttribute("app-link") && !this.#isForOther;
  }

  #refreshButton(text: string, kind: string, icon?: Icon): HTMLElement {
    return this.#button(text, () => this.#connection?.refresh(), kind, icon);
  }

  /** Returns a button that answers the question. It stays, in case the answer is lost. */
  #answerButton(text: string, answer: (connection: LoginConnection) => void): HTMLElement {
    const press = () => {
      this.#actions.classList.add("answered");
      if (this.#connection) answer(this.#connection);
    };
    return this.#button(text, press, "answer");
  }

  /** Returns a button. `kind` is its class, by which the keyboard's focus finds it again. */
  #button(text: string, act: () => void, kind: string, icon?: Icon): HTMLElement {
    const made = element("button", { type: "button", class: kind }, ...(icon ? [drawIcon(icon)] : []), element("span", {}, text));
    made.addEventListener("click", () => this.#guard.isUp || act());
    return made;
  }

  /** Returns the link for phones, which cannot scan their own screen (threat T28). */
  #appLink({ qr }: WaitingState): HTMLElement[] {
    const link = this.getAttribute("app-link");
    if (!link || !this.#phone.matches) return [];
    const code = qr.slice(qr.lastIndexOf("/") + 1);
    return [element("a", { class: "main", href: link.replace("{code}", code) }, this.#texts().openApp(this.#app()))];
  }

  #change(change: () => void): void {
    change();
    this.#redraw();
  }

  #tick(): void {
    const deadline = deadlineOf(this.#state);
    const left = deadline === undefined ? undefined : secondsUntil(deadline);
    const status = this.#statusText(this.#state);
    // Screen readers may read a text again that is set again.
    if (this.#status.textContent !== status) this.#status.textContent = status;
    this.#remaining.textContent = left === undefined ? "" : this.#countdown(left);
    const isLost = "connected" in this.#state && !this.#state.connected && this.#state.name !== "loading";
    this.#stage.update(deadline, isLost);
    this.#announce(left);
  }

  /** Reads the time left out when it falls to one of {@link ANNOUNCED_SECONDS}. */
  #announce(left: number | undefined): void {
    const mark = ANNOUNCED_SECONDS.find((seconds) => left !== undefined && left <= seconds) ?? Infinity;
    const isPassed = this.#heardAt !== undefined && mark < this.#heardAt;
    this.#heardAt = mark;
    if (!isPassed || left === undefined) return;
    this.#heard.textContent = this.#countdown(left);
    // A screen reader finds what was read out: it would meet the time twice.
    this.#remaining.setAttribute("aria-hidden", "true");
  }

  /** Lets the page's title and icon follow, where the page wants it. */
  #sign(): void {
    const view = viewOf(this.#state);
    const words = this.hasAttribute("follow-title") ? this.#texts().titles[view] : undefined;
    const [icon, colour] = PAGE_ICONS[view] ?? ["alert", "#8a4b00"];
    this.#signs.show(words === undefined ? undefined : { words, icon, colour });
  }

  #countdown(seconds: number): string {
    const texts = this.#texts();
    const holdsBack = this.#state.name === "delayed" || isRefreshHeldBack(this.#state);
    return holdsBack ? texts.tryIn(seconds) : texts.remaining(seconds);
  }

  #app(): string {
    return this.getAttribute("app-name") || this.#texts().app;
  }

  #texts(): Texts {
    return textsOf(localeOf(this));
  }
}

/** Returns a key of everything that the gateway is asked, except the language, which is not worth a new code. */
function requestKey(source: Element): string {
  return JSON.stringify([gatewayOf(source), { ...requestOf(source), locale: "" }]);
}

/** Marks a button as one that shows and hides something. */
function disclosure(button: HTMLElement, isOpen: boolean): HTMLElement {
  button.setAttribute("aria-expanded", String(isOpen));
  return button;
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
