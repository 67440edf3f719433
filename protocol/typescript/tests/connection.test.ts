import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LoginOptions } from "../src/index.ts";
import { confirmed, limited, opened, renewed, request, scanned } from "./messages.ts";
import { Page, TestStorage } from "./page.ts";
import { ScriptedGateway, type Visit } from "./scripted-gateway.ts";

let gateway: ScriptedGateway;
const pages: Page[] = [];

beforeEach(async () => {
  gateway = await ScriptedGateway.start();
});
afterEach(async () => {
  for (const page of pages.splice(0)) page.login.close();
  await gateway.stop();
});

function open(options?: Partial<LoginOptions>): Page {
  const page = new Page(gateway.origin, options);
  pages.push(page);
  return page;
}

/** Opens a login and shows its code. */
async function openWaiting(options?: Partial<LoginOptions>): Promise<{ page: Page; visit: Visit }> {
  const page = open(options);
  const visit = await gateway.visit();
  visit.send(opened);
  await visit.followed;
  await page.shows("waiting", { connected: true });
  return { page, visit };
}

const resumeFrom = (last_seq: number) => ({
  type: "resume",
  login_id: opened.login_id,
  receive_key: opened.receive_key,
  last_seq,
});

describe.each(["websocket", "event stream", "long poll"] as const)("over %s", (transport) => {
  beforeEach(() => {
    gateway.blocksWebSocket = transport !== "websocket";
    gateway.streams = transport === "long poll" ? "are blocked" : "pass";
  });

  test("a login goes from code to redirect", async () => {
    const { page, visit } = await openWaiting();
    expect(visit.transport).toBe(transport);
    expect(visit.first).toEqual({ type: "open", ...request });
    visit.send(scanned(2), confirmed(3));
    expect(await page.shows("confirmed")).toEqual({ name: "confirmed", redirectTo: confirmed(3).redirect_to });
    expect(page.names.filter((name) => name === "scanned")).toHaveLength(1);
  });

  test("a dropped connection comes back, says what it has seen, and shows nothing twice", async () => {
    const { page, visit } = await openWaiting();
    visit.send(scanned(2));
    await page.shows("scanned");
    visit.drop();
    await page.shows("scanned", { connected: false });
    const back = await gateway.visit();
    expect(back.first).toEqual(resumeFrom(2));
    await page.shows("scanned", { connected: true });
    back.send(opened, scanned(2), confirmed(3));
    await page.shows("confirmed");
    expect(page.names.filter((name) => name === "waiting")).not.toContain("expired");
    expect(page.names.indexOf("scanned")).toBeGreaterThan(page.names.lastIndexOf("waiting"));
  });

  test("the badge goes once the connection stands again, though there is no news", async () => {
    const { page, visit } = await openWaiting();
    visit.drop();
    await page.shows("waiting", { connected: false });
    await gateway.visit();
    await page.shows("waiting", { connected: true });
  });

  test("refresh and cancel reach the gateway", async () => {
    const { page, visit } = await openWaiting();
    page.login.refresh();
    expect(await visit.command()).toEqual({ type: "refresh" });
    visit.send(renewed);
    await page.shows("waiting", { userCode: renewed.user_code });
    page.login.cancel();
    expect(await visit.command()).toEqual({ type: "cancel" });
    visit.send({ type: "cancelled", seq: 3 });
    await page.shows("cancelled");
  });

  test("a command given while the connection is lost is sent when it is back", async () => {
    const { page, visit } = await openWaiting();
    visit.send(scanned(2));
    await page.shows("scanned");
    page.presence.set({ online: false });
    visit.drop();
    await page.shows("scanned", { connected: false });
    page.login.cancel();
    expect(await (await gateway.visit()).command()).toEqual({ type: "cancel" });
  });

  test("a page whose login another tab took over does not fight back", async () => {
    const { page, visit } = await openWaiting();
    visit.close(4002);
    await page.shows("superseded");
    expect(gateway.unexpectedVisits).toBe(0);
  });

  test("a restarting gateway is asked again when it said", async () => {
    const { visit } = await openWaiting();
    const closedAt = Date.now();
    visit.close(1012, JSON.stringify({ retry_after_ms: 300 }));
    expect((await gateway.visit()).first).toEqual(resumeFrom(1));
    expect(Date.now() - closedAt).toBeGreaterThanOrEqual(290);
  });

  test("a gateway that sends the browser on is obeyed at once, and nobody sees it", async () => {
    const { page, visit } = await openWaiting();
    visit.send(scanned(2));
    await page.shows("scanned");
    visit.close(4200);
    expect((await gateway.visit()).first).toEqual(resumeFrom(2));
    expect(page.shown.some((state) => state.name === "scanned" && !state.connected)).toBe(false);
  });

  test("a page that closes its login lets go of the connection", async () => {
    const { page, visit } = await openWaiting();
    page.login.close();
    await visit.left;
  });

  test("a login that the gateway no longer knows ends as expired", async () => {
    const { page, visit } = await openWaiting();
    visit.close(4001);
    await page.shows("expired");
  });

  test("messages of a later version are passed over", async () => {
    const { page, visit } = await openWaiting();
    visit.send({ type: "dance" }, scanned(2));
    await page.shows("scanned");
  });

  test("a code whose end is never told makes the page ask again", async () => {
    const page = open({ patience: 200 });
    (await gateway.visit()).send({ ...opened, expires_in: 0 });
    const back = await gateway.visit();
    expect(back.first).toEqual(resumeFrom(1));
    back.send(renewed);
    await page.shows("waiting", { userCode: renewed.user_code });
  });
});

