/** Random moments that can be had again: every file prints its seed and the command that repeats it. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** An integer from 0 up to, not with, `limit`. */
  below(limit: number): number;
}

/** From the first to the last, both included. */
export interface SeedRange {
  readonly from: number;
  readonly to: number;
}

/**
 * `LOCKSTEP_SEEDS=301..600`, or a single number. Where cases have numbers, these are played; where moments are random, as many
 * rounds as there are numbers, by a stream that begins with the first. So plays on several machines add up.
 */
export const SEEDS = seedRange(process.env['LOCKSTEP_SEEDS']);

/** Multiplies the work of every random test; 1 is the quick size. */
export const ROUNDS =
  SEEDS === undefined
    ? Math.max(1, Math.floor(Number(process.env['LOCKSTEP_FAULTS_ROUNDS'] ?? '1')) || 1)
    : SEEDS.to - SEEDS.from + 1;

/** `file` is the test file's name, for the command. LOCKSTEP_SEEDS or LOCKSTEP_FAULTS_SEED sets the seed. */
export function printedRandom(file: string): Random {
  const given = process.env['LOCKSTEP_FAULTS_SEED'];
  const chosen = given === undefined || given === '' ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  const rounds = ROUNDS === 1 ? '' : `LOCKSTEP_FAULTS_ROUNDS=${ROUNDS} `;
  const again = SEEDS === undefined ? `${rounds}LOCKSTEP_FAULTS_SEED=${chosen}` : `LOCKSTEP_SEEDS=${told(SEEDS)}`;
  say(`${file}: again with ${again} npm run test:faults -- ${file}`);
  return randomFrom(SEEDS?.from ?? chosen);
}

/** As it is given. */
export function told({ from, to }: SeedRange): string {
  return from === to ? String(from) : `${from}..${to}`;
}

export function numbersOf({ from, to }: SeedRange): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function seedRange(text: string | undefined): SeedRange | undefined {
  if (text === undefined || text === '') return undefined;
  const [, from, to = from] = /^(\d+)(?:\.\.(\d+))?$/.exec(text) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (from === undefined || range.to < range.from || range.from < 1)
    throw new Error(`LOCKSTEP_SEEDS=${text}: expected a number from 1, or two with .. between, as in 301..600`);
  return range;
}

/** For suites that go through every place where something can break, and play a sample of them otherwise. */
export const ALL = process.env['LOCKSTEP_FAULTS_ALL'] === '1';

/** Figures for a person; not part of any assertion. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A linear congruential generator modulo 2^32; its high bits are mixed once more, since its low ones repeat early. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
    return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32;
  };
  return { next, below: (limit) => Math.floor(next() * limit) };
}
