/** A caller of the API by the types of openapi-typescript. It is compiled, never run. */
import type { components, operations, paths } from "./generated/api.d.ts";

type Problems<Id extends keyof operations, Status extends keyof operations[Id]["responses"]> =
  operations[Id]["responses"][Status] extends { content: { "application/problem+json": infer Problem } } ? Problem : never;

export function afterScan(problem: Problems<"scanCode", 409>): string {
  switch (problem.error) {
    case "already_scanned":
      return "another person was first";
    case "already_decided":
      return problem.reason === "not_me" ? "the computer's user said no" : "it is over";
    default:
      return problem.error satisfies never;
  }
}

// @ts-expect-error: a scan is never refused so.
export const foreign: Problems<"scanCode", 409>["error"] = "invalid_token";

type TokenErrors = operations["redeemCode"]["responses"][400]["content"]["application/json"];
export const isUsedUp = ({ error }: TokenErrors): boolean => error === "invalid_grant";

export const confirm: paths["/v1/logins/{login_id}/confirm"]["post"]["requestBody"]["content"]["application/json"] = {
  identity: "personal",
};

export function isOver(message: components["schemas"]["ServerMessage"]): boolean {
  return message.type === "confirmed" ? message.redirect_to !== "" : message.type === "expired";
}
