/** Random moments that can be had again: every file prints its seed and the command that repeats it. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** An integer from 0 up to, not with, `limit`. */
  below(limit: number): number;
}

/** `file` is the test file's name, for the command. LOCKSTEP_FAULTS_SEED sets the seed. */
export function printedRandom(file: string): Random {
  const given = process.env['LOCKSTEP_FAULTS_SEED'];
  const seed = given === undefined || given === '' ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  const rounds = ROUNDS === 1 ? '' : `LOCKSTEP_FAULTS_ROUNDS=${ROUNDS} `;
  say(`${file}: again with ${rounds}LOCKSTEP_FAULTS_SEED=${seed} npm run test:faults -- ${file}`);
  return randomFrom(seed);
}

/** Multiplies the work of every random test; 1 is the quick size. */
export const ROUNDS = Math.max(1, Math.floor(Number(process.env['LOCKSTEP_FAULTS_ROUNDS'] ?? '1')) || 1);

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
