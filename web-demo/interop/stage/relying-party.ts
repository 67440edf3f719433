/** What every relying party is held to, each by its own means. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";

import type { Portal } from "../../web/e2e/portal.ts";
import { type Registration, Stage } from "./stage.ts";

/** Wait for what a page's own script shows. */
const POLL = { timeout: 10_000 };

export interface RelyingParty extends Registration {
  /** Name and version of the library. */
  readonly title: string;
  /** Starts a login from the site's page. */
  readonly begin: (page: Page) => Promise<unknown>;
  /** What the site knows of the person after the login. */
  readonly knows: object;
  /** The site's own message after the person has declined. */
  readonly declined: RegExp;
  /** Why that message does not tell of the decline. */
  readonly missesDecline?: string;
  /** Renews the tokens without the person, from the site's page, if the library can. Returns true if they are new. */
  readonly refresh?: (page: Page) => Promise<unknown>;
  /** Logs out at the site and, where the library can, at the provider. */
  readonly logOut?: (page: Page) => Promise<unknown>;
  /** True if the log out reaches the provider, whose session then ends. */
  readonly logsOutOfProvider?: boolean;
}

/** Defines the tests of some relying parties at one gateway. Returns access to it for further tests. */
export function hold(...parties: readonly RelyingParty[]): () => Stage {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.start(parties);
  });

  afterAll(async () => {
    await stage?.stop();
  });

  for (const party of parties) describe(party.title, () => defineSteps(() => stage, party));
  return () => stage;
}

function defineSteps(stageOf: () => Stage, party: RelyingParty): void {
  let window: Portal | undefined;

  const begin = async (): Promise<Portal> => {
    const window = await stageOf().visit(party.client_id);
    await party.begin(window.page);
    return window;
  };
  const logIn = async (): Promise<Portal> => {
    const window = await begin();
    await stageOf().confirm(window);
    await expect.poll(() => shown(window.page, "user"), POLL).toMatchObject(party.knows);
    return window;
  };
  /** Returns the window of a person who is logged in, at the site's page. Steps share it, because logins take most of the time. */
  const loggedIn = async (): Promise<Portal> => {
    onTestFailed(leave);
    if (window === undefined) window = await logIn();
    else await window.page.goto(`${stageOf().originOf(party.client_id)}/`);
    return window;
  };
  const leave = async (): Promise<void> => {
    const left = window;
    window = undefined;
    await left?.close();
  };

  afterAll(leave);

  test("logs in", async () => {
    await loggedIn();
  });

  const { refresh, logOut, logsOutOfProvider, missesDecline } = party;
  if (refresh !== undefined) {
    test("renews its tokens without the person", async () => {
      const { page } = await loggedIn();
      expect(await refresh(page)).toBe(true);
    });
  }
  if (logOut !== undefined) {
    test(`logs out${logsOutOfProvider ? " of the site and of the provider" : ""}`, async () => {
      const window = await loggedIn();
      if (logsOutOfProvider) {
        // The site forgets the person, the gateway does not.
        await window.page.context().clearCookies({ domain: "localhost" });
        await window.page.evaluate(() => sessionStorage.clear());
        await window.page.goto(`${stageOf().originOf(party.client_id)}/`);
        expect(await stageOf().asksForCode(window, party.begin), "a code although there is a session at the provider").toBe(false);
        await expect.poll(() => shown(window.page, "user"), POLL).toMatchObject(party.knows);
      }
      await logOut(window.page);
      await expect.poll(() => shown(window.page, "user"), POLL).toBe(null);
      expect(await stageOf().asksForCode(window, party.begin), "a code after the log out").toBe(true);
      await leave();
    });
  }
  test(missesDecline ? `comes back after a decline without a word of it: ${missesDecline}` : "is told that the person has declined", async () => {
    const window = await begin();
    await stageOf().decline(window);
    await expect.poll(() => window.page.locator("body").textContent(), POLL).toMatch(party.declined);
    await window.close();
  });
}

/** Opens a page of the site. */
export function open(page: Page, path: string): Promise<unknown> {
  return page.goto(new URL(path, page.url()).href);
}

/** Returns what a page shows, once it does, in the element of this name. */
export async function shown(page: Page, name: string): Promise<unknown> {
  return JSON.parse((await page.locator(`#${name}`).textContent()) ?? "null");
}
