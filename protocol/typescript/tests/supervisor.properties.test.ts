/** Invariants of the supervisor, under any order of events that a shell can bring. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ServerMessage } from "../src/generated.ts";
import { isSettled } from "../src/login-state.ts";
import {
  type Effect,
  type Environment,
  type SupervisorEvent,
  type SupervisorState,
  initialSupervisor,
  supervise,
} from "../src/supervisor.ts";
import { agreed, asking, confirmed, limited, opened, renewed, scanned } from "./messages.ts";

const PATIENCE = 10_000;

/** Something that may happen next. `gateway` events need a connection; `timer` needs a timer that runs. */
type Move =
  | { readonly by: "gateway"; readonly event: SupervisorEvent }
  | { readonly by: "page"; readonly event: SupervisorEvent }
  | { readonly by: "timer" };

interface Turn {
  readonly move: Move;
  /** Milliseconds since the turn before. */
  readonly elapsed: number;
  readonly random: number;
  readonly isVisible: boolean;
  readonly isOnline: boolean;
}

const seq = fc.integer({ min: 1, max: 6 });
const anyMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.constant(opened),
  seq.map((seq) => ({ ...renewed, seq })),
  seq.map(scanned),
  seq.map(asking),
  seq.map(agreed),
  seq.map((seq) => confirmed(seq)),
  seq.map((seq) => ({ ...confirmed(seq), known: "k" })),
  seq.map((seq): ServerMessage => ({ type: "expired", seq })),
  fc.nat(60).map((next_within): ServerMessage => ({ type: "heartbeat", next_within })),
  fc.constant(limited),
);
const gatewayEvent: fc.Arbitrary<SupervisorEvent> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<SupervisorEvent>({ type: "heard", silenceLimit: 60_000 }) },
  { weight: 4, arbitrary: anyMessage.map((message): SupervisorEvent => ({ type: "message", message })) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("closed" as const),
      code: fc.constantFrom(1000, 1001, 1006, 1011, 1012, 3000, 4001, 4002, 4004, 4101, 4200),
      retryAfter: fc.constantFrom(0, 300, 30_000),
    }),
  },
);
const pageEvent = fc.constantFrom<SupervisorEvent>(
  { type: "presence_changed" },
  { type: "refresh" },
  { type: "agree" },
  { type: "cancel" },
  { type: "cancel", reason: "not_me" },
);
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: gatewayEvent.map((event): Move => ({ by: "gateway", event })) },
  { weight: 2, arbitrary: pageEvent.map((event): Move => ({ by: "page", event })) },
  { weight: 3, arbitrary: fc.constant<Move>({ by: "timer" }) },
);
const anyTurn: fc.Arbitrary<Turn> = fc.record({
  move: anyMove,
  elapsed: fc.nat(40_000),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  isVisible: fc.boolean(),
  isOnline: fc.boolean(),
});
const anyTurns = fc.array(anyTurn, { maxLength: 40 });

/** A shell that runs effects on paper. */
class PaperShell {
  state: SupervisorState = freeze(initialSupervisor(PATIENCE));
  now = 1_790_000_000_000;
  isConnected = false;
  isTimed = false;
  stored: unknown;
  effects: readonly Effect[] = [];

  constructor() {
    this.handle({ type: "started", saved: undefined }, { elapsed: 0, random: 0, isVisible: true, isOnline: true });
  }

  /** Takes a turn, unless it cannot happen now. Returns whether it could. */
  take(turn: Turn): boolean {
    const { move } = turn;
    if (move.by === "timer" ? !this.isTimed : move.by === "gateway" && !this.isConnected) return false;
    if (move.by === "timer") this.isTimed = false;
    // A transport says nothing after `closed`.
    if (move.by === "gateway" && move.event.type === "closed") this.isConnected = false;
    this.handle(move.by === "timer" ? { type: "timed_out" } : move.event, turn);
    return true;
  }

  handle(event: SupervisorEvent, { elapsed, random, isVisible, isOnline }: Omit<Turn, "move">): void {
    this.now += elapsed;
    const environment: Environment = { now: this.now, random, isVisible, isOnline };
    [this.state, this.effects] = supervise(this.state, { ...event, environment });
    freeze(this.state);
    for (const effect of this.effects) this.#run(effect);
  }

