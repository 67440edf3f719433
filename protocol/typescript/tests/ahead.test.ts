/** A socket that a page has opened ahead of the script that shows its login. */
import { expect, test } from "vitest";
import { openAhead } from "../src/index.ts";
import { opened, request, scanned } from "./messages.ts";
import { Scene, resumeFrom } from "./scene.ts";

const scene = new Scene();

test("is taken over with all that came before, and nothing is asked twice", async () => {
  openAhead(scene.gateway.origin, request);
  const visit = await scene.gateway.visit();
  expect(visit.first).toEqual({ type: "open", ...request });
  visit.send(opened);
  // What was sent on a connection before has arrived when an answer has that was asked for after.
  await fetch(scene.gateway.origin);
  const page = scene.open();
  await page.shows("waiting", { connected: true });
  visit.send(scanned(2));
  await page.shows("scanned");
  expect(scene.gateway.unexpectedVisits).toBe(0);
});

test("is taken over before anything has come", async () => {
  openAhead(scene.gateway.origin, request);
  const page = scene.open();
  const visit = await scene.gateway.visit();
  visit.send(opened);
  await page.shows("waiting", { connected: true });
  visit.drop();
  expect((await scene.gateway.visit()).first).toEqual(resumeFrom(1));
});

test("is closed when the page asks for something else, which it asks by itself", async () => {
  openAhead(scene.gateway.origin, { ...request, state: "another" });
  const other = await scene.gateway.visit();
  const { visit } = await scene.openWaiting();
  expect(visit.first).toEqual({ type: "open", ...request });
  await other.left;
});

test("is taken over too where the request is too long for an address, and comes by message", async () => {
  const long = { ...request, state: "&".repeat(1500) };
  openAhead(scene.gateway.origin, long);
  scene.open({ request: long });
  expect((await scene.gateway.visit()).first).toEqual({ type: "open", ...long });
  expect(scene.gateway.unexpectedVisits).toBe(0);
});

test("is the first of two tries where WebSocket is blocked", async () => {
  scene.gateway.blocksWebSocket = true;
  openAhead(scene.gateway.origin, request);
  await expect.poll(() => scene.gateway.blocked.handshakes).toBe(1);
  const { visit } = await scene.openWaiting();
  expect(visit.transport).toBe("event stream");
  expect(scene.gateway.blocked.handshakes).toBe(2);
});
