/**
 * Supervision of a login's connection, as a pure reducer: which transport to try, when to reconnect, what to store.
 *
 * It reads no clock, random number, page or socket. Events carry them in, effects say what to do; `connection.ts` runs both.
 */
import { LONGEST_BOUND_MS, backOff } from "./backoff.ts";
import { BROKEN, UNKNOWN_LOGIN, reconnectPolicy } from "./close-codes.ts";
import type { SavedLogin } from "./decode.ts";
import type { ResumeRequest, ServerMessage } from "./generated.ts";
import { type LoginEvent, type LoginState, INITIAL_STATE, isSettled, nextState } from "./login-state.ts";
import type { Command } from "./transport.ts";

/** Consecutive failures without any sign of life, after which the next transport is tried. */
const TRIES_PER_TRANSPORT = 2;

/** Clock, random number generator and page, as the shell reads them for each event. */
export interface Environment {
  /** The current instant, in Unix milliseconds. */
  readonly now: number;
  /** A random number in `[0, 1)`. */
  readonly random: number;
  readonly isVisible: boolean;
  readonly isOnline: boolean;
}

/** Everything that a decision depends on; the environment is that of the newest event. Instants are Unix milliseconds. */
export interface SupervisorState extends Environment {
  /** Milliseconds that the gateway has to answer, and to report the end of a code. */
  readonly patience: number;
  /** State of the login, as shown. */
  readonly login: LoginState;
  /** `connecting` lasts until the gateway's first sign of life. */
  readonly link: "down" | "connecting" | "open";
  /** Number of the current transport: it counts on past the last one, where the first is next. */
  readonly transport: number;
  /** True once the transport has reached the gateway. It is kept from then on. */
  readonly isReached: boolean;
  /** Consecutive connections by this transport without any sign of life. */
  readonly failures: number;
  /** Consecutive lost connections that brought no new message. */
  readonly losses: number;
  /** Earliest instant at which the gateway wants the next connection. */
  readonly notBefore: number;
  /** Longest silence of an open connection, in milliseconds. */
  readonly silenceLimit: number;
  /** Instant at which the connection counts as broken. */
  readonly silentAt: number;
  /** The login to resume. Without one, a connection opens a new login. */
  readonly saved: SavedLogin | undefined;
  /** True while everything known of the login comes from before a reload. */
  readonly isRestored: boolean;
  /** True once a person has scanned whom the browser knew. */
  readonly knewPerson: boolean;
  /** A command given while there was no connection. */
  readonly pending: Command | undefined;
}

/** Something that happened to the connection or the page, or a command of the person. */
export type SupervisorEvent =
  | { readonly type: "started"; readonly saved: SavedLogin | undefined }
  /** The time of the last `wake` effect is over. */
  | { readonly type: "timed_out" }
  | { readonly type: "presence_changed" }
  /** The gateway gave a sign of life. `silenceLimit` is the transport's own, in milliseconds. */
  | { readonly type: "heard"; readonly silenceLimit: number }
  | { readonly type: "message"; readonly message: ServerMessage }
  /** The connection ended. `retryAfter` is the gateway's hint in milliseconds, or 0. */
  | { readonly type: "closed"; readonly code: number; readonly retryAfter: number }
  | Command;

/** Work for the shell. */
export type Effect =
  /** Connects, to resume a login or to open one. */
  | { readonly type: "connect"; readonly transport: number; readonly resume: ResumeRequest | undefined }
  /** Closes the connection, if any, and stops the timer. */
  | { readonly type: "disconnect" }
  | { readonly type: "send"; readonly command: Command }
  /** Starts the one timer, in place of the one before. */
  | { readonly type: "wake"; readonly after: number }
  /** Writes the login to the storage, or deletes it. */
  | { readonly type: "store"; readonly saved: SavedLogin | undefined }
  /** Keeps the value by which the gateway recognises this browser at its next login. */
  | { readonly type: "keep_known"; readonly known: string; readonly isRenewal: boolean };

/** Returns the state before `started`. */
export function initialSupervisor(patience: number): SupervisorState {
  return {
    now: 0,
    random: 0,
    isVisible: false,
    isOnline: false,
    patience,
    login: INITIAL_STATE,
    link: "down",
    transport: 0,
    isReached: false,
    failures: 0,
    losses: 0,
    notBefore: 0,
    silenceLimit: 0,
    silentAt: 0,
    saved: undefined,
    isRestored: false,
    knewPerson: false,
    pending: undefined,
  };
}

