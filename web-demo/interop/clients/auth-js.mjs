// Auth.js in Express, with a provider of the type `oidc` as in https://authjs.dev/guides/configuring-oauth-providers.
import { ExpressAuth, getSession } from "@auth/express";
import express from "express";

import { listen, page } from "./page.mjs";

const { ISSUER, CLIENT_ID, CLIENT_SECRET } = process.env;

const config = {
  secret: "a secret of the site, which has forty characters",
  providers: [
    {
      id: "saoma",
      name: "Saoma",
      type: "oidc",
      issuer: ISSUER,
      clientId: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      authorization: { params: { scope: "openid profile email offline_access" } },
    },
  ],
  // Refresh token rotation, as in https://authjs.dev/guides/refresh-token-rotation; an update of the session asks for it too.
  callbacks: {
    async jwt({ token, account, trigger }) {
      if (account) return { ...token, expires_at: account.expires_at, refresh_token: account.refresh_token };
      if (Date.now() < token.expires_at * 1000 && trigger !== "update") return token;
      const response = await fetch(`${ISSUER}/oauth2/token`, {
        method: "POST",
        body: new URLSearchParams({
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          grant_type: "refresh_token",
          refresh_token: token.refresh_token,
        }),
      });
      const tokens = await response.json();
      if (!response.ok) return { ...token, error: "RefreshTokenError" };
      return { ...token, refresh_token: tokens.refresh_token ?? token.refresh_token, renewed: true };
    },
    session: ({ session, token }) => ({ ...session, renewed: token.renewed, error: token.error }),
  },
  session: { strategy: "jwt" },
};

const app = express();
app.set("trust proxy", true);
app.use("/auth", ExpressAuth(config));
app.get("/", async (req, res) => {
  const session = await getSession(req, config);
  page(res, { user: session?.user, error: session?.error, renewed: session?.renewed });
});
listen(app);
