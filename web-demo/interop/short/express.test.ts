/** Relying parties in Node.js, on Express. */
import type { Page } from "playwright-core";

import { hold, open, shown } from "../stage/relying-party.ts";
import { ID_TOKEN, REFRESH, SECRET, signOn } from "../stage/stage.ts";
import { client, npm } from "../stage/versions.ts";

const server = (file: string) => ({ command: [process.execPath, client(file)] as const, ready: /^listening$/ });
const profile = { name: "示例甲", email: "jia@people.example" };

async function refresh(page: Page): Promise<unknown> {
  await open(page, "/refresh");
  return shown(page, "renewed");
}

hold(
  {
    title: `${npm("openid-client")} with Passport`,
    client_id: "passport",
    client: (origin) => ({ secret: SECRET, redirect_uris: [`${origin}/callback`], ...ID_TOKEN, ...REFRESH, ...signOn(origin) }),
    program: server("passport.mjs"),
    begin: (page) => open(page, "/login"),
    knows: { ...profile, preferred_username: "shili.jia" },
    declined: /"error":"access_denied"|access_denied|declined/,
    refresh,
    logOut: (page) => open(page, "/logout"),
    logsOutOfProvider: true,
  },
  {
    title: npm("@auth/express"),
    client_id: "auth-js",
    client: (origin) => ({ secret: SECRET, redirect_uris: [`${origin}/auth/callback/saoma`], ...ID_TOKEN, ...REFRESH }),
    program: server("auth-js.mjs"),
    begin: async (page) => {
      await open(page, "/auth/signin");
      await page.getByRole("button", { name: "Sign in with Saoma" }).click();
    },
    knows: profile,
    declined: /Try signing in with a different account|Access Denied/,
    refresh: async (page) => {
      await page.evaluate(async () => {
        const { csrfToken } = await (await fetch("/auth/csrf")).json();
        const headers = { "content-type": "application/json" };
        await fetch("/auth/session", { method: "POST", headers, body: JSON.stringify({ csrfToken, data: {} }) });
      });
      await page.reload();
      return shown(page, "renewed");
    },
    logOut: async (page) => {
      await open(page, "/auth/signout");
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL((url) => url.pathname === "/");
    },
  },
  {
    title: npm("better-auth"),
    client_id: "better-auth",
    client: (origin) => ({ secret: SECRET, redirect_uris: [`${origin}/api/auth/callback/saoma`], ...REFRESH, ...signOn(origin) }),
    program: server("better-auth.mjs"),
    begin: (page) => page.evaluate(() => void Reflect.get(window, "login")()),
    knows: profile,
    declined: /access_denied/,
    refresh,
    logOut: (page) => page.evaluate(() => void Reflect.get(window, "logout")()),
    logsOutOfProvider: true,
  },
);
