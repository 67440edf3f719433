/**
 * A QR code (ISO/IEC 18004) of error correction level M, in its versions 1 to 10: enough for any host's name.
 *
 * Not by a library: a phone runs this once and uncompiled, and the library that was tried takes four times as long for it,
 * most of that to choose the mask (docs/performance.md). It is held to that library module by module, in tests.
 */

/** A square of modules, row by row; 1 is dark. */
export interface QrCode {
  readonly size: number;
  readonly modules: Uint8Array;
  /** The number of the mask that was chosen. */
  readonly mask: number;
}

/** Error correction codewords of each block, and how many blocks there are, by version from 1 (§7.5.1). */
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5];

/** The characters of which two take 11 bits (§7.4.4). */
const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** A mask inverts the modules for which it is 0 (§7.8.2). */
const MASKS: readonly ((x: number, y: number) => number)[] = [
  (x, y) => (x + y) % 2,
  (_, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + (y >> 1)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

/** Powers of 2 in the field of 256 elements that the standard computes in, twice over, and their logarithms (§7.5.2). */
const POWERS = new Uint8Array(510);
const LOGARITHMS = new Uint8Array(256);
for (let exponent = 0, power = 1; exponent < 255; exponent++) {
  POWERS[exponent] = POWERS[exponent + 255] = power;
  LOGARITHMS[power] = exponent;
  power = (power << 1) ^ (power > 127 ? 0x11d : 0);
}

/** Encodes a text of up to 311 characters of the alphanumeric set, or 213 bytes of UTF-8; throws when it is longer. */
export function encodeQr(text: string): QrCode {
  for (let version = 1; version <= BLOCKS.length; version++) {
    const data = dataCodewords(text, version);
    if (data !== undefined) return symbol(version, interleaved(data, version));
  }
  throw new RangeError("the text is too long for a code");
}

/** The text as codewords, filled up to what the version holds; `undefined` when it holds less (§7.4). */
function dataCodewords(text: string, version: number): number[] | undefined {
  const capacity = codewordsOf(version) - correctionOf(version) * blocksOf(version);
  const bits: number[] = [];
  const put = (value: number, length: number) => {
    while (length-- > 0) bits.push((value >> length) & 1);
  };
  const values = [...text].map((character) => ALPHANUMERIC.indexOf(character));
  if (values.includes(-1)) {
    const bytes = new TextEncoder().encode(text);
    put(4, 4);
    put(bytes.length, version < 10 ? 8 : 16);
    bytes.forEach((byte) => put(byte, 8));
  } else {
    put(2, 4);
    put(values.length, version < 10 ? 9 : 11);
    values.forEach((value, index) => {
      const next = values[index + 1];
      if (index % 2 === 0) put(next === undefined ? value : value * 45 + next, next === undefined ? 6 : 11);
    });
  }
  if (bits.length > capacity * 8) return undefined;
  put(0, Math.min(4, capacity * 8 - bits.length));
  put(0, -bits.length & 7);
  for (let filler = 0xec; bits.length < capacity * 8; filler ^= 0xec ^ 0x11) put(filler, 8);
  return Array.from({ length: capacity }, (_, at) => bits.slice(at * 8, at * 8 + 8).reduce((byte, bit) => (byte << 1) | bit, 0));
}

/** Data and error correction of all blocks, codeword by codeword (§7.6). */
function interleaved(data: readonly number[], version: number): number[] {
  const [blocks, length] = [blocksOf(version), correctionOf(version)];
  const divisor = divisorOf(length);
  const short = Math.floor(data.length / blocks);
  const parts: number[][] = [];
  const corrections: number[][] = [];
  for (let from = 0; from < data.length; ) {
    // The last blocks are longer by one.
    const to = from + short + (parts.length < blocks - (data.length % blocks) ? 0 : 1);
    const part = data.slice(from, to);
    parts.push(part);
    corrections.push(remainder(part, divisor));
    from = to;
  }
  const all: number[] = [];
  for (let at = 0; at <= short; at++) for (const part of parts) if (at < part.length) all.push(part[at] ?? 0);
  for (let at = 0; at < length; at++) for (const correction of corrections) all.push(correction[at] ?? 0);
  return all;
}

/** The polynomial with the roots 1, 2, 4 … without its leading term (§7.5.2). */
function divisorOf(degree: number): Uint8Array {
  const divisor = new Uint8Array(degree);
  divisor[degree - 1] = 1;
  for (let root = 0; root < degree; root++) {
    for (let at = 0; at < degree; at++) divisor[at] = product(divisor[at]!, POWERS[root]!) ^ (divisor[at + 1] ?? 0);
  }
  return divisor;
}

function remainder(data: readonly number[], divisor: Uint8Array): number[] {
  const rest = [...data, ...divisor.map(() => 0)];
  data.forEach((_, from) => {
    const factor = rest[from]!;
    divisor.forEach((coefficient, at) => (rest[from + 1 + at]! ^= product(coefficient, factor)));
  });
  return rest.slice(data.length);
}

function product(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : POWERS[LOGARITHMS[a]! + LOGARITHMS[b]!]!;
}

/** Codewords of a version, and of each of its blocks' error correction, and its blocks. */
function codewordsOf(version: number): number {
  const aligned = version < 2 ? 0 : version < 7 ? 25 : 176;
  return (16 * version * version + 128 * version + 64 - aligned) >> 3;
}

function correctionOf(version: number): number {
  return CORRECTION[version - 1]!;
}

function blocksOf(version: number): number {
  return BLOCKS[version - 1]!;
}

/** Draws a version's symbol with the mask of the lowest penalty (§7.7 to §7.10). */
function symbol(version: number, codewords: readonly number[]): QrCode {
  const size = version * 4 + 17;
  const plain = new Uint8Array(size * size);
  const fixed = new Uint8Array(size * size);
  drawPatterns(version, size, (x, y, dark) => {
    plain[y * size + x] = dark;
    fixed[y * size + x] = 1;
  });
  drawFormat(size, 0, (x, y) => (fixed[y * size + x] = 1));
  drawCodewords(codewords, size, plain, fixed);
  let best: QrCode = { size, modules: plain, mask: 0 };
  let least = Infinity;
  MASKS.forEach((isKept, mask) => {
    const modules = plain.slice();
    for (let y = 0, at = 0; y < size; y++) {
      for (let x = 0; x < size; x++, at++) if (!fixed[at] && !isKept(x, y)) modules[at]! ^= 1;
    }
    drawFormat(size, mask, (x, y, dark) => (modules[y * size + x] = dark));
    const penalty = penaltyOf(modules, size, least);
    if (penalty < least) [least, best] = [penalty, { size, modules, mask }];
  });
  return best;
}

type Set = (x: number, y: number, dark: number) => void;

/** What is the same in all symbols of a version (§6.3, §7.10). */
function drawPatterns(version: number, size: number, set: Set): void {
  const square = (x: number, y: number, darkness: string) => {
    const reach = darkness.length - 1;
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const isInside = Math.min(x + dx, y + dy) >= 0 && Math.max(x + dx, y + dy) < size;
        if (isInside) set(x + dx, y + dy, Number(darkness[Math.max(Math.abs(dx), Math.abs(dy))]));
      }
    }
  };
  for (let at = 0; at < size; at++) {
    set(6, at, 1 - (at % 2));
    set(at, 6, 1 - (at % 2));
  }
  const last = size - 7;
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]] as const) square(x, y, "11010");
  const centres = version < 2 ? [] : version < 7 ? [6, last] : [6, (size - 1) / 2, last];
  for (const x of centres) for (const y of centres) if (x + y !== 12 && !(x + y === last + 6 && (x === 6 || y === 6))) square(x, y, "101");
  if (version < 7) return;
  const bits = (version << 12) | checked(version, 12, 0x1f25);
  for (let at = 0; at < 18; at++) {
    const [x, y] = [size - 11 + (at % 3), Math.floor(at / 3)];
    set(x, y, (bits >> at) & 1);
    set(y, x, (bits >> at) & 1);
  }
}