/** Returns the state after an event in an environment, and the effects to run, in order. */
export function supervise(
  before: SupervisorState,
  event: SupervisorEvent & { readonly environment: Environment },
): [SupervisorState, readonly Effect[]] {
  const draft: Draft = { ...before, ...event.environment, effects: [] };
  apply(draft, event);
  const { effects, ...after } = draft;
  return [after, effects];
}

/** A copy of the state, changed in place within one call of {@link supervise}. */
type Draft = { -readonly [K in keyof SupervisorState]: SupervisorState[K] } & { readonly effects: Effect[] };

function apply(draft: Draft, event: SupervisorEvent): void {
  switch (event.type) {
    case "started":
      return start(draft, event.saved);
    case "timed_out":
      return draft.link === "down" ? connect(draft) : fallSilent(draft);
    case "presence_changed":
      return wakeUp(draft);
    case "heard":
      return hear(draft, event.silenceLimit);
    case "message":
      return receive(draft, event.message);
    case "closed":
      return lose(draft, event.code, event.retryAfter);
    case "refresh":
      return refresh(draft);
    case "agree":
      // Without a question the event still shows that the page is seen.
      return draft.login.name === "scanned" && draft.login.mustAgree ? command(draft, { type: "agree" }) : wakeUp(draft);
    case "cancel":
      if (!isSettled(draft.login)) command(draft, event.reason ? { type: "cancel", reason: event.reason } : { type: "cancel" });
  }
}

function start(draft: Draft, saved: SavedLogin | undefined): void {
  draft.saved = saved;
  draft.isRestored = saved !== undefined;
  if (saved) show(draft, { type: "restored", shown: saved.shown });
  connect(draft);
}

function connect(draft: Draft): void {
  // A page that is not seen connects when it is: `presence_changed` tells.
  if (!draft.isVisible) return show(draft, { type: "disconnected" });
  show(draft, { type: "connecting" });
  draft.notBefore = 0;
  draft.link = "connecting";
  // Each return is a later attempt, so that the gateway recognises one that was held up on its way.
  if (draft.saved) store(draft, { ...draft.saved, attempt: draft.saved.attempt + 1 });
  draft.effects.push({ type: "connect", transport: draft.transport, resume: resumeOf(draft.saved) });
  expectLife(draft);
}

function resumeOf(saved: SavedLogin | undefined): ResumeRequest | undefined {
  if (!saved) return undefined;
  const { shown, ...resume } = saved;
  return resume;
}

function hear(draft: Draft, silenceLimit: number): void {
  // A heartbeat may have set another limit since the first sign of life.
  if (draft.link !== "open") draft.silenceLimit = silenceLimit;
  draft.link = "open";
  draft.isReached = true;
  show(draft, { type: "connected" });
  if (draft.pending) draft.effects.push({ type: "send", command: draft.pending });
  draft.pending = undefined;
  expectLife(draft);
}

function receive(draft: Draft, message: ServerMessage): void {
  if ("seq" in message) {
    // A gateway may repeat messages after a resume.
    if (draft.saved && message.seq <= draft.saved.last_seq) return;
    draft.losses = 0;
    draft.isRestored = false;
  }
  if (message.type === "heartbeat") draft.silenceLimit = message.next_within * 1000 + draft.patience;
  if (message.type === "error") holdBack(draft, message.retry_after ?? 0);
  if (message.type === "scanned") draft.knewPerson = message.agree !== true;
  if (message.type === "confirmed" && message.known !== undefined) {
    draft.effects.push({ type: "keep_known", known: message.known, isRenewal: draft.knewPerson });
  }
  show(draft, { type: "message", message, now: draft.now });
  if (isSettled(draft.login)) {
    store(draft, undefined);
    disconnect(draft);
  } else {
    save(draft, message);
    expectLife(draft);
  }
}

/** Saves a new message's part of what resumes the login, and what is shown since. */
function save(draft: Draft, message: ServerMessage): void {
  const { login, saved } = draft;
  const shown = login.name === "waiting" || login.name === "scanned" ? login : saved?.shown;
  if (!shown) return;
  if (message.type === "opened") {
    const { login_id, receive_key, seq } = message;
    store(draft, { login_id, receive_key, last_seq: seq, attempt: 1, shown });
  } else if (saved) {
    store(draft, { ...saved, last_seq: "seq" in message ? message.seq : saved.last_seq, shown });
  }
}

