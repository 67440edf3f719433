import { beforeEach, describe, expect, test, vi } from "vitest";
import { agreed, asking, confirmed, limited, opened, renewed, request, scanned } from "./messages.ts";
import { TestKnown, TestStorage } from "./page.ts";
import { Fixture, resumeFrom } from "./fixture.ts";

const fixture = new Fixture();

describe.each(["websocket", "event stream", "long poll"] as const)("over %s", (transport) => {
  beforeEach(() => {
    fixture.gateway.blocksWebSocket = transport !== "websocket";
    fixture.gateway.streams = transport === "long poll" ? "are blocked" : "pass";
  });

  test("a login goes from code to redirect", async () => {
    const { page, connection } = await fixture.openWaiting();
    expect(connection.transport).toBe(transport);
    expect(connection.first).toEqual({ type: "open", ...request });
    connection.send(scanned(2), confirmed(3));
    expect(await page.shows("confirmed")).toEqual({ name: "confirmed", redirectTo: confirmed(3).redirect_to });
    expect(page.names.filter((name) => name === "scanned")).toHaveLength(1);
  });

  test("a dropped connection comes back, says what it has seen, and shows nothing twice", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.send(scanned(2));
    await page.shows("scanned");
    connection.drop();
    await page.shows("scanned", { connected: false });
    const back = await fixture.gateway.nextConnection();
    expect(back.first).toEqual(resumeFrom(2));
    await page.shows("scanned", { connected: true });
    back.send(opened, scanned(2), confirmed(3));
    await page.shows("confirmed");
    expect(page.names.filter((name) => name === "waiting")).not.toContain("expired");
    expect(page.names.indexOf("scanned")).toBeGreaterThan(page.names.lastIndexOf("waiting"));
  });

  test("each return is a later attempt, so that the gateway knows one that was held up", async () => {
    const { page, connection } = await fixture.openWaiting();
    const returned = [];
    for (let lost = connection; returned.length < 3; ) {
      lost.drop();
      await page.shows("waiting", { connected: false });
      lost = await fixture.gateway.nextConnection();
      returned.push(lost.first);
      await page.shows("waiting", { connected: true });
    }
    const attempts = returned.map((first) => ("attempt" in first ? Number(first.attempt) : 0));
    expect(attempts.every((attempt, index) => attempt > (attempts[index - 1] ?? 1)), String(attempts)).toBe(true);
  });

  test("a device that slept through the end of its connection finds out as soon as it is looked at", async () => {
    const { page } = await fixture.openWaiting();
    const slept = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
    page.presence.set({ visible: true });
    expect((await fixture.gateway.nextConnection()).first).toEqual(resumeFrom(1));
    slept.mockRestore();
  });

  test("the badge goes once the connection stands again, though there is no news", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.drop();
    await page.shows("waiting", { connected: false });
    await fixture.gateway.nextConnection();
    await page.shows("waiting", { connected: true });
  });

  test("refresh and cancel reach the gateway", async () => {
    const { page, connection } = await fixture.openWaiting();
    page.login.refresh();
    expect(await connection.command()).toEqual({ type: "refresh" });
    connection.send(renewed);
    await page.shows("waiting", { userCode: renewed.user_code });
    page.login.cancel();
    expect(await connection.command()).toEqual({ type: "cancel" });
    connection.send({ type: "cancelled", seq: 3 });
    await page.shows("cancelled");
  });

  test("an agreement and a cancel for a reason reach the gateway", async () => {
    const { page, connection } = await fixture.openWaiting();
    page.login.agree();
    connection.send(asking(2));
    await page.shows("scanned", { mustAgree: true });
    page.login.agree();
    expect(await connection.command()).toEqual({ type: "agree" });
    connection.send(agreed(3));
    await page.shows("scanned", { mustAgree: false });
    page.login.cancel("not_me");
    expect(await connection.command()).toEqual({ type: "cancel", reason: "not_me" });
    connection.send({ type: "cancelled", seq: 4, reason: "not_me" });
    await page.shows("cancelled", { reason: "not_me" });
  });

  test("the browser is known again by what the gateway gave it, and a reload is asked the same question", async () => {
    const [storage, known] = [new TestStorage(), new TestKnown()];
    const { page, connection } = await fixture.openWaiting({ storage, known });
    expect(connection.first).toEqual({ type: "open", ...request });
    connection.send(asking(2));
    await page.shows("scanned", { mustAgree: true });
    page.login.close();
    const reloaded = fixture.open({ storage, known });
    expect(reloaded.shown[0]).toMatchObject({ name: "scanned", mustAgree: true });
    (await fixture.gateway.nextConnection()).send(agreed(3), { ...confirmed(4), known: "sealed" });
    await reloaded.shows("confirmed");
    fixture.open({ storage, known });
    expect((await fixture.gateway.nextConnection()).first).toEqual({ type: "open", ...request, known: ["sealed"] });
  });

  test("the value of a person whom the browser knew takes the place of the old", async () => {
    const known = new TestKnown();
    known.keep("old");
    const { page, connection } = await fixture.openWaiting({ known });
    connection.send(scanned(2), { ...confirmed(3), known: "new" });
    await page.shows("confirmed");
    expect(known.values()).toEqual(["new"]);
  });

  test("a command given while the connection is lost is sent when it is back", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.send(scanned(2));
    await page.shows("scanned");
    page.presence.set({ online: false });
    connection.drop();
    await page.shows("scanned", { connected: false });
    page.login.cancel();
    expect(await (await fixture.gateway.nextConnection()).command()).toEqual({ type: "cancel" });
  });

  test("a page whose login another tab took over does not fight back", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.close(4002);
    await page.shows("superseded");
    expect(fixture.gateway.unexpectedConnections).toBe(0);
  });

  test("a restarting gateway is asked again when it said", async () => {
    const { connection } = await fixture.openWaiting();
    const closedAt = Date.now();
    connection.close(1012, JSON.stringify({ retry_after_ms: 300 }));
    expect((await fixture.gateway.nextConnection()).first).toEqual(resumeFrom(1));
    expect(Date.now() - closedAt).toBeGreaterThanOrEqual(290);
  });

  test("a gateway that sends the browser on is obeyed at once, and nobody sees it", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.send(scanned(2));
    await page.shows("scanned");
    connection.close(4200);
    expect((await fixture.gateway.nextConnection()).first).toEqual(resumeFrom(2));
    expect(page.shown.some((state) => state.name === "scanned" && !state.connected)).toBe(false);
  });

  test("a page that closes its login lets go of the connection", async () => {
    const { page, connection } = await fixture.openWaiting();
    page.login.close();
    await connection.left;
  });

  test("a login that the gateway no longer knows ends as expired", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.close(4001);
    await page.shows("expired");
  });

  test("messages of a later version are passed over", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.send({ type: "dance" }, scanned(2));
    await page.shows("scanned");
  });

  test("a code whose end is never told makes the page ask again", async () => {
    const page = fixture.open({ patience: 200 });
    (await fixture.gateway.nextConnection()).send({ ...opened, expires_in: 0 });
    const back = await fixture.gateway.nextConnection();
    expect(back.first).toEqual(resumeFrom(1));
    back.send(renewed);
    await page.shows("waiting", { userCode: renewed.user_code });
  });
});

