/** Worker that reads pictures, so that the live picture does not stutter. */
import { bestReader } from "./qr-reader.ts";
import type { ReadRequest, ReadResult } from "./worker-messages.ts";

const reader = bestReader();

self.addEventListener("message", async (event: MessageEvent<ReadRequest>) => {
  const { id, picture } = event.data;
  const text = await reader.then((read) => read(picture)).catch(() => undefined);
  const result: ReadResult = { id, text };
  self.postMessage(result);
});
