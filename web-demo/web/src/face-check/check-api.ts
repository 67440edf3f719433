/** The server's API of the face check: a challenge, and the pictures that answer it. */

export interface Challenge {
  readonly challenge: string;
  /** Time to answer, in seconds. */
  readonly seconds: number;
}

/** Reasons why the server rejects pictures. */
export type RefusalReason = "no_pictures" | "no_face" | "several_faces" | "still" | "not_recognised" | "too_late";

export type Outcome =
  | { readonly outcome: "passed"; readonly next: string }
  | { readonly outcome: RefusalReason }
  | { readonly outcome: "too_many"; readonly seconds: number }
  | { readonly outcome: "not_asked"; readonly begin: string };

/** Requests a challenge. Returns `undefined` if the server expects no check. Throws if it cannot be reached. */
export async function requestChallenge(action: string): Promise<Challenge | undefined> {
  const response = await fetch(`${action}/challenge`, { method: "POST" });
  if (response.status === 409) return undefined;
  if (!response.ok) throw new Error(`challenge: ${response.status}`);
  return response.json();
}

/** Answers a challenge with pictures. Throws if the server cannot be reached. */
export async function submitPictures(action: string, challenge: string, jpegs: readonly Blob[]): Promise<Outcome> {
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
