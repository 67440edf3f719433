/** Relying parties in Python, on Flask and Django. */
import type { Page } from "playwright-core";

import { hold, open, shown } from "../stage/relying-party.ts";
import { ID_TOKEN, REFRESH, SECRET, signOn } from "../stage/stage.ts";
import { PYTHON, client, pypi } from "../stage/versions.ts";

const profile = { email: "jia@people.example", username: "shili.jia" };
const submit = (page: Page, form: string) => page.locator(`form#${form}`).evaluate((form: HTMLFormElement) => form.submit());
const django = (site: string) => ({
  command: ["/usr/bin/env", `DJANGO_SETTINGS_MODULE=${site}_settings`, PYTHON, "-u", client("django/run.py")] as const,
  ready: /Starting development server/,
});

async function refresh(page: Page): Promise<unknown> {
  await open(page, "/refresh");
  return shown(page, "renewed");
}

hold(
  {
    title: `${pypi("Authlib")} in Flask`,
    client_id: "authlib",
    client: (origin) => ({ secret: SECRET, pkce: "optional", redirect_uris: [`${origin}/auth`], ...ID_TOKEN, ...REFRESH, ...signOn(origin) }),
    program: { command: [PYTHON, "-u", client("flask_authlib.py")], ready: /Running on/ },
    begin: (page) => open(page, "/login"),
    knows: { name: "示例甲", email: "jia@people.example", preferred_username: "shili.jia" },
    declined: /"error": "access_denied"/,
    refresh,
    logOut: (page) => open(page, "/logout"),
    logsOutOfProvider: true,
  },
  {
    title: `${pypi("Authlib")} in Flask, with PKCE and answers by form_post`,
    client_id: "authlib-pkce",
    client: (origin) => ({ secret: SECRET, redirect_uris: [`${origin}/auth`], ...ID_TOKEN }),
    program: { command: [PYTHON, "-u", client("flask_authlib.py")], ready: /Running on/ },
    begin: (page) => open(page, "/login?pkce=1&form_post=1"),
    knows: { name: "示例甲", email: "jia@people.example", preferred_username: "shili.jia" },
    declined: /"error": "access_denied"/,
  },
  {
    title: pypi("django-allauth"),
    client_id: "allauth",
    client: (origin) => ({ secret: SECRET, pkce: "optional", redirect_uris: [`${origin}/accounts/oidc/saoma/login/callback/`] }),
    program: django("allauth"),
    begin: (page) => submit(page, "login"),
    knows: profile,
    declined: /Login Cancelled/i,
    logOut: (page) => submit(page, "logout"),
  },
  {
    title: `${pypi("social-auth-core")} with ${pypi("social-auth-app-django")}`,
    client_id: "social",
    client: (origin) => ({ secret: SECRET, pkce: "optional", redirect_uris: [`${origin}/complete/oidc/`], ...REFRESH }),
    program: django("social"),
    begin: (page) => submit(page, "login"),
    knows: profile,
    declined: /cancel|denied/i,
    refresh,
    logOut: (page) => submit(page, "logout"),
  },
  {
    title: pypi("mozilla-django-oidc"),
    client_id: "mozilla",
    client: (origin) => ({ secret: SECRET, pkce: "optional", redirect_uris: [`${origin}/oidc/callback/`], ...signOn(origin) }),
    program: django("mozilla"),
    begin: (page) => open(page, "/oidc/authenticate/"),
    knows: { email: "jia@people.example" },
    declined: /failed/,
    refresh,
    logOut: (page) => submit(page, "logout"),
    logsOutOfProvider: true,
  },
);
