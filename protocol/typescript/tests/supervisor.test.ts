/** The supervisor's decisions, one event at a time. */
import { describe, expect, test } from "vitest";
import type { SavedLogin } from "../src/decode.ts";
import type { ServerMessage } from "../src/generated.ts";
import {
  type Effect,
  type Environment,
  type SupervisorEvent,
  type SupervisorState,
  initialSupervisor,
  supervise,
} from "../src/supervisor.ts";
import { confirmed, limited, opened, renewed, scanned } from "./messages.ts";

const NOW = 1_790_000_000_000;
const PATIENCE = 10_000;
const SILENCE_LIMIT = 60_000;
const visible: Environment = { now: NOW, random: 1, isVisible: true, isOnline: true };

type Step = SupervisorEvent & { readonly environment?: Partial<Environment> };

const started: Step = { type: "started", saved: undefined };
const heard: Step = { type: "heard", silenceLimit: SILENCE_LIMIT };
const timedOut: Step = { type: "timed_out" };
const presence = (environment: Partial<Environment> = {}): Step => ({ type: "presence_changed", environment });
const message = (sent: ServerMessage): Step => ({ type: "message", message: sent });
const closed = (code: number, retryAfter = 0): Step => ({ type: "closed", code, retryAfter });

/** A login with a code on an open connection. */
const waiting: readonly Step[] = [started, heard, message(opened)];

const saved: SavedLogin = {
  login_id: opened.login_id,
  receive_key: opened.receive_key,
  last_seq: 1,
  attempt: 1,
  shown: { name: "waiting", qr: opened.qr, userCode: opened.user_code, expiresAt: NOW + 60_000 },
};

/** Returns the state after these events, and the effects of the last. */
function after(...steps: readonly Step[]): [SupervisorState, readonly Effect[]] {
  let state = initialSupervisor(PATIENCE);
  let effects: readonly Effect[] = [];
  for (const { environment, ...event } of steps) {
    [state, effects] = supervise(state, { ...event, environment: { ...visible, ...environment } });
  }
  return [state, effects];
}

function effectsOf<T extends Effect["type"]>(type: T, ...steps: readonly Step[]): Extract<Effect, { type: T }>[] {
  return after(...steps)[1].filter((effect): effect is Extract<Effect, { type: T }> => effect.type === type);
}

/** Returns the delay of the last `wake`, if any. */
const wakeAfter = (...steps: readonly Step[]): number | undefined => effectsOf("wake", ...steps).at(-1)?.after;

const connects = (...steps: readonly Step[]): boolean => effectsOf("connect", ...steps).length > 0;

describe("a start", () => {
  test("opens a login by the first transport and expects an answer soon", () => {
    expect(after(started)[1]).toEqual([
      { type: "connect", transport: 0, resume: undefined },
      { type: "wake", after: PATIENCE },
    ]);
  });

  test("with a saved login shows it and resumes it as the next attempt", () => {
    const [state, effects] = after({ type: "started", saved });
    expect(state.login).toEqual({ ...saved.shown, connected: true });
    const { shown, ...resume } = saved;
    expect(effects).toEqual([
      { type: "store", saved: { ...saved, attempt: 2 } },
      { type: "connect", transport: 0, resume: { ...resume, attempt: 2 } },
      { type: "wake", after: PATIENCE },
    ]);
  });

  test("of a page that is not seen waits until it is", () => {
    const hidden: Step = { ...started, environment: { isVisible: false } };
    expect(after(hidden)[1]).toEqual([]);
    expect(connects(hidden, presence({ isVisible: false }))).toBe(false);
    expect(connects(hidden, presence())).toBe(true);
  });
});

