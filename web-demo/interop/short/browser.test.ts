/** A relying party that is a page alone. */
import { hold, shown } from "../stage/relying-party.ts";
import { REFRESH, signOn } from "../stage/stage.ts";
import { client, npm } from "../stage/versions.ts";

hold({
  title: npm("oidc-client-ts"),
  client_id: "oidc-client-ts",
  client: (origin) => ({ redirect_uris: [`${origin}/callback`], origins: [origin], ...REFRESH, ...signOn(origin) }),
  program: { command: [process.execPath, client("oidc-client-ts.mjs")], ready: /^listening$/ },
  begin: (page) => page.locator("html[data-ready]").evaluate(() => void Reflect.get(window, "login")()),
  knows: { name: "示例甲", email: "jia@people.example", preferred_username: "shili.jia" },
  declined: /"error":"access_denied"/,
  refresh: async (page) => {
    await page.evaluate(() => Reflect.get(window, "renew")());
    return shown(page, "renewed");
  },
  logOut: (page) => page.evaluate(() => void Reflect.get(window, "logout")()),
  logsOutOfProvider: true,
});
