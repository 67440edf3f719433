/** A page with a login: the states that it has shown, and waits for the next. */
import { WebSocket } from "ws";
import {
  type KnownBrowser,
  type LoginOptions,
  type LoginState,
  type LoginStorage,
  type Presence,
  LoginConnection,
  knownBrowser,
} from "../src/index.ts";
import { request } from "./messages.ts";

/** Node 20 has no WebSocket of its own. This one has the same interface, but throws errors without a listener. */
class BrowserSocket extends WebSocket {
  constructor(url: string | URL, protocols: string[]) {
    super(url, protocols);
    this.on("error", () => undefined);
  }
}
Object.assign(globalThis, { WebSocket: BrowserSocket });

/** Presence of a page that is visible and online until the test changes it. */
export class TestPresence implements Presence {
  visible = true;
  online = true;
  readonly #target = new EventTarget();

  isVisible(): boolean {
    return this.visible;
  }

  isOnline(): boolean {
    return this.online;
  }

  watch(listener: () => void, signal: AbortSignal): void {
    this.#target.addEventListener("change", listener, { signal });
  }

  set(change: { readonly visible?: boolean; readonly online?: boolean }): void {
    Object.assign(this, change);
    this.#target.dispatchEvent(new Event("change"));
  }
}

/** A session storage. */
export class TestStorage extends Map<string, string> implements LoginStorage {
  getItem(key: string): string | null {
    return this.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.set(key, value);
  }

  removeItem(key: string): void {
    this.delete(key);
  }
}

/** Known values in memory. */
export class TestKnown implements KnownBrowser {
  readonly #kept: KnownBrowser;
  text: string | null = null;

  constructor() {
    this.#kept = knownBrowser(() => this.text, (text) => (this.text = text));
  }

  values(): readonly string[] {
    return this.#kept.values();
  }

  keep(value: string, isRenewal = false): void {
    this.#kept.keep(value, isRenewal);
  }
}

export class Page {
  readonly presence = new TestPresence();
  readonly shown: LoginState[] = [];
  readonly login: LoginConnection;

  constructor(gateway: string, options: Partial<LoginOptions> = {}) {
    this.login = new LoginConnection({ gateway, request, presence: this.presence, ...options });
    this.login.subscribe((state) => this.shown.push(state));
  }

  get names(): string[] {
    return this.shown.map((state) => state.name);
  }

  /** Waits for a state with this name and these members. */
  shows<N extends LoginState["name"]>(
    name: N,
    members: Partial<Extract<LoginState, { name: N }>> = {},
  ): Promise<Extract<LoginState, { name: N }>> {
    return new Promise((resolve) => {
      const stop = this.login.subscribe((state) => {
        if (!isNamed(state, name) || !hasMembers(state, members)) return;
        resolve(state);
        queueMicrotask(() => stop());
      });
    });
  }
}

function isNamed<N extends LoginState["name"]>(state: LoginState, name: N): state is Extract<LoginState, { name: N }> {
  return state.name === name;
}

function hasMembers(state: object, members: object): boolean {
  const values = new Map(Object.entries(state));
  return Object.entries(members).every(([member, value]) => values.get(member) === value);
}