describe("the close code decides when to reconnect", () => {
  test.each<[string, Step, number | undefined]>([
    ["a broken connection: after back-off", closed(1006), 500],
    ["a gateway that goes away: after back-off", closed(1001), 500],
    ["an internal error: after back-off", closed(1011), 500],
    ["a restart: when the gateway said", closed(1012, 3000), 3000],
    ["a restart without a time: after back-off", closed(1012), 500],
    ["any temporary code: when the gateway said", closed(4199, 7000), 7000],
    ["a move to another node: at once", closed(4200), 0],
    ["a move with a time: when the gateway said", closed(4299, 200), 200],
    ["a broken connection without a network: when it returns, or in 20 s", { ...closed(1006), environment: { isOnline: false } }, 20_000],
    ["a normal close: never", closed(1000), undefined],
    ["an unknown login: never", closed(4001), undefined],
    ["another tab: never", closed(4002), undefined],
    ["a refusal: never", closed(4004), undefined],
    ["an unknown code: never", closed(3000), undefined],
  ])("%s", (_name, close, delay) => {
    expect(wakeAfter(...waiting, close)).toBe(delay);
    expect(after(...waiting, close)[0].link).toBe("down");
    if (delay !== undefined) expect(connects(...waiting, close, timedOut)).toBe(true);
  });

  test.each<[number, string, boolean]>([
    [4001, "expired", false],
    [4002, "superseded", false],
    [4004, "refused", false],
    [1006, "waiting", true],
    [4200, "waiting", true],
  ])("after %i the login is %s", (code, name, isKept) => {
    const [state, effects] = after(...waiting, closed(code));
    expect(state.login.name).toBe(name);
    expect(state.saved !== undefined).toBe(isKept);
    expect(effects.some((effect) => effect.type === "store" && effect.saved === undefined)).toBe(!isKept);
  });

  test("gateways that send a browser on in a circle are asked ever more slowly", () => {
    const circle = [closed(4200), timedOut, heard];
    expect(wakeAfter(...waiting, ...circle, closed(4200))).toBe(1000);
    expect(wakeAfter(...waiting, ...circle, ...circle, closed(4200))).toBe(2000);
    expect(wakeAfter(...waiting, ...circle, message(scanned(2)), closed(4200))).toBe(0);
  });
});

describe("transports", () => {
  const fails = [closed(1006), timedOut];
  const transportAfter = (...steps: readonly Step[]) => after(...steps)[0].transport;

  test("each is tried twice before the next", () => {
    expect([0, 1, 2, 3, 4].map((times) => transportAfter(started, ...Array(times).fill(fails).flat()))).toEqual([0, 0, 1, 1, 2]);
  });

  test("one that brings nothing at all is tried once", () => {
    expect(transportAfter(started, timedOut)).toBe(1);
  });

  test("one that has reached the gateway is kept", () => {
    expect(transportAfter(started, heard, ...fails, ...fails, ...fails, timedOut)).toBe(0);
  });
});

describe("silence", () => {
  test("of an open connection is measured by the transport", () => {
    expect(wakeAfter(...waiting)).toBe(SILENCE_LIMIT);
  });

  test("is measured by a heartbeat once there is one, also after later signs of life", () => {
    const heartbeat = message({ type: "heartbeat", next_within: 25 });
    expect(wakeAfter(...waiting, heartbeat)).toBe(25_000 + PATIENCE);
    expect(wakeAfter(...waiting, heartbeat, heard)).toBe(25_000 + PATIENCE);
  });

  test("past the end of the code breaks the connection", () => {
    expect(wakeAfter(started, heard, message({ ...opened, expires_in: 5 }))).toBe(5000 + PATIENCE);
  });

  test("breaks the connection, which is resumed", () => {
    const [state, effects] = after(...waiting, timedOut);
    expect(state).toMatchObject({ link: "down", losses: 1, login: { name: "waiting", connected: false } });
    expect(effects).toEqual([{ type: "disconnect" }, { type: "wake", after: 500 }]);
    expect(effectsOf("connect", ...waiting, timedOut, timedOut)[0]?.resume).toMatchObject({ last_seq: 1, attempt: 2 });
  });

  test("during sleep is noticed when the page is seen, and no sooner", () => {
    const woken = presence({ now: NOW + SILENCE_LIMIT + 1 });
    expect(after(...waiting, woken)[0].link).toBe("down");
    expect(after(...waiting, presence())[1]).toEqual([]);
  });
});

