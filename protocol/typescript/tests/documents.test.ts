/** The documents made from the Rust types: valid by public checkers, and in agreement with the golden messages. */
import { readFileSync } from "node:fs";
import { DiagnosticSeverity, Parser } from "@asyncapi/parser";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Ajv, type SchemaObject } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { vectors } from "./vectors.ts";

const asyncapi = read("asyncapi");
const openapi = read("openapi");

/** The documents hold more than schemas, and formats that only give the width of a number. */
const OPTIONS = { strict: false, validateFormats: false };

/** Problems that the linter may report: a document or page that reads nothing of its request refuses no request. */
const EXCUSED = [
  "operation-4xx-response at #/paths/~1.well-known~1openid-configuration/get/responses",
  "operation-4xx-response at #/paths/~1device/get/responses",
  "operation-4xx-response at #/paths/~1oauth2~1jwks/get/responses",
];

test("the AsyncAPI document has no error and no warning", async () => {
  expect(await asyncapiFaults(asyncapi)).toEqual([]);
});

test("the OpenAPI document has no error and no warning but those with a reason", async () => {
  expect(await openapiFaults(openapi)).toEqual(EXCUSED);
});

test("the checkers see a fault", async () => {
  expect(await asyncapiFaults(asyncapi.replaceAll("schemas/OpenRequest", "schemas/Nowhere"))).not.toEqual([]);
  expect(await asyncapiFaults(asyncapi.replaceAll('"type": "integer"', '"type": "number of"'))).not.toEqual([]);
  // An example that does not match its schema.
  expect(await openapiFaults(openapi.replaceAll('"status": 404', '"status": 405'))).not.toEqual(EXCUSED);
});

test("the AsyncAPI document admits every golden message, and nothing else", () => {
  const ajv = new Ajv(OPTIONS).addSchema(JSON.parse(asyncapi), "document");
  const admits = {
    browser: ajv.compile(anyMessageOf("receiveFromBrowser")),
    gateway: ajv.compile(anyMessageOf("sendToBrowser")),
  };
  for (const { name, from, text, valid } of vectors.messages()) {
    expect(admits[from](parsed(text)), name).toBe(valid);
  }
});

// The parser reads the examples of version 2 only.
test("every example of the AsyncAPI document is of its message", () => {
  const ajv = new Ajv(OPTIONS).addSchema(JSON.parse(asyncapi), "document");
  const messages: Record<string, { examples: { payload: unknown }[] }> = JSON.parse(asyncapi).components.messages;
  for (const [name, { examples }] of Object.entries(messages)) {
    const admits = ajv.compile(payloadOf(name));
    expect(examples.map(({ payload }) => admits(payload)), name).toEqual(examples.map(() => true));
  }
});

test("the OpenAPI document admits every golden message of the gateway, and nothing else", () => {
  const ajv = new Ajv2020(OPTIONS).addSchema(JSON.parse(openapi), "document");
  const admits = ajv.compile({ $ref: "document#/components/schemas/ServerMessage" });
  for (const { name, from, text, valid } of vectors.messages()) {
    if (from === "gateway") expect(admits(parsed(text)), name).toBe(valid);
  }
});

function read(name: string): string {
  return readFileSync(new URL(`../../../docs/${name}.json`, import.meta.url), "utf8");
}

async function asyncapiFaults(document: string): Promise<string[]> {
  const { diagnostics } = await new Parser().parse(document);
  // Below warnings there is only the advice to use a newer version of AsyncAPI.
  const faults = diagnostics.filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
  return faults.map(({ code, message, path }) => `${code} at ${path.join("/")}: ${message}`);
}

async function openapiFaults(source: string): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
  return problems.map(({ ruleId, location }) => `${ruleId} at ${location[0]?.pointer}`);
}

function anyMessageOf(operation: string): SchemaObject {
  const messages: { $ref: string }[] = JSON.parse(asyncapi).operations[operation].messages;
  return { oneOf: messages.map(({ $ref }) => payloadOf($ref.split("/").at(-1) ?? "")) };
}

function payloadOf(message: string): SchemaObject {
  return { $ref: `document#/components/messages/${message}/payload` };
}

/** Parses JSON. Returns `undefined`, which no schema admits, for any other text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
