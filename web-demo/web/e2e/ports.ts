/** Ports that parallel runs do not take from one another. */
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { type Socket, createServer } from "node:net";
import { join } from "node:path";

/** Folder with a lock file per port. `loadtest/src/ports.rs` locks the same files. */
const LOCKS = "/tmp/saoma-ports";

/** First port that is reserved. */
const FIRST = 10_000;

/**
 * Returns an origin on this machine with a port that is reserved until this process ends.
 *
 * The port is below those of outgoing connections, which therefore cannot take it while a server is restarted.
 */
export async function freeOrigin(): Promise<string> {
  const range = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
  const firstOutgoing = Number.parseInt(range);
  const made = await mkdir(LOCKS, { recursive: true });
  if (made !== undefined) await chmod(LOCKS, 0o1777);
  for (let tries = 0; tries < 1000; tries++) {
    const port = randomInt(FIRST, firstOutgoing > FIRST ? firstOutgoing : 32_768);
    if ((await isFree(port)) && (await lock(port))) return `http://127.0.0.1:${port}`;
  }
  throw new Error(`no port can be reserved: is ${LOCKS} writable?`);
}

/** Locks a port. Returns false if another process has it. Node.js has no locks, so another program holds it. */
async function lock(port: number): Promise<boolean> {
  const hold = ["--nonblock", join(LOCKS, String(port)), "sh", "-c", "echo locked && exec cat"];
  const holder = spawn("flock", hold, { stdio: ["pipe", "pipe", "inherit"] });
  // It ends with its input, which ends with this process, and keeps this process from nothing.
  holder.unref();
  (holder.stdin as Socket).unref();
  const locked = once(holder.stdout, "data").then(() => true);
  const isLocked = await Promise.race([locked, once(holder, "exit").then(() => false)]);
  (holder.stdout as Socket).unref();
  return isLocked;
}

/** Returns true if no server listens on a port. Other programs know nothing of the locks. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = once(server, "listening").then(() => true);
  server.listen(port, "127.0.0.1");
  const isFree = await listening.catch(() => false);
  if (isFree) {
    const closed = once(server, "close");
    server.close();
    await closed;
  }
  return isFree;
}
