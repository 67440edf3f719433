/**
 * Three clients that know the protocol from docs/protocol.md alone. Each opens a login, drops its socket when the code was
 * scanned, comes back by `resume`, and tells what it meets.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Browser } from "playwright-core";
import { WebSocket } from "ws";

import type { Deployment } from "./deployment.ts";

/** A message of the gateway, or what a client says of itself: `closed` with a code, `resumed`, or `failed`. */
type Told = Readonly<Record<string, unknown>>;

type Tell = (told: Told) => void;

const PYTHON = new URL("../../../.venv/bin/python", import.meta.url).pathname;
const PYTHON_SCRIPT = new URL("foreign-client.py", import.meta.url).pathname;

/** A client on its way through a login. */
export class ForeignClient {
  readonly #told: Told[] = [];
  #wake = () => {};

  constructor(
    login: (tell: Tell) => Promise<void>,
    readonly stop: () => Promise<void>,
  ) {
    const tell: Tell = (told) => {
      this.#told.push(told);
      this.#wake();
    };
    login(tell).catch((error: unknown) => tell({ type: "failed", why: String(error) }));
  }

  /** The next thing told, which must be of this type. */
  async told(type: string): Promise<Told> {
    while (this.#told.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const told = this.#told.shift();
    if (told?.["type"] !== type) throw new Error(`not ${type}: ${JSON.stringify(told)}`);
    return told;
  }
}

/** By the package `ws`, from this address. */
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
  const message = async (socket: WebSocket): Promise<Told> => {
    const told: Told = JSON.parse(String((await once(socket, "message"))[0]));
    return told["type"] === "heartbeat" ? message(socket) : told;
  };
  const close = async (socket: WebSocket): Promise<Told> => ({ type: "closed", code: (await once(socket, "close"))[0] });
  const login = async (tell: Tell) => {
    const socket = await connect({ type: "open", ...deployment.openRequest() });
    const opened = await message(socket);
    tell(opened);
    tell(await message(socket));
    socket.close(1000);
    tell(await close(socket));
    const { login_id, receive_key } = opened;
    const again = await connect({ type: "resume", login_id, receive_key, last_seq: 2 });
    tell({ type: "resumed" });
    tell(await message(again));
    tell(await close(again));
  };
  return new ForeignClient(login, async () => sockets.forEach((socket) => socket.terminate()));
}

/** By the package `websockets`, from this address. */
export async function inPython(deployment: Deployment, localAddress: string): Promise<ForeignClient> {
  const open = JSON.stringify({ type: "open", ...deployment.openRequest() });
  const args = [PYTHON_SCRIPT, deployment.socket, deployment.party, deployment.nginx.certificate, localAddress, open];
  const child = spawn(PYTHON, args, { stdio: ["ignore", "pipe", "inherit"] });
  const login = async (tell: Tell) => {
    await once(child, "spawn");
    for await (const line of createInterface(child.stdout)) tell(JSON.parse(line));
    throw new Error("the script has ended");
  };
  return new ForeignClient(login, async () => void child.kill());
}

/** By the browser's own WebSocket, in an empty page of the relying party. */
export async function inChromium(deployment: Deployment, browser: Browser): Promise<ForeignClient> {
  const page = await browser.newPage();
  await page.goto(deployment.party);
  const login = async (tell: Tell) => {
    await page.exposeFunction("tell", tell);
    await page.evaluate(loginInPage, [deployment.socket, deployment.openRequest()] as const);
  };
  return new ForeignClient(login, () => page.close());
}

/** Runs in the page, where nothing else of this file is. */
async function loginInPage([address, request]: readonly [string, object]): Promise<void> {
  const tell: Tell = Reflect.get(window, "tell");
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
    new Promise<Told>((resolve) => {
      const listener = ({ data }: MessageEvent) => {
        const told: Told = JSON.parse(data);
        if (told["type"] === "heartbeat") return;
        socket.removeEventListener("message", listener);
        resolve(told);
      };
      socket.addEventListener("message", listener);
    });
  const close = (socket: globalThis.WebSocket) =>
    new Promise<Told>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve({ type: "closed", code }), { once: true });
    });
  const socket = await connect({ type: "open", ...request });
  const opened = await message(socket);
  tell(opened);
  tell(await message(socket));
  socket.close(1000);
  tell(await close(socket));
  const again = await connect({ type: "resume", login_id: opened["login_id"], receive_key: opened["receive_key"], last_seq: 2 });
  tell({ type: "resumed" });
  const ended = close(again);
  tell(await message(again));
  tell(await ended);
}
