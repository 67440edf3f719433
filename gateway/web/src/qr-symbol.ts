/**
 * QR symbols of a login's code (ISO/IEC 18004), with error correction M. The text is a byte segment, which keeps the case of
 * an address, and an alphanumeric one, which needs a third less room for the scan code behind it.
 */

/** The modules of a symbol, without a quiet zone. */
export interface QrSymbol {
  /** Modules on each side. */
  readonly size: number;
  /** Returns true if the module in this column and row is dark. */
  isDark(x: number, y: number): boolean;
}

const ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** For each version: codewords of error correction in a block, and blocks. The longest host name needs version 13. */
// prettier-ignore
const BLOCKS = [[10, 1], [16, 1], [26, 1], [18, 2], [24, 2], [16, 4], [18, 4], [22, 4], [22, 5], [26, 5], [30, 5], [22, 8], [22, 9]] as const;

const PENALTY = { run: 3, square: 3, finder: 40, balance: 10 };

/** For each mask: zero where it turns a module over (ISO/IEC 18004 table 10). */
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

const DARK = 1;
/** Set on modules that no data and no mask changes. */
const FIXED = 2;

/** Exponents and logarithms of the field with 256 elements (polynomial 0x11d). */
const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x = (x << 1) ^ (x & 0x80 ? 0x11d : 0);
}

/**
 * Returns the symbol of `text`.
 *
 * @throws RangeError if it is longer than an address can be: more than 331 bytes.
 */
export function qrSymbol(text: string): QrSymbol {
  const { bytes, characters } = segments(text);
  const version = 1 + BLOCKS.findIndex((_, i) => bitsOf(bytes, characters, i + 1) <= 8 * dataCodewords(i + 1));
  if (version === 0) throw new RangeError("the text is too long for a QR code of an address");
  const codewords = withCorrection(encoded(bytes, characters, version), version);
  const size = 4 * version + 17;
  const fixed = new Uint8Array(size * size);
  drawFixed(fixed, size, version);
  let best = fixed;
  let least = Infinity;
  for (const [mask, turns] of MASKS.entries()) {
    const modules = fixed.slice();
    drawFormat(modules, size, mask);
    drawData(modules, size, codewords, turns);
    const penalty = penaltyOf(modules, size);
    if (penalty < least) [best, least] = [modules, penalty];
  }
  return { size, isDark: (x, y) => x >= 0 && x < size && (at(best, y * size + x) & DARK) === DARK };
}

interface Segments {
  readonly bytes: Uint8Array;
  /** Values of the alphanumeric segment's characters. */
  readonly characters: readonly number[];
}

/** Splits a text before the scan code at its end. */
function segments(text: string): Segments {
  const start = text.search(/[0-9A-Z $%*+\-.:]*$/);
  return {
    bytes: new TextEncoder().encode(text.slice(0, start)),
    characters: [...text.slice(start)].map((character) => ALPHANUMERIC.indexOf(character)),
  };
}

/** Bits of a segment's length (ISO/IEC 18004 table 3). */
const byteLengthBits = (version: number): number => (version < 10 ? 8 : 16);
const characterLengthBits = (version: number): number => (version < 10 ? 9 : 11);

function bitsOf(bytes: Uint8Array, { length }: readonly number[], version: number): number {
  const address = bytes.length && 4 + byteLengthBits(version) + 8 * bytes.length;
  return address + (length && 4 + characterLengthBits(version) + 11 * (length >> 1) + 6 * (length & 1));
}

/** Returns the codewords that a version has for data and correction. */
function allCodewords(version: number): number {
  const marks = Math.floor(version / 7) + 2;
  const patterns = version > 1 ? (25 * marks - 10) * marks - 55 + (version > 6 ? 36 : 0) : 0;
  return ((16 * version + 128) * version + 64 - patterns) >> 3;
}

function blocksOf(version: number): readonly [number, number] {
  return BLOCKS[version - 1] ?? [0, 0];
}

function dataCodewords(version: number): number {
  const [correction, blocks] = blocksOf(version);
  return allCodewords(version) - correction * blocks;
}

