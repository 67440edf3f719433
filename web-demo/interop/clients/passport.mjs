// Passport with the strategy of openid-client, as in examples/passport.ts of its repository.
import express from "express";
import session from "express-session";
import * as client from "openid-client";
import { Strategy } from "openid-client/passport";
import passport from "passport";

import { listen, page } from "./page.mjs";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, ORIGIN } = process.env;
const server = new URL(ISSUER);
const config = await client.discovery(server, CLIENT_ID, CLIENT_SECRET, undefined, {
  execute: [client.allowInsecureRequests],
});

const app = express();
app.use(session({ saveUninitialized: false, resave: true, secret: "a secret of the session" }));
app.use(passport.authenticate("session"));

const options = { config, scope: "openid profile email offline_access", callbackURL: `${ORIGIN}/callback` };
passport.use(
  new Strategy(options, (tokens, verified) => {
    const { refresh_token, access_token, id_token } = tokens;
    verified(null, { claims: tokens.claims(), refresh_token, access_token, id_token });
  }),
);
passport.serializeUser((user, cb) => cb(null, user));
passport.deserializeUser((user, cb) => cb(null, user));

app.get("/", (req, res) => page(res, { user: req.user?.claims, error: req.session.messages?.join() }));
app.get("/login", passport.authenticate(server.host));
app.get(
  "/callback",
  passport.authenticate(server.host, { successRedirect: "/", failureRedirect: "/", failureMessage: true }),
);
app.get("/refresh", async (req, res) => {
  const tokens = await client.refreshTokenGrant(config, req.user.refresh_token);
  const user = await client.fetchUserInfo(config, tokens.access_token, req.user.claims.sub);
  const { access_token } = req.user;
  Object.assign(req.user, { access_token: tokens.access_token, refresh_token: tokens.refresh_token });
  page(res, { user, renewed: tokens.access_token !== access_token });
});
app.get("/logout", (req, res) => {
  const { id_token } = req.user;
  req.logout(() => {
    res.redirect(
      client.buildEndSessionUrl(config, { post_logout_redirect_uri: `${ORIGIN}/`, id_token_hint: id_token }).href,
    );
  });
});
listen(app);
