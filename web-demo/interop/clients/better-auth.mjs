// Better Auth with its plugin genericOAuth and without a database, as in https://www.better-auth.com/docs.
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { fromNodeHeaders, toNodeHandler } from "better-auth/node";
import { genericOAuth } from "better-auth/plugins";
import express from "express";

import { bundle, listen, page } from "./page.mjs";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN } = process.env;

const auth = betterAuth({
  baseURL: ORIGIN,
  secret: "a secret of the site, which has forty characters",
  database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
  plugins: [
    genericOAuth({
      config: [
        {
          providerId: "saoma",
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          discoveryUrl: `${ISSUER}/.well-known/openid-configuration`,
          scopes: ["openid", "profile", "email", "offline_access"],
          postLogoutRedirectURI: `${ORIGIN}/`,
        },
      ],
    }),
  ],
});

const app = express();
app.all("/api/auth/{*path}", toNodeHandler(auth));
const script = await bundle("better-auth-page.mjs");
app.get("/page.js", (_req, res) => res.type("js").send(script));
app.get("/", async (req, res) => {
  const session = await auth.api.getSession({ headers: fromNodeHeaders(req.headers) });
  page(res, { user: session?.user, error: req.query.error }, "/page.js");
});
app.get("/refresh", async (req, res) => {
  const headers = fromNodeHeaders(req.headers);
  const [account] = await auth.api.listUserAccounts({ headers });
  const body = { accountId: account.id };
  const before = await auth.api.getAccessToken({ body, headers });
  const after = await auth.api.refreshToken({ body, headers });
  const session = await auth.api.getSession({ headers });
  page(res, { user: session?.user, renewed: before.accessToken !== after.accessToken });
});
listen(app);