test("a gateway that takes the connection and says nothing is asked again", async () => {
  open({ patience: 200 });
  await gateway.visit();
  expect((await gateway.visit()).first.type).toBe("open");
});

test("where WebSocket is blocked, two tries are enough to go another way", async () => {
  gateway.blocksWebSocket = true;
  const { visit } = await openWaiting();
  expect(visit.transport).toBe("event stream");
  expect(gateway.blocked).toEqual({ handshakes: 2, streams: 0 });
});

test("where event streams are blocked too, polls take the login up, and the code stays", async () => {
  gateway.blocksWebSocket = true;
  gateway.streams = "are blocked";
  const { page, visit } = await openWaiting();
  expect(visit.transport).toBe("long poll");
  expect(gateway.blocked).toEqual({ handshakes: 2, streams: 2 });
  expect(page.names.lastIndexOf("loading")).toBeLessThan(page.names.indexOf("waiting"));
});

test("a stream that is held back on its way is waited for once, and nothing is lost", async () => {
  gateway.blocksWebSocket = true;
  gateway.streams = "are held back";
  const page = open({ patience: 300 });
  const visit = await gateway.visit();
  visit.send(opened, scanned(2));
  await page.shows("waiting", { connected: true });
  await page.shows("scanned");
  expect(visit.transport).toBe("long poll");
  expect(gateway.polls[0]).toEqual({ after: 1, wait: 0 });
  expect(gateway.blocked.streams).toBe(1);
});

describe("polls", () => {
  beforeEach(() => {
    gateway.blocksWebSocket = true;
    gateway.streams = "are blocked";
  });

  test("begin with one that does not wait and go on from the newest message, be it of a later version", async () => {
    const { page, visit } = await openWaiting();
    visit.send(scanned(2), { type: "dance", seq: 3 });
    await expect.poll(() => gateway.polls.at(-1)).toEqual({ after: 3, wait: 25 });
    visit.send(confirmed(4));
    await page.shows("confirmed");
    const asked = [1, 1, 3].map((after, index) => ({ after, wait: index === 0 ? 0 : 25 }));
    expect(gateway.polls).toEqual(asked);
  });

  test("end with the login", async () => {
    const { page, visit } = await openWaiting();
    visit.send({ type: "expired", seq: 2 });
    await page.shows("expired");
    const { length } = gateway.polls;
    // A poll would have been sent before this.
    await fetch(gateway.origin);
    expect(gateway.polls).toHaveLength(length);
  });

  test("ask again for an answer that broke off", async () => {
    const { page, visit } = await openWaiting();
    visit.drop();
    const back = await gateway.visit();
    expect(back.first).toEqual(resumeFrom(1));
    back.send(scanned(2));
    await page.shows("scanned");
  });

  test.each(["too_many_requests", "temporarily_unavailable"] as const)("wait as long as %s says", async (error) => {
    const { page, visit } = await openWaiting();
    const status = error === "too_many_requests" ? 429 : 503;
    gateway.problem = { type: `urn:saoma:error:${error}`, title: "", status, detail: "later", error, retry_after: 1 };
    visit.drop();
    await expect.poll(() => gateway.refusals).toBe(1);
    const refusedAt = Date.now();
    gateway.problem = undefined;
    page.presence.set({ visible: true });
    expect((await gateway.visit()).first).toEqual(resumeFrom(1));
    expect(Date.now() - refusedAt).toBeGreaterThanOrEqual(900);
    const { renewableAt } = await page.shows("waiting", { connected: true });
    expect(renewableAt, "the person may ask for a new code").toBeUndefined();
  });
});

