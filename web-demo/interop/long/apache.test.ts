/** mod_auth_openidc in Apache, as Debian has it. */
import { type RelyingParty, hold, open, shown } from "../stage/relying-party.ts";
import { SECRET } from "../stage/stage.ts";
import { client, debian } from "../stage/versions.ts";

const version = debian("libapache2-mod-auth-openidc");

const apache = (id: string, more: string): RelyingParty => ({
  title: `${version}, ${more}`,
  client_id: id,
  client: (origin) => ({ secret: SECRET, ...(id === "query" && { pkce: "optional" as const }), redirect_uris: [`${origin}/secure/redirect_uri`] }),
  program: { command: [client("apache/start"), client("apache"), `${id}.conf`], ready: /resuming normal operations/ },
  begin: (page) => open(page, "/secure/"),
  knows: { email: "jia@people.example", preferred_username: "shili.jia" },
  declined: /access_denied|declined/,
  refresh: async (page) => {
    const before = String(await shown(page, "token"));
    const origin = new URL(page.url()).origin;
    await open(page, `/secure/redirect_uri?${new URLSearchParams({ refresh: `${origin}/secure/`, access_token: before })}`);
    return (await shown(page, "token")) !== before;
  },
  logOut: (page) => open(page, `/secure/redirect_uri?${new URLSearchParams({ logout: `${new URL(page.url()).origin}/` })}`),
  logsOutOfProvider: true,
});

hold(apache("query", "answers in the query"), apache("form-post-and-pkce", "answers by form_post, with PKCE"));
