/** A device in Node.js that shows a code and polls (RFC 8628), and clients with a key of their own (RFC 7523, RFC 9126). */
import { generateKeyPairSync, webcrypto } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as oidc from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { REFRESH, Stage } from "../stage/stage.ts";
import { npm } from "../stage/versions.ts";

const TELEVISION = "television";
const KEYED = "keyed";
const CALLBACK = "http://localhost:9/callback";

let stage: Stage;
let folder: string;
/** The private key of the client that has no secret. */
let key: webcrypto.CryptoKey;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saoma-device-"));
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jwks_file = join(folder, "keys.json");
  await writeFile(jwks_file, JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k1" }] }), { mode: 0o644 });
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  key = await webcrypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  stage = await Stage.start([
    { client_id: TELEVISION, client: () => ({ redirect_uris: [], device: true, ...REFRESH }) },
    { client_id: KEYED, client: () => ({ redirect_uris: [CALLBACK], device: true, jwks_file, ...REFRESH }) },
  ]);
});

afterAll(async () => {
  await stage?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Reads what the gateway says of itself, as the library's own documentation does. */
function discover(clientId: string, proof: oidc.ClientAuth): Promise<oidc.Configuration> {
  const options = { execute: [oidc.allowInsecureRequests] };
  return oidc.discovery(new URL(stage.gateway.origin), clientId, undefined, proof, options);
}

describe(npm("openid-client"), () => {
  const clients = [
    [TELEVISION, () => oidc.None()],
    [KEYED, () => oidc.PrivateKeyJwt({ key, kid: "k1" })],
  ] as const;

  test.concurrent.each(clients)("logs the device of the client %s in by a scanned code, renews its tokens, and gives them up", async (clientId, proof) => {
    const config = await discover(clientId, proof());
    const flow = await oidc.initiateDeviceAuthorization(config, { scope: "openid profile offline_access" });
    const polling = oidc.pollDeviceAuthorizationGrant(config, flow);
    const loginId = await stage.phone.scan({ qr: flow.verification_uri_complete ?? "" });
    await stage.phone.confirm(loginId, { same_user_code: true });
    const tokens = await polling;
    expect(tokens.claims()).toMatchObject({ sub: "p-1001", aud: clientId });
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? "");
    expect(await oidc.fetchUserInfo(config, renewed.access_token, "p-1001")).toMatchObject({ name: "示例甲" });
    const { refresh_token = "" } = renewed;
    await oidc.tokenRevocation(config, refresh_token);
    await expect(oidc.refreshTokenGrant(config, refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
  });

  test.concurrent("is told that the person has declined", async () => {
    const config = await discover(TELEVISION, oidc.None());
    const flow = await oidc.initiateDeviceAuthorization(config, { scope: "openid" });
    await stage.phone.reject(await stage.phone.scan({ user_code: flow.user_code }));
    await expect(oidc.pollDeviceAuthorizationGrant(config, flow)).rejects.toMatchObject({ error: "access_denied" });
  });

  test("pushes an authentication request with the proof of its key", async () => {
    const config = await discover(KEYED, oidc.PrivateKeyJwt({ key, kid: "k1" }));
    const code_challenge = await oidc.calculatePKCECodeChallenge(oidc.randomPKCECodeVerifier());
    const asked = { redirect_uri: CALLBACK, scope: "openid", code_challenge, code_challenge_method: "S256" };
    const address = await oidc.buildAuthorizationUrlWithPAR(config, asked);
    expect([...address.searchParams.keys()].sort()).toEqual(["client_id", "request_uri"]);
    const page = await fetch(address);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(code_challenge);
  });

  test("explains itself to a person who opens the address that the device shows", async () => {
    const config = await discover(TELEVISION, oidc.None());
    const flow = await oidc.initiateDeviceAuthorization(config, { scope: "openid" });
    const page = await fetch(flow.verification_uri, { headers: { "accept-language": "en" } });
    expect(await page.text()).toContain("same letters as the device");
  });
});
