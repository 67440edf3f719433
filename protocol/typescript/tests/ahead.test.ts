/** A socket that a page opens ahead of the script that shows its login. */
import { expect, test } from "vitest";
import { openAhead } from "../src/index.ts";
import { opened, request, scanned } from "./messages.ts";
import { Fixture, resumeFrom } from "./fixture.ts";
import { TestKnown } from "./page.ts";

const fixture = new Fixture();

test("is taken over with all that came before, and nothing is asked twice", async () => {
  openAhead(fixture.gateway.origin, request);
  const connection = await fixture.gateway.nextConnection();
  expect(connection.first).toEqual({ type: "open", ...request });
  connection.send(opened);
  // Once this answer has arrived, so has the message that was sent before it.
  await fetch(fixture.gateway.origin);
  const page = fixture.open();
  await page.shows("waiting", { connected: true });
  connection.send(scanned(2));
  await page.shows("scanned");
  expect(fixture.gateway.unexpectedConnections).toBe(0);
});

test("is taken over before anything has come", async () => {
  openAhead(fixture.gateway.origin, request);
  const page = fixture.open();
  const connection = await fixture.gateway.nextConnection();
  connection.send(opened);
  await page.shows("waiting", { connected: true });
  connection.drop();
  expect((await fixture.gateway.nextConnection()).first).toEqual(resumeFrom(1));
});

test("is closed when the page asks for something else, which it asks by itself", async () => {
  openAhead(fixture.gateway.origin, { ...request, state: "another" });
  const other = await fixture.gateway.nextConnection();
  const { connection } = await fixture.openWaiting();
  expect(connection.first).toEqual({ type: "open", ...request });
  await other.left;
});

test("is taken over too where the request is too long for an address, and comes by message", async () => {
  const long = { ...request, state: "&".repeat(1500) };
  openAhead(fixture.gateway.origin, long);
  fixture.open({ request: long });
  expect((await fixture.gateway.nextConnection()).first).toEqual({ type: "open", ...long });
  expect(fixture.gateway.unexpectedConnections).toBe(0);
});

test("is closed when the browser is known, and no address holds its values", async () => {
  openAhead(fixture.gateway.origin, request);
  const other = await fixture.gateway.nextConnection();
  const known = new TestKnown();
  known.keep("sealed");
  const { connection } = await fixture.openWaiting({ known });
  expect(connection.first).toEqual({ type: "open", ...request, known: ["sealed"] });
  expect(fixture.gateway.addresses.at(-1)).toBe("/v1/socket");
  await other.left;
});

test("is the first of two tries where WebSocket is blocked", async () => {
  fixture.gateway.blocksWebSocket = true;
  openAhead(fixture.gateway.origin, request);
  await expect.poll(() => fixture.gateway.blocked.handshakes).toBe(1);
  const { connection } = await fixture.openWaiting();
  expect(connection.transport).toBe("event stream");
  expect(fixture.gateway.blocked.handshakes).toBe(2);
});
