/** What the hall's server is asked: a challenge, and what the pictures that answer it show. */

export interface Challenge {
  readonly challenge: string;
  /** How long it can be answered. */
  readonly seconds: number;
}

/** What the server can say of the pictures. */
export type Refused = "no_pictures" | "no_face" | "several_faces" | "still" | "not_recognised" | "too_late";

export type Outcome =
  | { readonly outcome: "passed"; readonly next: string }
  | { readonly outcome: Refused }
  | { readonly outcome: "too_many"; readonly seconds: number }
  | { readonly outcome: "not_asked"; readonly begin: string };

/** A new challenge; `undefined` when the browser has not been asked for a check. Throws when the server is not reached. */
export async function newChallenge(action: string): Promise<Challenge | undefined> {
  const response = await fetch(`${action}/challenge`, { method: "POST" });
  if (response.status === 409) return undefined;
  if (!response.ok) throw new Error(`challenge: ${response.status}`);
  return response.json();
}

/** Answers a challenge with pictures. Throws when the server is not reached. */
export async function send(action: string, challenge: string, jpegs: readonly Blob[]): Promise<Outcome> {
  const frames = await Promise.all(jpegs.map(base64));
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${action}/frames`, { method: "POST", headers, body: JSON.stringify({ challenge, frames }) });
  if (response.status >= 500) throw new Error(`frames: ${response.status}`);
  return response.json();
}

async function base64(blob: Blob): Promise<string> {
  let text = "";
  for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}