/** Returns the codewords of the data. */
function encoded(bytes: Uint8Array, characters: readonly number[], version: number): Uint8Array {
  const data = new Uint8Array(dataCodewords(version));
  let length = 0;
  const push = (value: number, bits: number): void => {
    while (bits--) {
      const index = length++ >> 3;
      data[index] = (at(data, index) << 1) | ((value >> bits) & 1);
    }
  };
  if (bytes.length) {
    push(4, 4);
    push(bytes.length, byteLengthBits(version));
    bytes.forEach((byte) => push(byte, 8));
  }
  if (characters.length) {
    push(2, 4);
    push(characters.length, characterLengthBits(version));
    for (let i = 0; i < characters.length; i += 2) {
      const [first = 0, second] = characters.slice(i, i + 2);
      if (second === undefined) push(first, 6);
      else push(45 * first + second, 11);
    }
  }
  // The terminator, as much of it as there is room for, and the rest of its byte.
  push(0, Math.min(4, 8 * data.length - length));
  push(0, -length & 7);
  for (let pad = 0xec; length < 8 * data.length; pad ^= 0xfd) push(pad, 8);
  return data;
}

/** Appends the correction to the data of each block, and takes the codewords of all blocks in turns. */
function withCorrection(data: Uint8Array, version: number): Uint8Array {
  const [correction, count] = blocksOf(version);
  const short = Math.floor(data.length / count);
  const shorter = count - (data.length % count);
  const divisor = generator(correction);
  const blocks = Array.from({ length: count }, (_, i) => {
    const start = i * short + Math.max(0, i - shorter);
    const block = data.subarray(start, start + short + (i < shorter ? 0 : 1));
    return { block, rest: remainder(block, divisor) };
  });
  const all = new Uint8Array(allCodewords(version));
  let length = 0;
  for (let i = 0; i <= short; i++) {
    for (const { block } of blocks) if (i < block.length) all[length++] = at(block, i);
  }
  for (let i = 0; i < correction; i++) {
    for (const { rest } of blocks) all[length++] = at(rest, i);
  }
  return all;
}

/** Returns the generator polynomial of this degree without its leading one, the highest power first. */
function generator(degree: number): Uint8Array {
  const result = new Uint8Array(degree);
  result[degree - 1] = 1;
  for (let i = 0; i < degree; i++) {
    for (let j = 0; j < degree; j++) {
      result[j] = times(at(result, j), at(EXP, i)) ^ (j + 1 < degree ? at(result, j + 1) : 0);
    }
  }
  return result;
}

function remainder(block: Uint8Array, divisor: Uint8Array): Uint8Array {
  const result = new Uint8Array(divisor.length);
  for (const codeword of block) {
    const factor = codeword ^ at(result, 0);
    result.copyWithin(0, 1);
    result[result.length - 1] = 0;
    divisor.forEach((coefficient, i) => (result[i] = at(result, i) ^ times(coefficient, factor)));
  }
  return result;
}

function times(a: number, b: number): number {
  return a && b && at(EXP, at(LOG, a) + at(LOG, b));
}

/** Draws finders, timing, alignment and the version, and keeps the room of the format. */
function drawFixed(modules: Uint8Array, size: number, version: number): void {
  const set = (x: number, y: number, dark: unknown): void => {
    if (x >= 0 && x < size && y >= 0 && y < size) modules[y * size + x] = FIXED | (dark ? DARK : 0);
  };
  /** Draws squares around a centre. `light` is the distance of each light one. */
  const drawSquares = (centreX: number, centreY: number, radius: number, light: number[]): void => {
    for (let y = -radius; y <= radius; y++) {
      for (let x = -radius; x <= radius; x++) {
        set(centreX + x, centreY + y, !light.includes(Math.max(Math.abs(x), Math.abs(y))));
      }
    }
  };
  for (let i = 0; i < size; i++) {
    set(6, i, ~i & 1);
    set(i, 6, ~i & 1);
  }
  const far = size - 4;
  for (const [x, y] of [[3, 3], [far, 3], [3, far]] as const) drawSquares(x, y, 4, [2, 4]);
  const centres = alignment(size, version);
  const [first, last] = [centres[0], centres[centres.length - 1]];
  for (const x of centres) {
    for (const y of centres) {
      const isFinder = (x === first && (y === first || y === last)) || (x === last && y === first);
      if (!isFinder) drawSquares(x, y, 2, [1]);
    }
  }
  drawFormat(modules, size, 0);
  if (version < 7) return;
  const bits = withParity(version, 12, 0x1f25);
  for (let i = 0; i < 18; i++) {
    const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
    set(a, b, (bits >> i) & 1);
    set(b, a, (bits >> i) & 1);
  }
}

