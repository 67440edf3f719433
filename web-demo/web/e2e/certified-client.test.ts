/**
 * A relying party by `openid-client`, which the OpenID Foundation has certified, at a standalone gateway: the hosted login
 * page, then the exchange of the code for tokens, with each method of client authentication.
 */
import * as client from "openid-client";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { SplitDeployment } from "./split-deployment.ts";
import { launchBrowser } from "./browser.ts";
import { YI } from "./citizens.ts";
import type { ClientSettings } from "./gateway.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { en } from "./words.ts";

const REDIRECT_URI = "https://party.example/callback";
const SECRET = "a secret of the relying party";

const party = (client_id: string, secret?: string): ClientSettings => ({
  client_id,
  name: "示例站点",
  ...(secret !== undefined && { secret }),
  redirect_uris: [REDIRECT_URI],
});

let split: SplitDeployment;
let browser: Browser;

beforeAll(async () => {
  split = await SplitDeployment.start([party("confidential", SECRET), party("public")]);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await split?.stop();
});

test.each([
  ["confidential", "client_secret_basic", client.ClientSecretBasic(SECRET)],
  ["confidential", "client_secret_post", client.ClientSecretPost(SECRET)],
  ["public", "none", client.None()],
])("a %s client that proves itself by %s", async (clientId, method, authentication) => {
  const options = { execute: [client.allowInsecureRequests] };
  const configuration = await client.discovery(new URL(split.gateway.origin), clientId, undefined, authentication, options);
  expect(configuration.serverMetadata().token_endpoint_auth_methods_supported).toContain(method);
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
  const asked = client.buildAuthorizationUrl(configuration, {
    redirect_uri: REDIRECT_URI,
    scope: "openid profile",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ui_locales: "en",
  });

  const page = await Portal.openAt(browser, asked.href, en);
  const cameBack = comesBack(page);
  const phone = await Phone.of(YI, browser, split.demo, en);
  await phone.paste((await page.codes()).qr);
  await phone.shows("示例站点");
  await phone.choose(/示例单位一/);
  await page.agrees();
  await phone.confirm();

  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
  const answer = await cameBack;
  const tokens = await client.authorizationCodeGrant(configuration, answer, checks);
  const claims = tokens.claims();
  expect(claims).toMatchObject({ name: YI.name, amr: ["qr"], identity: { kind: "unit", role: "legal_representative" } });
  const info = await client.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? "");
  expect(info).toMatchObject({ sub: claims?.sub, name: YI.name });
  await expect(client.authorizationCodeGrant(configuration, answer, checks)).rejects.toThrow(client.ResponseBodyError);
  expect([...page.errors, ...phone.errors]).toEqual([]);
});

/** Returns the address of the relying party that the browser is sent to. No server answers it here. */
async function comesBack({ page }: Portal): Promise<URL> {
  await page.route(`${REDIRECT_URI}**`, (route) => route.fulfill({ body: "" }));
  await page.waitForURL(`${REDIRECT_URI}**`);
  return new URL(page.url());
}
