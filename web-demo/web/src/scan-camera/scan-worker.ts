/** The worker in which pictures are read, so that the live picture does not stutter. */
import { bestReader } from "./qr-reader.ts";
import type { Reading, ToRead } from "./worker-messages.ts";

const reader = bestReader();

self.addEventListener("message", async (event: MessageEvent<ToRead>) => {
  const { id, picture } = event.data;
  const text = await reader.then((read) => read(picture)).catch(() => undefined);
  const reading: Reading = { id, text };
  self.postMessage(reading);
});