/** The level, which is 0 for M, and the mask, twice (§7.9). */
function drawFormat(size: number, mask: number, set: Set): void {
  const bits = ((mask << 10) | checked(mask, 10, 0x537)) ^ 0x5412;
  for (let at = 0; at < 15; at++) {
    const dark = (bits >> at) & 1;
    const [up, left] = [at < 6 ? at : at < 8 ? at + 1 : size - 15 + at, at < 8 ? size - 1 - at : at === 8 ? 7 : 14 - at];
    set(8, up, dark);
    set(left, 8, dark);
  }
  set(8, size - 8, 1);
}

/** The check bits of a value: the rest of its division by a polynomial of this degree. */
function checked(value: number, degree: number, polynomial: number): number {
  let rest = value;
  for (let bit = 0; bit < degree; bit++) rest = (rest << 1) ^ ((rest >> (degree - 1)) * polynomial);
  return rest;
}

/** Two columns at a time from the right, up and down in turn (§7.7.3). */
function drawCodewords(codewords: readonly number[], size: number, modules: Uint8Array, fixed: Uint8Array): void {
  let bit = 0;
  for (let right = size - 1, isUpward = true; right > 0; right -= 2, isUpward = !isUpward) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const row = (isUpward ? size - 1 - step : step) * size;
      for (const at of [row + right, row + right - 1]) {
        if (!fixed[at]) modules[at] = ((codewords[bit >> 3] ?? 0) >> (7 - (bit++ & 7))) & 1;
      }
    }
  }
}

/**
 * How hard a symbol is to read: long runs, squares, what looks like a corner's pattern, and imbalance (§7.8.3). Counted until
 * it is as much as another symbol's.
 */
function penaltyOf(modules: Uint8Array, size: number, enough: number): number {
  let [penalty, dark] = [0, 0];
  for (const [along, across] of [[1, size], [size, 1]] as const) {
    for (let line = 0; line < size && penalty < enough; line++) {
      // The light margin counts for corner patterns, not for runs.
      let [run, colour, seen] = [0, -1, 0];
      for (let step = 0, at = line * across; step < size; step++, at += along) {
        const module = modules[at]!;
        run = module === colour ? run + 1 : 1;
        colour = module;
        if (run >= 5) penalty += run === 5 ? 3 : 1;
        seen = ((seen << 1) | module) & 0x7ff;
        if (seen === 0x05d || seen === 0x5d0) penalty += 40;
        if (along === size) continue;
        dark += module;
        const isSquare = step > 0 && line > 0 && module + modules[at - 1]! + modules[at - size]! + modules[at - size - 1]! === module * 4;
        if (isSquare) penalty += 3;
      }
      for (let margin = 0; margin < 4; margin++) {
        seen = (seen << 1) & 0x7ff;
        if (seen === 0x5d0) penalty += 40;
      }
    }
  }
  return penalty + 10 * Math.floor(Math.abs((dark * 20) / (size * size) - 10));
}
