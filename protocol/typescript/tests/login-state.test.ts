import fc from "fast-check";
import { expect, test } from "vitest";
import { type LoginEvent, type LoginState, INITIAL_STATE, isSettled, nextState } from "../src/login-state.ts";
import type { ServerMessage } from "../src/generated.ts";
import { agreed, asking, confirmed, limited, opened, renewed, scanned } from "./messages.ts";

const NOW = 1_790_000_000_000;
const message = (message: ServerMessage): LoginEvent => ({ type: "message", message, now: NOW });
const after = (...events: LoginEvent[]): LoginState => events.reduce(nextState, INITIAL_STATE);

const waiting: LoginState = {
  name: "waiting",
  qr: opened.qr,
  userCode: opened.user_code,
  expiresAt: NOW + 120_000,
  connected: true,
};

const scannedState: LoginState = { name: "scanned", person: "示*", mustAgree: false, expiresAt: NOW + 90_000, connected: true };

test.each<[string, LoginEvent[], LoginState]>([
  ["nothing yet", [], INITIAL_STATE],
  ["no answer yet", [{ type: "disconnected" }], { name: "loading", connected: false }],
  ["a code", [message(opened)], waiting],
  ["a lost connection", [message(opened), { type: "disconnected" }], { ...waiting, connected: false }],
  ["a connection again", [message(opened), { type: "disconnected" }, { type: "connected" }], waiting],
  ["a renewed code", [message(opened), message(renewed)], { ...waiting, qr: renewed.qr, userCode: renewed.user_code }],
  ["a renewal refused", [message(opened), message(limited)], { ...waiting, renewableAt: NOW + 32_000 }],
  ["a scan", [message(opened), message(scanned(2))], scannedState],
  ["a scan by a person who is new", [message(opened), message(asking(2))], { ...scannedState, mustAgree: true }],
  ["an agreement", [message(asking(2)), message(agreed(3))], { ...scannedState, expiresAt: NOW + 80_000 }],
  ["an agreement to no scan", [message(opened), message(agreed(2))], waiting],
  ["a confirm", [message(confirmed(3))], { name: "confirmed", redirectTo: confirmed(3).redirect_to }],
  ["a decline", [message({ type: "rejected", seq: 3, reason: "declined" })], { name: "rejected", reason: "declined" }],
  ["a cancel", [message({ type: "cancelled", seq: 2 })], { name: "cancelled" }],
  ["a cancel with its reason", [message({ type: "cancelled", seq: 3, reason: "not_me" })], { name: "cancelled", reason: "not_me" }],
  ["an end", [message({ type: "expired", seq: 2 })], { name: "expired" }],
  ["a limit", [message(limited)], { name: "delayed", error: "too_many_requests", retryAt: NOW + 32_000 }],
  ["a limit that is over", [message(limited), { type: "connecting" }], INITIAL_STATE],
  ["another tab", [message(opened), { type: "closed", code: 4002 }], { name: "superseded" }],
  ["an unknown login", [message(opened), { type: "closed", code: 4001 }], { name: "expired" }],
  ["a refusal of no known code", [{ type: "closed", code: 4099 }], { name: "refused", error: "invalid_request" }],
  ["a new start", [message({ type: "expired", seq: 2 }), { type: "restarted" }], INITIAL_STATE],
])("%s is shown", (_name, events, state) => {
  expect(after(...events)).toEqual(state);
});

const anyMessage: fc.Arbitrary<ServerMessage> = fc.constantFrom<ServerMessage>(
  opened,
  renewed,
  scanned(2),
  asking(2),
  agreed(3),
  confirmed(3),
  limited,
  { type: "rejected", seq: 3, reason: "identity_refused" },
  { type: "cancelled", seq: 4 },
  { type: "expired", seq: 4 },
  { type: "error", error: "unknown_client", error_description: "" },
  { type: "error", error: "server_error", error_description: "" },
);
const connectionEvent = fc.constantFrom<LoginEvent>(
  { type: "connecting" },
  { type: "connected" },
  { type: "disconnected" },
);
const anyEvent: fc.Arbitrary<LoginEvent> = fc.oneof(
  anyMessage.map(message),
  connectionEvent,
  fc.constantFrom(4001, 4002, 4004, 1000).map((code): LoginEvent => ({ type: "closed", code })),
);

test("nothing but a new start leaves a settled state", () => {
  fc.assert(
    fc.property(fc.array(anyEvent), anyEvent, (events, last) => {
      const state = after(...events);
      fc.pre(isSettled(state));
      expect(nextState(state, last)).toBe(state);
      expect(nextState(state, { type: "restarted" })).toEqual(INITIAL_STATE);
    }),
  );
});

test("the same state object stands for no change, so that a page is not drawn anew", () => {
  fc.assert(
    fc.property(fc.array(anyEvent), connectionEvent, (events, event) => {
      const once = nextState(after(...events), event);
      expect(nextState(once, event)).toBe(once);
    }),
  );
});

test("however often the connection drops, what the gateway said is what is shown in the end", () => {
  const course = fc.constantFrom<ServerMessage[]>(
    [opened, renewed, scanned(3), confirmed(4)],
    [opened, asking(2), agreed(3)],
    [opened, asking(2), { type: "cancelled", seq: 3, reason: "not_me" }],
    [opened, scanned(2), { type: "expired", seq: 3 }],
    [opened, scanned(2), { type: "rejected", seq: 3, reason: "declined" }],
    [opened, renewed],
  );
  fc.assert(
    fc.property(course, fc.array(fc.array(connectionEvent, { maxLength: 4 }), { maxLength: 5 }), (messages, drops) => {
      const broken = messages.flatMap((sent, index) => [...(drops[index] ?? []), message(sent)]);
      expect(after(...broken)).toEqual(after(...messages.map(message)));
    }),
  );
});