function lose(draft: Draft, code: number, retryAfter: number): void {
  disconnect(draft);
  if (isSettled(draft.login)) return;
  if (!draft.isReached) countFailure(draft);
  // A login from before a reload is over: the person wants a code, not news of the old one.
  if (code === UNKNOWN_LOGIN && draft.isRestored) return restart(draft);
  const policy = reconnectPolicy(code);
  if (policy === "no") {
    store(draft, undefined);
    return show(draft, { type: "closed", code });
  }
  holdBack(draft, retryAfter / 1000);
  const after = reconnectDelay(draft, policy === "at_once");
  draft.losses += 1;
  if (after > 0) show(draft, { type: "disconnected" });
  wake(draft, after);
}

function countFailure(draft: Draft): void {
  draft.failures += 1;
  if (draft.failures < TRIES_PER_TRANSPORT) return;
  draft.failures = 0;
  draft.transport += 1;
}

function holdBack(draft: Draft, seconds: number): void {
  draft.notBefore = Math.max(draft.notBefore, draft.now + seconds * 1000);
}

function reconnectDelay({ now, random, isOnline, notBefore, losses }: Draft, isAtOnce: boolean): number {
  if (notBefore > now) return notBefore - now;
  if (!isOnline) return LONGEST_BOUND_MS;
  // Without back-off, gateways that send a browser on to each other would be asked without pause.
  return isAtOnce && losses === 0 ? 0 : backOff(losses, random);
}

function refresh(draft: Draft): void {
  switch (draft.login.name) {
    case "waiting":
      return command(draft, { type: "refresh" });
    case "loading":
    case "delayed":
      return connectNow(draft);
    case "scanned":
      if (draft.link !== "down") draft.effects.push({ type: "send", command: { type: "cancel" } });
  }
  disconnect(draft);
  restart(draft);
}

/** Gives the login up and opens a new one. */
function restart(draft: Draft): void {
  store(draft, undefined);
  draft.isRestored = draft.knewPerson = false;
  draft.losses = 0;
  draft.pending = undefined;
  show(draft, { type: "restarted" });
  connect(draft);
}

function command(draft: Draft, command: Command): void {
  if (draft.link === "open") {
    draft.effects.push({ type: "send", command });
  } else {
    draft.pending = command;
    connectNow(draft);
  }
}

/** Connects without waiting any longer, unless a connection stands or the login is over. */
function connectNow(draft: Draft): void {
  if (draft.link === "down" && !isSettled(draft.login)) connect(draft);
}

function wakeUp(draft: Draft): void {
  if (!draft.isVisible || isSettled(draft.login)) return;
  // Timers stand still while a device sleeps.
  if (draft.link !== "down") return draft.silentAt < draft.now ? fallSilent(draft) : undefined;
  if (draft.isOnline && draft.notBefore <= draft.now) return connect(draft);
  // A page that was hidden when its timer fired has none, and `isOnline` is a hint that may stay false.
  wake(draft, reconnectDelay(draft, false));
}

/**
 * Sets the deadline of the next sign of life. The first of a connection is due soon; later ones by the transport's own
 * limit, and by the end of what is shown, which the gateway always reports.
 */
function expectLife(draft: Draft): void {
  const { login, link, now, patience, silenceLimit } = draft;
  const untilEnd = "expiresAt" in login ? Math.max(0, login.expiresAt - now) : 0;
  const after = link === "open" ? Math.min(untilEnd + patience, silenceLimit) : patience;
  draft.silentAt = now + after;
  wake(draft, after);
}

function fallSilent(draft: Draft): void {
  // A second try by a transport that brought nothing at all would cost the person the same wait again.
  if (draft.link !== "open") draft.failures = TRIES_PER_TRANSPORT;
  lose(draft, BROKEN, 0);
}

function disconnect(draft: Draft): void {
  draft.link = "down";
  draft.effects.push({ type: "disconnect" });
}

function wake(draft: Draft, after: number): void {
  draft.effects.push({ type: "wake", after });
}

function store(draft: Draft, saved: SavedLogin | undefined): void {
  draft.saved = saved;
  draft.effects.push({ type: "store", saved });
}

function show(draft: Draft, event: LoginEvent): void {
  draft.login = nextState(draft.login, event);
}
