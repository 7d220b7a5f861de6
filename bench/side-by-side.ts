/** Two ways to do the same work, taken in turns on the same server, so that a machine that slows down slows both. */
import type { BenchServer } from './bench-server.js';
import { spread, type Spread } from './spread.js';

export interface Side {
  readonly how: string;
  readonly work: (server: BenchServer) => Promise<void>;
  /** Milliseconds of the part of it that is measured, asked when it is done. Default: all of it. */
  readonly part?: (server: BenchServer) => Promise<number>;
}

export interface Comparison {
  /** Makes the tables and their rows anew. */
  readonly prepare: (server: BenchServer) => Promise<void>;
  readonly ours: Side;
  readonly theirs: Side;
  /** Whether the work was done; asked after each side. Rejects where it was not. */
  readonly proof: (server: BenchServer) => Promise<void>;
}

export interface SideBySide {
  readonly oursMs: Spread;
  readonly theirsMs: Spread;
  /** Of each pair. */
  readonly ratio: Spread;
  /** Milliseconds of each batch of ours; none where it has no batches. */
  readonly batchesMs: readonly number[];
}

export async function sideBySide(server: BenchServer, comparison: Comparison, rounds: number): Promise<SideBySide> {
  const pairs: { readonly ours: number; readonly theirs: number }[] = [];
  const batchesMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who goes first changes from pair to pair.
    const order = round % 2 === 0 ? (['theirs', 'ours'] as const) : (['ours', 'theirs'] as const);
    const took = { ours: 0, theirs: 0 };
    for (const side of order) {
      await server.clean();
      await comparison.prepare(server);
      const began = performance.now();
      const { work, part } = comparison[side];
      await work(server);
      const whole = performance.now() - began;
      took[side] = (await part?.(server)) ?? whole;
      await comparison.proof(server);
      if (side === 'ours') batchesMs.push(...(await batchesOf(server)));
    }
    pairs.push(took);
    const [ours, theirs] = [Math.round(took.ours), Math.round(took.theirs)];
    process.stderr.write(`  ${ours} ms against ${theirs} ms: ${(took.ours / took.theirs).toFixed(2)}\n`);
  }
  return {
    oursMs: spread(pairs.map(({ ours }) => ours)),
    theirsMs: spread(pairs.map(({ theirs }) => theirs)),
    ratio: spread(pairs.map(({ ours, theirs }) => ours / theirs)),
    batchesMs,
  };
}

async function batchesOf(server: BenchServer): Promise<readonly number[]> {
  const rows = await server.rows<{ ms: string | number }>('SELECT duration_ms AS ms FROM lockstep.batch');
  return rows.map(({ ms }) => Number(ms));
}
