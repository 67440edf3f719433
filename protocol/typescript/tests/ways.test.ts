/** Networks that let only some ways through, and what is particular to these ways. */
import { beforeEach, describe, expect, test } from "vitest";
import { confirmed, opened, scanned } from "./messages.ts";
import { Scene, resumeFrom } from "./scene.ts";

const scene = new Scene();

test("where WebSocket is blocked, two tries are enough to go another way", async () => {
  scene.gateway.blocksWebSocket = true;
  const { visit } = await scene.openWaiting();
  expect(visit.transport).toBe("event stream");
  expect(scene.gateway.blocked).toEqual({ handshakes: 2, streams: 0 });
});

test("where event streams are blocked too, polls take the login up, and the code stays", async () => {
  scene.gateway.blocksWebSocket = true;
  scene.gateway.streams = "are blocked";
  const { page, visit } = await scene.openWaiting();
  expect(visit.transport).toBe("long poll");
  expect(scene.gateway.blocked).toEqual({ handshakes: 2, streams: 2 });
  expect(page.names.lastIndexOf("loading")).toBeLessThan(page.names.indexOf("waiting"));
});

test("a stream that is held back on its way is waited for once, and nothing is lost", async () => {
  scene.gateway.blocksWebSocket = true;
  scene.gateway.streams = "are held back";
  const page = scene.open({ patience: 300 });
  const visit = await scene.gateway.visit();
  visit.send(opened, scanned(2));
  await page.shows("waiting", { connected: true });
  await page.shows("scanned");
  expect(visit.transport).toBe("long poll");
  expect(scene.gateway.polls[0]).toEqual({ after: 1, wait: 0 });
  expect(scene.gateway.blocked.streams).toBe(1);
});

describe("polls", () => {
  beforeEach(() => {
    scene.gateway.blocksWebSocket = true;
    scene.gateway.streams = "are blocked";
  });

  test("begin with one that does not wait and go on from the newest message, be it of a later version", async () => {
    const { page, visit } = await scene.openWaiting();
    visit.send(scanned(2), { type: "dance", seq: 3 });
    await expect.poll(() => scene.gateway.polls.at(-1)).toEqual({ after: 3, wait: 25 });
    visit.send(confirmed(4));
    await page.shows("confirmed");
    const asked = [1, 1, 3].map((after, index) => ({ after, wait: index === 0 ? 0 : 25 }));
    expect(scene.gateway.polls).toEqual(asked);
  });

  test("end with the login", async () => {
    const { page, visit } = await scene.openWaiting();
    visit.send({ type: "expired", seq: 2 });
    await page.shows("expired");
    const { length } = scene.gateway.polls;
    // A poll would have been sent before this.
    await fetch(scene.gateway.origin);
    expect(scene.gateway.polls).toHaveLength(length);
  });

  test("ask again for an answer that broke off", async () => {
    const { page, visit } = await scene.openWaiting();
    visit.drop();
    const back = await scene.gateway.visit();
    expect(back.first).toEqual(resumeFrom(1));
    back.send(scanned(2));
    await page.shows("scanned");
  });

  test.each(["too_many_requests", "temporarily_unavailable"] as const)("wait as long as %s says", async (error) => {
    const { page, visit } = await scene.openWaiting();
    const status = error === "too_many_requests" ? 429 : 503;
    scene.gateway.problem = { type: `urn:saoma:error:${error}`, title: "", status, detail: "later", error, retry_after: 1 };
    visit.drop();
    await expect.poll(() => scene.gateway.refusals).toBe(1);
    const refusedAt = Date.now();
    scene.gateway.problem = undefined;
    page.presence.set({ visible: true });
    expect((await scene.gateway.visit()).first).toEqual(resumeFrom(1));
    expect(Date.now() - refusedAt).toBeGreaterThanOrEqual(900);
    const { renewableAt } = await page.shows("waiting", { connected: true });
    expect(renewableAt, "the person may ask for a new code").toBeUndefined();
  });
});

test("a socket that has worked before is not given up for a stream", async () => {
  const { page, visit } = await scene.openWaiting();
  scene.gateway.blocksWebSocket = true;
  visit.drop();
  await expect.poll(() => scene.gateway.blocked.handshakes, { timeout: 20_000 }).toBeGreaterThan(2);
  scene.gateway.blocksWebSocket = false;
  expect((await scene.gateway.visit()).transport).toBe("websocket");
  await page.shows("waiting", { connected: true });
});

test("over HTTP the gateway's problem document says the same", async () => {
  scene.gateway.blocksWebSocket = true;
  const error = "temporarily_unavailable";
  scene.gateway.problem = { type: `urn:saoma:error:${error}`, title: "", status: 503, detail: "later", error, retry_after: 32 };
  const page = scene.open();
  const { retryAt } = await page.shows("delayed", { error });
  expect(retryAt - Date.now()).toBeGreaterThan(25_000);
});
