/** Networks that block some transports, and the rules of single transports. */
import { beforeEach, describe, expect, test } from "vitest";
import { confirmed, opened, scanned } from "./messages.ts";
import { Fixture, resumeFrom } from "./fixture.ts";

const fixture = new Fixture();

test("where WebSocket is blocked, two tries are enough to go another way", async () => {
  fixture.gateway.blocksWebSocket = true;
  const { connection } = await fixture.openWaiting();
  expect(connection.transport).toBe("event stream");
  expect(fixture.gateway.blocked).toEqual({ handshakes: 2, streams: 0 });
});

test("where event streams are blocked too, polls take the login up, and the code stays", async () => {
  fixture.gateway.blocksWebSocket = true;
  fixture.gateway.streams = "are blocked";
  const { page, connection } = await fixture.openWaiting();
  expect(connection.transport).toBe("long poll");
  expect(fixture.gateway.blocked).toEqual({ handshakes: 2, streams: 2 });
  expect(page.names.lastIndexOf("loading")).toBeLessThan(page.names.indexOf("waiting"));
});

test("a stream that is held back on its way is waited for once, and nothing is lost", async () => {
  fixture.gateway.blocksWebSocket = true;
  fixture.gateway.streams = "are held back";
  const page = fixture.open({ patience: 300 });
  const connection = await fixture.gateway.nextConnection();
  connection.send(opened, scanned(2));
  await page.shows("waiting", { connected: true });
  await page.shows("scanned");
  expect(connection.transport).toBe("long poll");
  expect(fixture.gateway.polls[0]).toEqual({ after: 1, wait: 0 });
  expect(fixture.gateway.blocked.streams).toBe(1);
});

describe("polls", () => {
  beforeEach(() => {
    fixture.gateway.blocksWebSocket = true;
    fixture.gateway.streams = "are blocked";
  });

  test("begin with one that does not wait and go on from the newest message, be it of a later version", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.send(scanned(2), { type: "dance", seq: 3 });
    await expect.poll(() => fixture.gateway.polls.at(-1)).toEqual({ after: 3, wait: 25 });
    connection.send(confirmed(4));
    await page.shows("confirmed");
    const asked = [1, 1, 3].map((after, index) => ({ after, wait: index === 0 ? 0 : 25 }));
    expect(fixture.gateway.polls).toEqual(asked);
  });

  test("end with the login", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.send({ type: "expired", seq: 2 });
    await page.shows("expired");
    const { length } = fixture.gateway.polls;
    // A poll would have been sent before this.
    await fetch(fixture.gateway.origin);
    expect(fixture.gateway.polls).toHaveLength(length);
  });

  test("ask again for an answer that broke off", async () => {
    const { page, connection } = await fixture.openWaiting();
    connection.drop();
    const back = await fixture.gateway.nextConnection();
    expect(back.first).toEqual(resumeFrom(1));
    back.send(scanned(2));
    await page.shows("scanned");
  });

  test.each(["too_many_requests", "temporarily_unavailable"] as const)("wait as long as %s says", async (error) => {
    const { page, connection } = await fixture.openWaiting();
    const status = error === "too_many_requests" ? 429 : 503;
    fixture.gateway.problem = { type: `urn:saoma:error:${error}`, title: "", status, detail: "later", error, retry_after: 1 };
    connection.drop();
    await expect.poll(() => fixture.gateway.refusals).toBe(1);
    const refusedAt = Date.now();
    fixture.gateway.problem = undefined;
    page.presence.set({ visible: true });
    expect((await fixture.gateway.nextConnection()).first).toEqual(resumeFrom(1));
    expect(Date.now() - refusedAt).toBeGreaterThanOrEqual(900);
    const { renewableAt } = await page.shows("waiting", { connected: true });
    expect(renewableAt, "the person may ask for a new code").toBeUndefined();
  });
});

test("a socket that has worked before is not given up for a stream", async () => {
  const { page, connection } = await fixture.openWaiting();
  fixture.gateway.blocksWebSocket = true;
  connection.drop();
  await expect.poll(() => fixture.gateway.blocked.handshakes, { timeout: 20_000 }).toBeGreaterThan(2);
  fixture.gateway.blocksWebSocket = false;
  expect((await fixture.gateway.nextConnection()).transport).toBe("websocket");
  await page.shows("waiting", { connected: true });
});

test("over HTTP the gateway's problem document says the same", async () => {
  fixture.gateway.blocksWebSocket = true;
  const error = "temporarily_unavailable";
  fixture.gateway.problem = { type: `urn:saoma:error:${error}`, title: "", status: 503, detail: "later", error, retry_after: 32 };
  const page = fixture.open();
  const { retryAt } = await page.shows("delayed", { error });
  expect(retryAt - Date.now()).toBeGreaterThan(25_000);
});