  #run(effect: Effect): void {
    switch (effect.type) {
      case "connect":
        expect(this.isConnected, "two connections at once").toBe(false);
        this.isConnected = true;
        break;
      case "disconnect":
        this.isConnected = this.isTimed = false;
        break;
      case "wake":
        expect(effect.after).toBeGreaterThanOrEqual(0);
        this.isTimed = true;
        break;
      case "store":
        this.stored = effect.saved;
        break;
      case "send":
        expect(this.isConnected, "a command without a connection").toBe(true);
    }
  }
}

/** Makes a change of an earlier state throw. */
function freeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === "object" && member !== null) freeze(member);
  return Object.freeze(value);
}

/** Checks `holds` after each turn, of which it gets the state before, too. */
function always(holds: (shell: PaperShell, before: SupervisorState, turn: Turn) => void): void {
  fc.assert(
    fc.property(anyTurns, (turns) => {
      const shell = new PaperShell();
      for (const turn of turns) {
        const before = shell.state;
        if (shell.take(turn)) holds(shell, before, turn);
      }
    }),
    { numRuns: 1000 },
  );
}

test("there is one connection at most, and the state knows of it", () => {
  always(({ state, isConnected }) => expect(state.link !== "down").toBe(isConnected));
});

test("a login that is not over has a connection or a timer, or waits to be seen", () => {
  always(({ state, isConnected, isTimed }) => {
    if (isConnected) expect(isTimed, "a connection without a watch on its silence").toBe(true);
    else if (!isSettled(state.login)) expect(isTimed || !state.isVisible).toBe(true);
  });
});

test("a login that is over has no connection, no timer and no stored secret", () => {
  always(({ state, isConnected, isTimed, stored }) => {
    if (isSettled(state.login)) expect({ isConnected, isTimed, stored }).toEqual({ isConnected: false, isTimed: false, stored: undefined });
  });
});

test("a login that is over is left by a refresh alone", () => {
  always(({ state }, before, { move }) => {
    if (isSettled(before.login) && !(move.by === "page" && move.event.type === "refresh")) expect(state.login).toBe(before.login);
  });
});

test("what is stored is what would be resumed", () => {
  always(({ state, stored }) => expect(stored).toBe(state.saved));
});

test("a page that is not seen does not connect", () => {
  always(({ state, effects }) => {
    if (effects.some(({ type }) => type === "connect")) expect(state.isVisible).toBe(true);
  });
});

test("the gateway is asked no sooner than it wants, unless the person asks", () => {
  always(({ state, effects, now }, before, { move }) => {
    if (move.by === "page" && move.event.type !== "presence_changed") return;
    const isEarly = before.link === "down" && move.by === "page" && before.notBefore > now;
    if (isEarly) expect(effects.some(({ type }) => type === "connect")).toBe(false);
    const delay = effects.find((effect) => effect.type === "wake")?.after ?? 0;
    if (state.link === "down" && effects.some(({ type }) => type === "wake")) expect(now + delay).toBeGreaterThanOrEqual(state.notBefore);
  });
});

test("a try comes within 20 s, or when the gateway wants it", () => {
  always(({ state, effects, now }) => {
    const wake = effects.findLast((effect) => effect.type === "wake");
    if (state.link === "down" && wake) expect(wake.after).toBeLessThanOrEqual(Math.max(20_000, state.notBefore - now));
  });
});

test("a login's attempts and its newest message only ever grow", () => {
  always(({ state, effects }, before) => {
    const restarts = effects.some((effect) => effect.type === "store" && effect.saved === undefined);
    if (restarts || !before.saved || !state.saved) return;
    expect(state.saved.attempt).toBeGreaterThanOrEqual(before.saved.attempt);
    expect(state.saved.last_seq).toBeGreaterThanOrEqual(before.saved.last_seq);
    if (effects.some(({ type }) => type === "connect")) expect(state.saved.attempt).toBe(before.saved.attempt + 1);
  });
});

test("a transport that has reached the gateway is never left", () => {
  always(({ state }, before) => {
    if (before.isReached) expect(state.transport).toBe(before.transport);
  });
});

test("a person agrees to what is asked, and to nothing else", () => {
  always(({ effects, state }, before) => {
    const agrees = effects.some((effect) => effect.type === "send" && effect.command.type === "agree") || state.pending?.type === "agree";
    if (!agrees || before.pending?.type === "agree") return;
    expect(before.login).toMatchObject({ name: "scanned", mustAgree: true });
  });
});

test("a command is sent once, and not lost with the connection that never came to be", () => {
  always(({ state, effects }, before) => {
    const sends = effects.filter(({ type }) => type === "send");
    expect(sends.length).toBeLessThanOrEqual(1);
    if (state.pending && before.pending) expect(sends).toEqual([]);
  });
});
