/** mod_auth_openidc in Apache, as Debian has it. */
import { expect, test } from "vitest";

import { type RelyingParty, hold, open, shown } from "../stage/relying-party.ts";
import { REFRESH, SECRET, signOn } from "../stage/stage.ts";
import { client, debian } from "../stage/versions.ts";

const version = debian("libapache2-mod-auth-openidc");

const apache = (id: string, more: string, declined: Pick<RelyingParty, "declined" | "missesDecline">): RelyingParty => ({
  title: `${version}, ${more}`,
  client_id: id,
  client: (origin) => ({
    secret: SECRET,
    ...(id === "query" && { pkce: "optional" as const }),
    redirect_uris: [`${origin}/secure/redirect_uri`],
    backchannel_logout_uri: `${origin}/secure/redirect_uri?logout=backchannel`,
    ...REFRESH,
    ...signOn(origin),
  }),
  program: { command: [client("apache/start"), client("apache"), `${id}.conf`], ready: /resuming normal operations/ },
  begin: (page) => open(page, "/secure/"),
  knows: { email: "jia@people.example", preferred_username: "shili.jia" },
  ...declined,
  refresh: async (page) => {
    await open(page, "/secure/");
    const before = String(await shown(page, "token"));
    const origin = new URL(page.url()).origin;
    await open(page, `/secure/redirect_uri?${new URLSearchParams({ refresh: `${origin}/secure/`, access_token: before })}`);
    return (await shown(page, "token")) !== before;
  },
  logOut: (page) => open(page, `/secure/redirect_uri?${new URLSearchParams({ logout: `${new URL(page.url()).origin}/` })}`),
  logsOutOfProvider: true,
});

const first = apache("query", "answers in the query", {
  declined: /SSO to this module without specifying a "target_link_uri"/,
  missesDecline: "2.4.12 takes an error with `iss` in the query for a login that others begin",
});
const second = apache("form-post-and-pkce", "answers by form_post, with PKCE", { declined: /access_denied/ });
const stage = hold(first, second);

test(`${version}: a log out of one site is a log out of the other, by the back channel`, async () => {
  const window = await stage().visit(first.client_id);
  await first.begin(window.page);
  await stage().confirm(window);
  const other = await window.page.context().newPage();
  await other.goto(`${stage().originOf(second.client_id)}/secure/`);
  expect(await shown(other, "user")).toMatchObject(second.knows);
  await second.logOut?.(other);
  // The page of the site, until its own session has ended and it asks the gateway.
  const reload = async () => {
    await window.page.goto(`${stage().originOf(first.client_id)}/secure/`);
    return new URL(window.page.url()).origin;
  };
  await expect.poll(reload, { timeout: 20_000 }).toBe(stage().gateway.origin);
  await window.close();
});
