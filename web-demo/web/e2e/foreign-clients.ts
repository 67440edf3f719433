/**
 * Three clients written from docs/protocol.md alone. Each opens a login, closes its socket after the scan, resumes the
 * login, agrees to the person who scanned, and reports all messages and closes.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Browser } from "playwright-core";
import { WebSocket } from "ws";

import type { Deployment } from "./deployment.ts";

/** A message of the gateway, or an event of the client: `closed` with a code, `resumed`, or `failed`. */
type Report = Readonly<Record<string, unknown>>;

type SendReport = (report: Report) => void;

const PYTHON = new URL("../../../.venv/bin/python", import.meta.url).pathname;
const PYTHON_SCRIPT = new URL("foreign-client.py", import.meta.url).pathname;

/** A client during its login. */
export class ForeignClient {
  readonly #reports: Report[] = [];
  #wake = () => {};

  constructor(
    login: (send: SendReport) => Promise<void>,
    readonly stop: () => Promise<void>,
  ) {
    const send: SendReport = (report) => {
      this.#reports.push(report);
      this.#wake();
    };
    login(send).catch((error: unknown) => send({ type: "failed", why: String(error) }));
  }

  /** Returns the next report, which must have this type. */
  async nextReport(type: string): Promise<Report> {
    while (this.#reports.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const report = this.#reports.shift();
    if (report?.["type"] !== type) throw new Error(`not ${type}: ${JSON.stringify(report)}`);
    return report;
  }
}

/** Starts a client by the package `ws`, from this address. */
export async function inNode(deployment: Deployment, localAddress: string): Promise<ForeignClient> {
  const options = { origin: deployment.party, ca: readFileSync(deployment.nginx.certificate), localAddress };
  const sockets = new Array<WebSocket>();
  const connect = async (first: object): Promise<WebSocket> => {
    const socket = new WebSocket(deployment.socket, "saoma.v1", options);
    sockets.push(socket);
    await once(socket, "open");
    socket.send(JSON.stringify(first));
    return socket;
  };
  const message = async (socket: WebSocket): Promise<Report> => {
    const report: Report = JSON.parse(String((await once(socket, "message"))[0]));
    return report["type"] === "heartbeat" ? message(socket) : report;
  };
  const close = async (socket: WebSocket): Promise<Report> => ({ type: "closed", code: (await once(socket, "close"))[0] });
  const login = async (send: SendReport) => {
    const socket = await connect({ type: "open", ...deployment.openRequest() });
    const opened = await message(socket);
    send(opened);
    send(await message(socket));
    socket.close(1000);
    send(await close(socket));
    const { login_id, receive_key } = opened;
    const again = await connect({ type: "resume", login_id, receive_key, last_seq: 2 });
    send({ type: "resumed" });
    again.send(JSON.stringify({ type: "agree" }));
    send(await message(again));
    send(await message(again));
    send(await close(again));
  };
  return new ForeignClient(login, async () => sockets.forEach((socket) => socket.terminate()));
}

/** Starts a client by the Python package `websockets`, from this address. */
export async function inPython(deployment: Deployment, localAddress: string): Promise<ForeignClient> {
  const open = JSON.stringify({ type: "open", ...deployment.openRequest() });
  const args = [PYTHON_SCRIPT, deployment.socket, deployment.party, deployment.nginx.certificate, localAddress, open];
  const child = spawn(PYTHON, args, { stdio: ["ignore", "pipe", "inherit"] });
  const login = async (send: SendReport) => {
    await once(child, "spawn");
    for await (const line of createInterface(child.stdout)) send(JSON.parse(line));
    throw new Error("the script has ended");
  };
  return new ForeignClient(login, async () => void child.kill());
}

/** Starts a client by the browser's own WebSocket, in an empty page of the relying party. */
export async function inChromium(deployment: Deployment, browser: Browser): Promise<ForeignClient> {
  const page = await browser.newPage();
  await page.goto(deployment.party);
  const login = async (send: SendReport) => {
    await page.exposeFunction("send", send);
    await page.evaluate(loginInPage, [deployment.socket, deployment.openRequest()] as const);
  };
  return new ForeignClient(login, () => page.close());
}

/** Runs in the page, without access to the rest of this file. */
async function loginInPage([address, request]: readonly [string, object]): Promise<void> {
  const send: SendReport = Reflect.get(window, "send");
  const connect = async (first: object) => {
    const socket = new window.WebSocket(address, "saoma.v1");
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", () => reject(new Error("no socket")), { once: true });
    });
    socket.send(JSON.stringify(first));
    return socket;
  };
  const message = (socket: globalThis.WebSocket) =>
    new Promise<Report>((resolve) => {
      const listener = ({ data }: MessageEvent) => {
        const report: Report = JSON.parse(data);
        if (report["type"] === "heartbeat") return;
        socket.removeEventListener("message", listener);
        resolve(report);
      };
      socket.addEventListener("message", listener);
    });
  const close = (socket: globalThis.WebSocket) =>
    new Promise<Report>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve({ type: "closed", code }), { once: true });
    });
  const socket = await connect({ type: "open", ...request });
  const opened = await message(socket);
  send(opened);
  send(await message(socket));
  socket.close(1000);
  send(await close(socket));
  const again = await connect({ type: "resume", login_id: opened["login_id"], receive_key: opened["receive_key"], last_seq: 2 });
  send({ type: "resumed" });
  const ended = close(again);
  again.send(JSON.stringify({ type: "agree" }));
  send(await message(again));
  send(await message(again));
  send(await ended);
}
