import { createAuthClient } from "better-auth/client";

const authClient = createAuthClient();

Object.assign(window, {
  login: () => authClient.signIn.social({ provider: "saoma", callbackURL: "/", errorCallbackURL: "/" }),
  logout: () => authClient.signOut({ callbackURL: "/" }),
});
