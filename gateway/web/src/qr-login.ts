/**
 * `<qr-login>`: shows a login's code, follows it, and goes where the gateway says.
 *
 * Attributes: `client-id`, `redirect-uri`, `code-challenge` (required), `gateway` (its origin; that of the page by
 * default), `state`, `nonce`, `scope` (`openid`), `locale` (the page's language by default), `app-link` (shown on
 * phones in place of the code). Event: `saoma-state`, a `CustomEvent` whose `detail` is the view; when it is
 * `confirmed`, preventing the default keeps the browser here.
 */
import { LoginConnection, type LoginView, type OpenRequest, initialView } from "@saoma/client";
import { drawQr } from "./qr-drawing.ts";
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
  #view: LoginView = initialView;
  #large = false;
  #ticking: ReturnType<typeof setInterval> | undefined;
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #status = element("p", { class: "status", role: "status", part: "status" });
  readonly #body = element("div", { part: "body" });
  readonly #remaining = element("p", { class: "remaining" });

  connectedCallback(): void {
    const texts = this.#texts();
    this.#root.adoptedStyleSheets = [styles];
    this.#root.replaceChildren(this.#body, this.#status, this.#remaining, this.#actions, element("p", { class: "warning" }, texts.warning));
    this.#ticking = setInterval(() => this.#tick(), 1000);
    this.#open(safeSessionStorage());
  }

  disconnectedCallback(): void {
    clearInterval(this.#ticking);
    this.#connection?.close();
    this.#connection = undefined;
  }

  readonly #actions = element("div", { class: "actions", part: "actions" });

  /** Opens a login. Without `storage` nothing that was kept is taken up: a new code is wanted. */
  #open(storage: Storage | undefined): void {
    this.#connection?.close();
    this.#show(initialView);
    this.#connection = new LoginConnection({
      gateway: this.getAttribute("gateway") ?? location.origin,
      request: this.#request(),
      onView: (view) => this.#show(view),
      ...(storage && { storage }),
    });
  }

  #openAnew(): void {
    const storage = safeSessionStorage();
    storage?.removeItem("saoma.login");
    this.#open(storage);
  }

  #request(): OpenRequest {
    const optional = (name: string, attribute: string) => {
      const value = this.getAttribute(attribute);
      return value === null ? {} : { [name]: value };
    };
    return {
      client_id: this.getAttribute("client-id") ?? "",
      redirect_uri: this.getAttribute("redirect-uri") ?? "",
      scope: this.getAttribute("scope") ?? "openid",
      code_challenge: this.getAttribute("code-challenge") ?? "",
      code_challenge_method: "S256",
      locale: this.#locale(),
      ...optional("state", "state"),
      ...optional("nonce", "nonce"),
    };
  }

  #show(view: LoginView): void {
    const before = this.#view;
    this.#view = view;
    const drawnAnew = before.state !== view.state || !("qr" in before && "qr" in view && before.qr === view.qr);
    if (drawnAnew) this.#body.replaceChildren(this.#picture(view));
    this.#body.querySelector(".badge")?.remove();
    if ("reconnecting" in view && view.reconnecting) {
      this.#body.querySelector(".code")?.append(element("div", { class: "badge" }, this.#texts().reconnecting));
    }
    this.#status.textContent = this.#words(view);
    if (drawnAnew) this.#actions.replaceChildren(...this.#buttons(view));
    this.#tick();
    const told = this.dispatchEvent(new CustomEvent("saoma-state", { detail: view, bubbles: true, cancelable: true }));
    if (view.state === "confirmed" && told) this.#leave(view.redirectTo);
  }

  #leave(redirectTo: string): void {
    location.assign(redirectTo);
    setTimeout(() => {
      const link = element("a", { class: "main", href: redirectTo }, this.#texts().goOn);
      this.#actions.replaceChildren(link);
    }, GO_ON_AFTER_MS);
  }

  #words(view: LoginView): string {
    const texts = this.#texts();
    switch (view.state) {
      case "loading":
        return texts.loading;
      case "waiting":
        return view.reconnecting ? texts.reconnecting : texts.waiting;
      case "scanned":
        return view.reconnecting ? texts.reconnecting : texts.scanned(view.person);
      case "confirmed":
        return texts.confirmed;
      case "rejected":
        return view.reason === "declined" ? texts.declined : texts.refused;
      case "failed":
        return view.retryAt === undefined ? texts.failed : texts.wait(secondsUntil(view.retryAt));
      case "cancelled":
      case "expired":
      case "superseded":
        return texts[view.state];
    }
  }

  #picture(view: LoginView): HTMLElement {
    const texts = this.#texts();
    const box = element("div", { class: this.#large ? "code large" : "code", part: "code" });
    switch (view.state) {
      case "loading":
        box.append(element("div", { class: "skeleton" }));
        break;
      case "waiting":
        box.append(drawQr(view.qr, texts.codeLabel));
        break;
      case "scanned":
      case "confirmed":
        box.append(mask(element("div", { class: "tick", "aria-hidden": "true" }, "✓")));
        break;
      default: {
        const again = element("button", { class: "mask", type: "button" }, this.#words(view));
        again.addEventListener("click", () => this.#openAnew());
        box.append(again);
      }
    }
    return box;
  }

  #buttons(view: LoginView): Node[] {
    const texts = this.#texts();
    const button = (text: string, act: () => void, kind = "") => {
      const made = element("button", { type: "button", class: kind }, text);
      made.addEventListener("click", act);
      return made;
    };
    switch (view.state) {
      case "loading":
      case "confirmed":
        return [];
      case "waiting":
        return [
          ...this.#appLink(texts),
          button(texts.refresh, () => this.#connection?.refresh()),
          button(this.#large ? texts.shrink : texts.enlarge, () => this.#resize()),
          typedCode(texts, view.userCode),
        ];
      case "scanned":
        return [button(texts.cancel, () => this.#connection?.cancel())];
      default:
        return [button(texts.newCode, () => this.#openAnew(), "main")];
    }
  }

  /** On a phone's own screen there is nothing to scan the code with (threat T28). */
  #appLink(texts: Texts): HTMLElement[] {
    const link = this.getAttribute("app-link");
    return link !== null && matchMedia(PHONE).matches ? [element("a", { class: "main", href: link }, texts.openApp)] : [];
  }

  #resize(): void {
    this.#large = !this.#large;
    this.#body.replaceChildren(this.#picture(this.#view));
    this.#actions.replaceChildren(...this.#buttons(this.#view));
    this.#actions.querySelectorAll("button")[1]?.focus();
  }

  #tick(): void {
    const view = this.#view;
    if (view.state === "failed" && view.retryAt !== undefined) this.#status.textContent = this.#words(view);
    const left = "endsAt" in view ? secondsUntil(view.endsAt) : undefined;
    this.#remaining.textContent = left === undefined ? "" : this.#texts().remaining(left);
    this.#remaining.setAttribute("aria-live", left !== undefined && READ_OUT.includes(left) ? "polite" : "off");
  }

  #locale(): string {
    return this.getAttribute("locale") ?? this.closest("[lang]")?.getAttribute("lang") ?? "zh-CN";
  }

  #texts(): Texts {
    return textsOf(this.#locale());
  }
}

function typedCode(texts: Texts, code: string): HTMLElement {
  const details = element("details", {});
  details.append(
    element("summary", {}, texts.cannotScan),
    element("p", {}, texts.typeCode),
    element("p", { class: "typed", part: "user-code" }, code),
  );
  return details;
}

function mask(inside: HTMLElement): HTMLElement {
  const made = element("div", { class: "mask" });
  made.append(inside);
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
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== "") made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