test("a socket that is silent for longer than its heartbeat promised is given up for a new one", async () => {
  const { page, connection } = await fixture.openWaiting({ patience: 200 });
  connection.send(scanned(2));
  await page.shows("scanned");
  connection.send({ type: "heartbeat", next_within: 0 });
  expect((await fixture.gateway.nextConnection()).first).toEqual(resumeFrom(2));
  await connection.left;
});

test("a gateway that takes the connection and says nothing is asked again", async () => {
  fixture.open({ patience: 200 });
  await fixture.gateway.nextConnection();
  expect((await fixture.gateway.nextConnection()).first.type).toBe("open");
});

test("over the limit, the page says until when, and then asks by itself", async () => {
  const page = fixture.open();
  const connection = await fixture.gateway.nextConnection();
  connection.send({ ...limited, retry_after: 1 });
  connection.close(4101);
  const delayed = await page.shows("delayed", { error: "too_many_requests" });
  const again = await fixture.gateway.nextConnection();
  expect(Date.now()).toBeGreaterThanOrEqual(delayed.retryAt);
  again.send(opened);
  await page.shows("waiting");
});

test("a page that asks for what it may not have is told, and asks no more", async () => {
  const page = fixture.open();
  const connection = await fixture.gateway.nextConnection();
  connection.send({ type: "error", error: "unknown_client", error_description: "no such client" });
  connection.close(4004);
  expect(await page.shows("refused")).toEqual({ name: "refused", error: "unknown_client" });
  expect(fixture.gateway.unexpectedConnections).toBe(0);
});