test("a socket that has worked before is not given up for a stream", async () => {
  const { page, visit } = await openWaiting();
  gateway.blocksWebSocket = true;
  visit.drop();
  await expect.poll(() => gateway.blocked.handshakes, { timeout: 20_000 }).toBeGreaterThan(2);
  gateway.blocksWebSocket = false;
  expect((await gateway.visit()).transport).toBe("websocket");
  await page.shows("waiting", { connected: true });
});

test("over the limit, the page says until when, and then asks by itself", async () => {
  const page = open();
  const visit = await gateway.visit();
  visit.send({ ...limited, retry_after: 1 });
  visit.close(4101);
  const delayed = await page.shows("delayed", { error: "too_many_requests" });
  const again = await gateway.visit();
  expect(Date.now()).toBeGreaterThanOrEqual(delayed.retryAt);
  again.send(opened);
  await page.shows("waiting");
});

test("over HTTP the gateway's problem document says the same", async () => {
  gateway.blocksWebSocket = true;
  const error = "temporarily_unavailable";
  gateway.problem = { type: `urn:saoma:error:${error}`, title: "", status: 503, detail: "later", error, retry_after: 32 };
  const page = open();
  const { retryAt } = await page.shows("delayed", { error });
  expect(retryAt - Date.now()).toBeGreaterThan(25_000);
});

test("a page that asks for what it may not have is told, and asks no more", async () => {
  const page = open();
  const visit = await gateway.visit();
  visit.send({ type: "error", error: "unknown_client", error_description: "no such client" });
  visit.close(4004);
  expect(await page.shows("refused")).toEqual({ name: "refused", error: "unknown_client" });
  expect(gateway.unexpectedVisits).toBe(0);
});

test("a new code after the end of a login is a new login", async () => {
  const { page, visit } = await openWaiting();
  visit.send({ type: "expired", seq: 2 });
  visit.close(1000);
  await page.shows("expired");
  page.login.refresh();
  const anew = await gateway.visit();
  expect(anew.first.type).toBe("open");
  anew.send({ ...opened, user_code: "NEWC-ODEX" });
  await page.shows("waiting", { userCode: "NEWC-ODEX" });
});

test("a new code after a scan gives the scanned login up", async () => {
  const { page, visit } = await openWaiting();
  visit.send(scanned(2));
  await page.shows("scanned");
  page.login.refresh();
  expect(await visit.command()).toEqual({ type: "cancel" });
  expect((await gateway.visit()).first.type).toBe("open");
});

describe("a reload", () => {
  test("shows the same code at once and goes on with the same login", async () => {
    const storage = new TestStorage();
    const { page } = await openWaiting({ storage });
    page.login.close();
    const reloaded = open({ storage });
    expect(reloaded.shown[0]).toMatchObject({ name: "waiting", qr: opened.qr });
    const visit = await gateway.visit();
    expect(visit.first).toEqual(resumeFrom(1));
    visit.send(scanned(2), confirmed(3));
    await reloaded.shows("confirmed");
    expect(storage.size).toBe(0);
  });

  test("of a login that is over gets a new code without a word", async () => {
    const storage = new TestStorage();
    const { page } = await openWaiting({ storage });
    page.login.close();
    const reloaded = open({ storage });
    (await gateway.visit()).close(4001);
    const visit = await gateway.visit();
    expect(visit.first.type).toBe("open");
    visit.send(opened);
    await reloaded.shows("waiting", { connected: true });
    expect(reloaded.names).not.toContain("expired");
  });

  test("with another request does not get the answer to the old", async () => {
    const storage = new TestStorage();
    const { page } = await openWaiting({ storage });
    page.login.close();
    open({ storage, request: { ...request, state: "another" } });
    expect((await gateway.visit()).first).toMatchObject({ type: "open", state: "another" });
  });

  test("with a broken storage gets a new code", async () => {
    open({ storage: new TestStorage([["saoma.login", "{"]]) });
    expect((await gateway.visit()).first.type).toBe("open");
  });
});

describe("a page that nobody sees", () => {
  test("keeps a connection that stands, and comes back to a lost one when it is looked at", async () => {
    const { page, visit } = await openWaiting();
    page.presence.set({ visible: false });
    visit.drop();
    await page.shows("waiting", { connected: false });
    page.presence.set({ visible: true });
    expect((await gateway.visit()).first).toEqual(resumeFrom(1));
  });

  test("comes back at once when the network does", async () => {
    const { page, visit } = await openWaiting();
    page.presence.set({ online: false });
    visit.drop();
    await page.shows("waiting", { connected: false });
    page.presence.set({ online: true });
    expect((await gateway.visit()).first).toEqual(resumeFrom(1));
  });
});
