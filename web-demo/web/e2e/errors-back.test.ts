/**
 * The hosted login page takes an end without a login back to the relying party, as an error of OAuth 2.0, in both response
 * modes. The relying party is `openid-client`, which knows nothing of Saoma.
 */
import * as client from "openid-client";
import type { Browser, Request } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { SplitDeployment } from "./split-deployment.ts";
import { launchBrowser } from "./browser.ts";
import { BING, JIA } from "./citizens.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { type Words, en, zh } from "./words.ts";

const REDIRECT_URI = "https://party.example/callback";
const SECRET = "a secret of the relying party";

/** A file for a picture of the page after a decline, to be looked at. */
const PICTURE = process.env["ERRORS_BACK_PICTURE"];

let split: SplitDeployment;
let browser: Browser;

beforeAll(async () => {
  const party = { client_id: "party", name: "示例站点", secret: SECRET, redirect_uris: [REDIRECT_URI] };
  split = await SplitDeployment.start([party]);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await split?.stop();
});

/** A login page that a relying party has sent a browser to. */
interface Sent {
  readonly page: Portal;
  readonly configuration: client.Configuration;
  readonly checks: client.AuthorizationCodeGrantChecks;
  /** The answer as the relying party reads it. */
  readonly answer: Promise<Request>;
}

async function send(mode: string, words: Words): Promise<Sent> {
  const options = { execute: [client.allowInsecureRequests] };
  const configuration = await client.discovery(new URL(split.gateway.origin), "party", SECRET, undefined, options);
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  // Longer than what an `open` may hold.
  const expectedState = client.randomState().repeat(60);
  const asked = client.buildAuthorizationUrl(configuration, {
    redirect_uri: REDIRECT_URI,
    scope: "openid profile",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    response_mode: mode,
    ui_locales: words.tag,
  });
  const page = await Portal.openAt(browser, asked.href, words);
  const answer = page.page.waitForRequest(`${REDIRECT_URI}**`);
  await page.page.route(`${REDIRECT_URI}**`, (route) => route.fulfill({ body: "" }));
  return { page, configuration, checks: { pkceCodeVerifier, expectedState }, answer };
}

/** Gives the answer to the library, as a site's own server does. */
async function redeem({ configuration, checks, answer }: Sent, mode: string): Promise<client.TokenEndpointResponse> {
  const request = await answer;
  expect(request.method()).toBe(mode === "query" ? "GET" : "POST");
  const url = new URL(request.url());
  if (mode === "query") return client.authorizationCodeGrant(configuration, url, checks);
  const init = { method: "POST", body: request.postData() ?? "", headers: { "content-type": "application/x-www-form-urlencoded" } };
  return client.authorizationCodeGrant(configuration, new globalThis.Request(url, init), checks);
}

const backButton = (page: Portal) => page.page.getByRole("button", { name: /^(返回|Back to) 示例站点$/ });

describe.each(["query", "form_post"])("in the response mode %s", (mode) => {
  test("a decline goes back by itself", async () => {
    const words = mode === "query" ? zh : en;
    const sent = await send(mode, words);
    const phone = await Phone.of(JIA, browser, split.demo, words);
    await phone.paste((await sent.page.codes()).qr);
    await phone.decline();
    await sent.page.says(words.declined);
    await sent.page.says(words === zh ? "5 秒后自动返回" : "You are taken back in 5 s");
    await backButton(sent.page).waitFor();
    if (PICTURE !== undefined) await sent.page.page.screenshot({ path: `${PICTURE}-${words.tag}.png` });
    const error = { error: "access_denied", error_description: "the person declined on the phone" };
    await expect(redeem(sent, mode)).rejects.toMatchObject(error);
    expect([...sent.page.errors, ...phone.errors]).toEqual([]);
  });

  test("a confirmed login goes back with a code", async () => {
    const sent = await send(mode, en);
    const phone = await Phone.of(JIA, browser, split.demo, en);
    await phone.paste((await sent.page.codes()).qr);
    await sent.page.agrees();
    await phone.confirm();
    expect(await redeem(sent, mode)).toMatchObject({ token_type: "bearer", scope: "openid profile" });
    expect([...sent.page.errors, ...phone.errors]).toEqual([]);
  });
});

test("a cancelled login goes back by the button", async () => {
  const mode = "query";
  const sent = await send(mode, en);
  const phone = await Phone.of(JIA, browser, split.demo, en);
  await phone.paste((await sent.page.codes()).qr);
  await sent.page.agrees();
  await sent.page.pressUntilGone(en.cancel);
  await backButton(sent.page).click();
  await expect(redeem(sent, mode)).rejects.toMatchObject({ error: "access_denied" });
  expect(sent.page.errors).toEqual([]);
});

test("u6_a person who may not log in sends nobody back: the code waits for another", async () => {
  const mode = "form_post";
  const sent = await send(mode, zh);
  const { qr } = await sent.page.codes();
  const refused = await Phone.of(BING, browser, split.demo, zh);
  await refused.page.goto(`${split.demo.addresses.phone}/open?code=${encodeURIComponent(qr)}`);
  await refused.shows(/挂失/);
  const phone = await Phone.of(JIA, browser, split.demo, zh);
  await phone.paste(qr);
  await sent.page.agrees();
  await phone.confirm();
  expect(await redeem(sent, mode)).toMatchObject({ token_type: "bearer" });
});

test("an error that the gateway finds at once is posted, too", async () => {
  const context = await browser.newContext({ locale: "en" });
  const page = await context.newPage();
  await page.route(`${REDIRECT_URI}**`, (route) => route.fulfill({ body: "" }));
  const came = page.waitForRequest(`${REDIRECT_URI}**`);
  const asked = new URL("/oauth2/authorize", split.gateway.origin);
  const parameters = { client_id: "party", redirect_uri: REDIRECT_URI, response_mode: "form_post", response_type: "code", scope: "openid", prompt: "none",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" };
  asked.search = new URLSearchParams({ ...parameters, state: "s" }).toString();
  await page.goto(asked.href);
  const posted = new URLSearchParams((await came).postData() ?? "");
  expect([posted.get("error"), posted.get("state"), posted.get("iss")]).toEqual(["login_required", "s", split.gateway.origin]);
});