test("a new code after the end of a login is a new login", async () => {
  const { page, connection } = await fixture.openWaiting();
  connection.send({ type: "expired", seq: 2 });
  connection.close(1000);
  await page.shows("expired");
  page.login.refresh();
  const anew = await fixture.gateway.nextConnection();
  expect(anew.first.type).toBe("open");
  anew.send({ ...opened, user_code: "NEWC-ODEX" });
  await page.shows("waiting", { userCode: "NEWC-ODEX" });
});

test("a new code after a scan gives the scanned login up", async () => {
  const { page, connection } = await fixture.openWaiting();
  connection.send(scanned(2));
  await page.shows("scanned");
  page.login.refresh();
  expect(await connection.command()).toEqual({ type: "cancel" });
  expect((await fixture.gateway.nextConnection()).first.type).toBe("open");
});

describe("a reload", () => {
  test("shows the same code at once and goes on with the same login", async () => {
    const storage = new TestStorage();
    const { page } = await fixture.openWaiting({ storage });
    page.login.close();
    const reloaded = fixture.open({ storage });
    expect(reloaded.shown[0]).toMatchObject({ name: "waiting", qr: opened.qr });
    const connection = await fixture.gateway.nextConnection();
    expect(connection.first).toEqual(resumeFrom(1, 2));
    connection.send(scanned(2), confirmed(3));
    await reloaded.shows("confirmed");
    expect(storage.size).toBe(0);
  });

  test("of a login that is over gets a new code without a word", async () => {
    const storage = new TestStorage();
    const { page } = await fixture.openWaiting({ storage });
    page.login.close();
    const reloaded = fixture.open({ storage });
    (await fixture.gateway.nextConnection()).close(4001);
    const connection = await fixture.gateway.nextConnection();
    expect(connection.first.type).toBe("open");
    connection.send(opened);
    await reloaded.shows("waiting", { connected: true });
    expect(reloaded.names).not.toContain("expired");
  });

  test("with another request does not get the answer to the old", async () => {
    const storage = new TestStorage();
    const { page } = await fixture.openWaiting({ storage });
    page.login.close();
    fixture.open({ storage, request: { ...request, state: "another" } });
    expect((await fixture.gateway.nextConnection()).first).toMatchObject({ type: "open", state: "another" });
  });

  test("with a broken storage gets a new code", async () => {
    fixture.open({ storage: new TestStorage([["saoma.login", "{"]]) });
    expect((await fixture.gateway.nextConnection()).first.type).toBe("open");
  });
});

describe("a page that nobody sees", () => {
  test("keeps a connection that stands, and comes back to a lost one when it is looked at", async () => {
    const { page, connection } = await fixture.openWaiting();
    page.presence.set({ visible: false });
    connection.drop();
    await page.shows("waiting", { connected: false });
    page.presence.set({ visible: true });
    expect((await fixture.gateway.nextConnection()).first).toEqual(resumeFrom(1));
  });

  test("comes back at once when the network does", async () => {
    const { page, connection } = await fixture.openWaiting();
    page.presence.set({ online: false });
    connection.drop();
    await page.shows("waiting", { connected: false });
    page.presence.set({ online: true });
    expect((await fixture.gateway.nextConnection()).first).toEqual(resumeFrom(1));
  });
});
