/**
 * Whole logins by independent clients, in a deployment: nginx with the configuration in docs/nginx.conf, in front of two
 * nodes on one Redis.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { Deployment } from "./deployment.ts";
import { environment } from "./environment.ts";
import { type ForeignClient, inChromium, inNode, inPython } from "./foreign-clients.ts";
import { BINARY } from "./gateway.ts";

let deployment: Deployment;
let browser: Browser;

beforeAll(async () => {
  deployment = await Deployment.start();
  // Chromium reads no file of trusted certificates.
  browser = await launchBrowser({ args: ["--ignore-certificate-errors"] });
});

afterAll(async () => {
  await browser?.close();
  await deployment?.stop();
});

const CLIENTS: readonly [string, string, () => Promise<ForeignClient>][] = [
  ["ws of Node", "127.0.0.2", () => inNode(deployment, "127.0.0.2")],
  ["websockets of Python", "127.0.0.3", () => inPython(deployment, "127.0.0.3")],
  ["Chromium without a script of ours", "127.0.0.1", () => inChromium(deployment, browser)],
];

test.each(CLIENTS)("%s logs in through nginx, and comes back in the middle", async (_, address, open) => {
  const client = await open();
  try {
    const opened = await client.nextReport("opened");
    const scanned = await deployment.post("/v1/scans", { qr: opened["qr"] });
    expect(scanned.status).toBe(200);
    expect(scanned.json).toMatchObject({ login_id: opened["login_id"], requester: { address, place: "same_machine" } });
    expect(await client.nextReport("scanned")).toMatchObject({ seq: 2, person: "示*", agree: true });
    expect(await client.nextReport("closed"), "its own close is answered in kind").toEqual({ type: "closed", code: 1000 });
    await client.nextReport("resumed");
    expect(await client.nextReport("agreed")).toMatchObject({ seq: 3 });
    const confirmed = await deployment.post(`/v1/logins/${opened["login_id"]}/confirm`, { identity: "personal" });
    expect(confirmed).toMatchObject({ status: 200, json: { status: "confirmed" } });
    const { seq, redirect_to, known } = await client.nextReport("confirmed");
    expect(seq).toBe(4);
    expect(known).toMatch(/^[\w.~-]{1,200}$/);
    const answer = new URL(String(redirect_to)).searchParams;
    expect(answer.get("iss")).toBe(deployment.origin);
    expect(await client.nextReport("closed"), "the gateway's close").toEqual({ type: "closed", code: 1000 });
    expect(await deployment.redeem(answer.get("code") ?? "")).toMatchObject({ status: 200, json: { token_type: "Bearer" } });
  } finally {
    await client.stop();
  }
});

test("events come through nginx as they happen", async () => {
  const opened = await deployment.post("/v1/logins", deployment.openRequest(), { origin: deployment.party });
  expect(opened.status).toBe(201);
  const { login_id, receive_key, qr } = opened.json;
  const stream = await deployment.events(`/v1/logins/${login_id}/events`, { "saoma-receive-key": String(receive_key) });
  await deployment.post("/v1/scans", { qr });
  // The stream is still open: a proxy with buffering would hold this back.
  expect(await stream.next()).toContain('"type":"scanned"');
  await deployment.post(`/v1/logins/${login_id}/reject`);
  expect(await stream.next()).toContain('"type":"rejected"');
  expect(await stream.next()).toBeUndefined();
});

/** Threat T16: the header is ignored through nginx, even from an address that the nodes trust. */
test.each([
  ["through nginx", "127.0.0.4", () => deployment.origin],
  ["through nginx, from its own machine", "127.0.0.1", () => deployment.origin],
  ["past nginx", "127.0.0.4", () => deployment.nodes[0]],
] as const)("a forged X-Forwarded-For counts for nothing %s", async (_, localAddress, at) => {
  const forged = { "x-forwarded-for": "203.0.113.9", origin: deployment.party };
  const opened = await deployment.post("/v1/logins", deployment.openRequest(), forged, { at: at(), localAddress });
  const scanned = await deployment.post("/v1/scans", { qr: opened.json["qr"] });
  expect(scanned.json).toMatchObject({ requester: { address: localAddress } });
});

test("nginx waits longer than a browser is silent", async () => {
  const { stdout } = await promisify(execFile)(BINARY, ["print-config"], { env: environment() });
  const seconds = (text: string, name: string) => Number(new RegExp(`${name}"?[ =]+"?(\\d+)s`).exec(text)?.[1]);
  const silence = seconds(stdout, "ping_interval") + seconds(stdout, "ping_timeout");
  expect(silence).toBeGreaterThan(0);
  expect(seconds(deployment.nginx.configuration, "proxy_read_timeout")).toBeGreaterThan(silence);
  expect(seconds(deployment.nginx.configuration, "proxy_send_timeout")).toBeGreaterThan(silence);
});
