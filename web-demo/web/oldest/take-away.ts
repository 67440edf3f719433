/** Takes what is newer than the oldest browsers away from a page and its workers. */
import type { BrowserContext } from "playwright-core";

import { type Newer, newerThanOldest } from "./compat.ts";

/**
 * Kept: a browser that enforces Trusted Types takes no other values, so its pages need the globals; and Playwright needs the
 * arrays to read values of a page, and stacks to report errors.
 */
const KEPT = /^Trusted|^trustedTypes$|^Big(Int|Uint)64Array$/;

/** Takes it away from all pages of this context before their first script, and from their workers. */
export async function takeAway(context: BrowserContext): Promise<void> {
  const newer = newerThanOldest();
  const globals = newer.globals.filter((name) => !KEPT.test(name));
  const kept = { ...newer, globals, members: newer.members.filter(([owner]) => owner !== "Error") };
  await context.addInitScript(removeAll, kept);
  await context.route("**/*-worker.js", async (route) => {
    const response = await route.fetch().catch(() => undefined);
    // The page was closed meanwhile.
    if (response === undefined) return;
    await route.fulfill({ response, body: `(${removeAll})(${JSON.stringify(kept)});${await response.text()}` });
  });
}

/** Runs in the page, and refers to nothing outside. */
function removeAll({ globals, constructors, members }: Newer): void {
  const find = (path: string): unknown =>
    path.split(".").reduce<unknown>((owner, name) => (owner === undefined ? undefined : Reflect.get(Object(owner), name)), globalThis);
  const remove = (owner: unknown, name: string) => {
    if (owner === null || (typeof owner !== "object" && typeof owner !== "function")) return;
    if (Object.prototype.hasOwnProperty.call(owner, name)) Reflect.deleteProperty(owner, name);
  };
  for (const [owner, name, on] of members) {
    const found = find(owner);
    if (on !== "prototype") remove(found, name);
    if (on !== "global" && typeof found === "function") remove(found.prototype, name);
    if (owner === "Window" || owner === "WorkerGlobalScope") remove(globalThis, name);
  }
  for (const name of constructors) {
    const made = find(name);
    if (typeof made !== "function") continue;
    const illegal = new Proxy(made, {
      construct: () => {
        throw new TypeError("Illegal constructor");
      },
    });
    Reflect.set(globalThis, name, illegal);
  }
  for (const path of globals) {
    const names = path.split(".");
    const name = names.pop() ?? "";
    remove(names.length === 0 ? globalThis : find(names.join(".")), name);
  }
}
