/** Worker that detects faces: mesh and irises by `@vladmandic/human`, as WebAssembly, from files of this site. */
import Human from "@vladmandic/human";

import type { Face, FaceRequest, FaceResult, WorkerFailure } from "./worker-messages.ts";

/** The models lie beside this script. */
const FILES = new URL("./", self.location.href).href;

const off = { enabled: false };
const human = new Human({
  backend: "wasm",
  wasmPath: FILES,
  modelBasePath: FILES,
  warmup: "none",
  cacheModels: false,
  filter: off,
  gesture: off,
  body: off,
  hand: off,
  object: off,
  segmentation: off,
  face: {
    enabled: true,
    detector: { enabled: true, modelPath: "blazeface.json", maxDetected: 2, rotation: false },
    mesh: { enabled: true, modelPath: "facemesh.json" },
    iris: { enabled: true, modelPath: "iris.json" },
    attention: off,
    emotion: off,
    description: off,
    antispoof: off,
    liveness: off,
  },
});
const loaded = human.load();

/** Indices of mesh points: upper and lower lid, and both corners of each eye. */
const EYES = [
  { upper: 159, lower: 145, corners: [33, 133] },
  { upper: 386, lower: 374, corners: [362, 263] },
] as const;

const JPEG = { type: "image/jpeg", quality: 0.9 };

self.addEventListener("message", async ({ data }: MessageEvent<FaceRequest>) => {
  try {
    await loaded;
    self.postMessage(await detect(data));
  } catch (error) {
    const failed: WorkerFailure = { failure: String(error) };
    self.postMessage(failed);
  }
});

async function detect({ id, picture }: FaceRequest): Promise<FaceResult> {
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d", { willReadFrequently: true })?.drawImage(picture, 0, 0);
  picture.close();
  const { face: found, error } = await human.detect(canvas);
  if (error) throw new Error(error);
  const faces = found.flatMap(({ mesh, box, rotation }): Face[] => {
    const openness = opennessOf(mesh);
    if (openness === undefined) return [];
    const middle = [(box[0] + box[2] / 2) / width, (box[1] + box[3] / 2) / height] as const;
    const { yaw = 0, pitch = 0 } = rotation?.angle ?? {};
    return [{ width: box[2] / width, middle, turn: yaw, nod: pitch, openness }];
  });
  return { id, faces, jpeg: await canvas.convertToBlob(JPEG) };
}

/** Returns the mean ratio of height to width of both eyes. */
function opennessOf(mesh: readonly (readonly number[])[]): number | undefined {
  let sum = 0;
  for (const { upper, lower, corners } of EYES) {
    const [height, width] = [distance(mesh[upper], mesh[lower]), distance(mesh[corners[0]], mesh[corners[1]])];
    if (height === undefined || width === undefined || width === 0) return undefined;
    sum += height / width;
  }
  return sum / EYES.length;
}

function distance(one: readonly number[] | undefined, other: readonly number[] | undefined): number | undefined {
  const [x, y] = one ?? [];
  const [otherX, otherY] = other ?? [];
  if (x === undefined || y === undefined || otherX === undefined || otherY === undefined) return undefined;
  return Math.hypot(x - otherX, y - otherY);
}