describe("presence", () => {
  test("ends the wait for the next try", () => {
    expect(connects(...waiting, closed(1006), presence())).toBe(true);
    expect(connects(...waiting, closed(1006), presence({ isOnline: false }))).toBe(false);
  });

  test("does not end a wait that the gateway asked for", () => {
    expect(connects(...waiting, closed(4101, 5000), presence({ now: NOW + 4999 }))).toBe(false);
    expect(connects(...waiting, closed(4101, 5000), presence({ now: NOW + 5000 }))).toBe(true);
  });

  test("of a page that comes back without a network goes on trying: the network may be there all the same", () => {
    const hidden: Step = { ...timedOut, environment: { isVisible: false } };
    expect(wakeAfter(...waiting, closed(1006), hidden, presence({ isOnline: false }))).toBe(20_000);
  });

  test("of a page that is hidden stops the tries", () => {
    expect(after(...waiting, closed(1006), { ...timedOut, environment: { isVisible: false } })[1]).toEqual([]);
  });
});

describe("messages", () => {
  test("are stored with what they show", () => {
    const [state, effects] = after(...waiting, message(scanned(2)));
    expect(state.saved).toMatchObject({ last_seq: 2, attempt: 1, shown: { name: "scanned" } });
    expect(effects).toContainEqual({ type: "store", saved: state.saved });
  });

  test("that a gateway repeats change nothing", () => {
    const [before] = after(...waiting, message(scanned(2)));
    expect(after(...waiting, message(scanned(2)), message(scanned(2)))).toEqual([before, []]);
    expect(after(...waiting, message(scanned(2)), message(opened))).toEqual([before, []]);
  });

  test("with the result end connection and stored login", () => {
    const [state, effects] = after(...waiting, message(scanned(2)), message(confirmed(3)));
    expect(state.login.name).toBe("confirmed");
    expect(effects).toEqual([{ type: "store", saved: undefined }, { type: "disconnect" }]);
    expect(after(...waiting, message(confirmed(3)), closed(1000))[0].login.name).toBe("confirmed");
  });

  test("with an error hold the next try back", () => {
    expect(wakeAfter(started, heard, message(limited), closed(4101))).toBe(32_000);
  });
});

describe("a reload", () => {
  const restored: Step = { type: "started", saved };

  test("of a login that is over opens a new one without a word", () => {
    const [state] = after(restored, heard, closed(4001));
    expect(state.login.name).toBe("loading");
    expect(effectsOf("connect", restored, heard, closed(4001))[0]?.resume).toBeUndefined();
  });

  test("that brought news is a login like any other", () => {
    expect(after(restored, heard, message(renewed), closed(4001))[0].login.name).toBe("expired");
  });
});

describe("commands", () => {
  test.each(["refresh", "cancel"] as const)("%s goes to the gateway on an open connection", (type) => {
    expect(after(...waiting, { type })[1]).toEqual([{ type: "send", command: { type } }]);
  });

  test.each(["refresh", "cancel"] as const)("%s without a connection connects at once, and follows the first sign of life", (type) => {
    const lost = [...waiting, closed(1006), { type }];
    expect(connects(...lost)).toBe(true);
    expect(effectsOf("send", ...lost, heard)).toEqual([{ type: "send", command: { type } }]);
    expect(effectsOf("send", ...lost, heard, heard)).toEqual([]);
  });

  test("a refresh does not wait for the gateway's time: the person asks", () => {
    expect(connects(started, heard, message(limited), closed(4101), { type: "refresh" })).toBe(true);
  });

  test("a refresh of a scanned login cancels it and opens a new one", () => {
    const effects = after(...waiting, message(scanned(2)), { type: "refresh" })[1];
    expect(effects.map(({ type }) => type)).toEqual(["send", "disconnect", "store", "connect", "wake"]);
    expect(effects[0]).toEqual({ type: "send", command: { type: "cancel" } });
    expect(effects[3]).toMatchObject({ resume: undefined });
  });

  test("a refresh of a login that is over opens a new one; a cancel does nothing", () => {
    const over = [...waiting, closed(4001)];
    expect(connects(...over, { type: "refresh" })).toBe(true);
    expect(after(...over, { type: "cancel" })[1]).toEqual([]);
  });
});