/** Returns the rows and columns of alignment patterns. */
function alignment(size: number, version: number): readonly number[] {
  if (version === 1) return [];
  const gaps = Math.floor(version / 7) + 1;
  const step = 2 * Math.ceil((size - 13) / (2 * gaps));
  return [6, ...Array.from({ length: gaps }, (_, i) => size - 7 - step * (gaps - 1 - i))];
}

/** Draws correction level M and the mask, twice. */
function drawFormat(modules: Uint8Array, size: number, mask: number): void {
  const bits = withParity(mask, 10, 0x537) ^ 0x5412;
  const set = (x: number, y: number, i: number): void => {
    modules[y * size + x] = FIXED | ((bits >> i) & DARK);
  };
  for (let i = 0; i < 15; i++) {
    // Around the first finder, past the timing patterns; and split between the two others.
    if (i < 8) set(8, i + (i > 5 ? 1 : 0), i);
    else set(14 - i + (i < 9 ? 1 : 0), 8, i);
    if (i < 8) set(size - 1 - i, 8, i);
    else set(8, size - 15 + i, i);
  }
  modules[(size - 8) * size + 8] = FIXED | DARK;
}

/** Appends the parity bits of a BCH code. */
function withParity(data: number, degree: number, polynomial: number): number {
  let rest = data;
  for (let i = 0; i < degree; i++) rest = (rest << 1) ^ ((rest >> (degree - 1)) & 1 ? polynomial : 0);
  return (data << degree) | rest;
}

/** Draws the codewords by pairs of columns, from the right, up and down in turns. */
function drawData(modules: Uint8Array, size: number, codewords: Uint8Array, mask: (x: number, y: number) => number): void {
  let next = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    const isUpward = ((right + 1) & 2) === 0;
    for (let i = 0; i < 2 * size; i++) {
      const x = right - (i & 1);
      const y = isUpward ? size - 1 - (i >> 1) : i >> 1;
      const index = y * size + x;
      if (at(modules, index) & FIXED) continue;
      // The few modules behind the last codeword are light.
      const bit = ((codewords[next >> 3] ?? 0) >> (7 - (next & 7))) & 1;
      next++;
      modules[index] = bit ^ (mask(x, y) ? 0 : 1);
    }
  }
}

/** Returns how hard a camera finds the symbol (ISO/IEC 18004 §7.8.3). */
function penaltyOf(modules: Uint8Array, size: number): number {
  let penalty = 0;
  let dark = 0;
  for (let a = 0; a < size; a++) {
    for (const [step, start] of [[1, a * size], [size, a]] as const) {
      let run = 0;
      let window = 0;
      let previous = -1;
      for (let b = 0; b < size; b++) {
        const module = at(modules, start + b * step) & DARK;
        run = module === previous ? run + 1 : 1;
        previous = module;
        if (run === 5) penalty += PENALTY.run;
        else if (run > 5) penalty++;
        window = ((window << 1) | module) & 0x7ff;
        if (b > 9 && (window === 0x5d0 || window === 0x05d)) penalty += PENALTY.finder;
      }
    }
    for (let b = 0; b < size; b++) {
      const index = a * size + b;
      dark += at(modules, index) & DARK;
      if (a === 0 || b === 0) continue;
      const sum = [index, index - 1, index - size, index - size - 1].reduce((sum, i) => sum + (at(modules, i) & DARK), 0);
      if (sum % 4 === 0) penalty += PENALTY.square;
    }
  }
  return penalty + PENALTY.balance * Math.floor(Math.abs(20 * (dark / size ** 2) - 10));
}

function at(values: Uint8Array, index: number): number {
  return values[index] ?? 0;
}
