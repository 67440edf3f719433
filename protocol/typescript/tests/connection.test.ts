import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type WebSocket as ServerSocket, WebSocket, WebSocketServer } from "ws";
import { LoginConnection, type LoginView } from "../src/index.ts";

// Node 20 has no WebSocket of its own; this one has the same interface.
Object.assign(globalThis, { WebSocket });

const request = {
  client_id: "hall",
  redirect_uri: "https://hall.example/callback",
  scope: "openid",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
} as const;

const opened = {
  type: "opened",
  seq: 1,
  login_id: "L",
  receive_key: "K",
  qr: "HTTPS://LOGIN.EXAMPLE/Q/1",
  user_code: "WDJB-MJHT",
  expires_in: 120,
  server_time: 1,
};

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

/** A gateway that hands each new socket, with its first message, to the next of these. */
async function gateway(...scripts: ((socket: ServerSocket, first: Record<string, unknown>) => void)[]): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "saoma.v1" });
  server.on("connection", (socket) => {
    socket.once("message", (data) => scripts.shift()?.(socket, JSON.parse(String(data))));
  });
  cleanups.push(() => server.close());
  await new Promise((listening) => server.on("listening", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Follows a login until a view is as wanted; gives all views so far. */
function until(url: string, wanted: (view: LoginView) => boolean, storage?: Map<string, string>): Promise<LoginView[]> {
  return new Promise((resolve) => {
    const views: LoginView[] = [];
    const kept = storage && {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: string) => void storage.set(key, value),
      removeItem: (key: string) => void storage.delete(key),
    };
    const connection = new LoginConnection({
      gateway: url,
      request,
      ...(kept && { storage: kept }),
      onView: (view) => {
        views.push(view);
        if (wanted(view)) resolve(views);
      },
    });
    cleanups.push(() => connection.close());
  });
}

const send = (socket: ServerSocket, message: object) => socket.send(JSON.stringify(message));

test("a login goes from code to redirect", async () => {
  const url = await gateway((socket, first) => {
    expect(first).toMatchObject({ type: "open", client_id: "hall" });
    send(socket, opened);
    send(socket, { type: "scanned", seq: 2, person: "示*", expires_in: 90 });
    send(socket, { type: "confirmed", seq: 3, redirect_to: "https://hall.example/callback?code=x" });
  });
  const views = await until(url, (view) => view.state === "confirmed");
  expect(views.map((view) => view.state)).toEqual(["waiting", "scanned", "confirmed"]);
});

test("a dropped connection comes back, says what it has seen, and shows nothing twice", async () => {
  const url = await gateway(
    (socket) => {
      send(socket, opened);
      send(socket, { type: "scanned", seq: 2, person: "示*", expires_in: 90 });
      setImmediate(() => socket.terminate());
    },
    (socket, first) => {
      expect(first).toEqual({ type: "resume", login_id: "L", receive_key: "K", last_seq: 2 });
      send(socket, { type: "scanned", seq: 2, person: "示*", expires_in: 90 });
      send(socket, { type: "confirmed", seq: 3, redirect_to: "https://hall.example/" });
    },
  );
  const views = await until(url, (view) => view.state === "confirmed");
  expect(views.filter((view) => view.state === "scanned" && !view.reconnecting)).toHaveLength(1);
  expect(views.some((view) => view.state === "scanned" && view.reconnecting)).toBe(true);
});

test("a reload takes the login up where it was", async () => {
  const storage = new Map<string, string>();
  const url = await gateway(
    (socket) => send(socket, opened),
    (_socket, first) => expect(first).toMatchObject({ type: "resume", last_seq: 1 }),
  );
  await until(url, (view) => view.state === "waiting", storage);
  const views = await until(url, (view) => view.state === "waiting", storage);
  expect(views[0]).toMatchObject({ state: "waiting", qr: opened.qr });
});

test("a superseded page does not fight back", async () => {
  const url = await gateway((socket) => {
    send(socket, opened);
    socket.close(4002);
  });
  const views = await until(url, (view) => view.state === "superseded");
  expect(views.at(-1)).toEqual({ state: "superseded" });
});

test("a refusal says how long to wait", async () => {
  const url = await gateway((socket) => {
    send(socket, { type: "error", error: "too_many_requests", error_description: "wait", retry_after: 32 });
    socket.close(4101);
  });
  const views = await until(url, (view) => view.state === "failed");
  expect(views.at(-1)).toMatchObject({ state: "failed", error: "too_many_requests" });
});
