/**
 * Somebody writes the new side of a window that keeps only that one in step. Nothing answers such a write, so it must be found
 * wherever it makes a difference, never be written over, and still be there after the way back.
 */
import { expect, it } from 'vitest';

import { casesOf } from './support/stage.js';
import { standsOf } from './support/stands.js';
import { NEW_SIDE } from './support/writes.js';
import type { Stage } from './support/play.js';

interface Outcome {
  /** What both sides being compared says of it. */
  readonly proof: 'agrees' | 'differs';
  /** Rows of the target after the way back: those that say what the source does not. */
  readonly left: readonly string[];
}

const NOTHING: Outcome = { proof: 'agrees', left: [] };
const COPIED: Outcome = { proof: 'differs', left: ['70 copied', '71 copied', '72 copied'] };

/** By write. TRUNCATE is refused everywhere: 55006. */
const NOT_FILLED: Readonly<Record<string, Outcome>> = {
  insert: { proof: 'differs', left: ['55 new'] },
  // No row is there yet.
  'update, mapped': NOTHING,
  'update, unmapped': NOTHING,
  delete: NOTHING,
  'key change': NOTHING,
  'upsert, new': { proof: 'differs', left: ['57 upserted'] },
  'upsert, there': { proof: 'differs', left: ['50 upserted'] },
  COPY: COPIED,
  TRUNCATE: NOTHING,
};
const FILLED: Readonly<Record<string, Outcome>> = {
  ...NOT_FILLED,
  'update, mapped': { proof: 'differs', left: ['50 changed'] },
  // Neither side says anything else; but somebody wrote what no mapping fills.
  'update, unmapped': { proof: 'agrees', left: ['50 old'] },
  delete: { proof: 'differs', left: [] },
  'key change': { proof: 'differs', left: ['56 old'] },
};

const CASES = casesOf(['READ COMMITTED'], NEW_SIDE).map((one) => ({ ...one, there: false }));
const stands = await standsOf(CASES, ['open', 'filled', 'leaving']);

/** Each write by itself; those that end as they must not. */
async function writeAll({ query }: Stage): Promise<void> {
  for (const { n, write } of CASES) {
    const end = await query(write.sql(n)).then(
      () => 'ok',
      (error: unknown) => String(error),
    );
    if (write.name === 'TRUNCATE') expect(end).toMatch(/TRUNCATE of \S+ would leave the other side behind/);
    else expect(end, write.name).toBe('ok');
  }
}

async function leftOver({ query }: Stage): Promise<readonly (readonly [string, readonly string[]])[]> {
  const left = CASES.map(async ({ n, write }) => {
    const rows = await query<{ row: string }>(`SELECT concat_ws(' ', id, word) AS row FROM t${n} ORDER BY id`);
    return [write.name, rows.map(({ row }) => row)] as const;
  });
  return Promise.all(left);
}

it.each([
  ['open', NOT_FILLED],
  ['filled', FILLED],
] as const)('a window that is %s', async (stand, outcomes) => {
  await stands.at(stand, async (stage) => {
    await writeAll(stage);
    await expect(stage.run.goTo('proved')).rejects.toThrow('exit 4');
    const checks = await stage.query<{ state: string }>(
      `SELECT state FROM lockstep.operation WHERE id LIKE 'proof/%' ORDER BY ordinal`,
    );
    const found = CASES.map(({ write }, index) => [write.name, checks[index]?.state === 'done' ? 'agrees' : 'differs']);
    expect(found).toEqual(CASES.map(({ write }) => [write.name, outcomes[write.name]!.proof]));
    await stage.run.goTo('gone');
    expect(await leftOver(stage)).toEqual(CASES.map(({ write }) => [write.name, outcomes[write.name]!.left]));
  });
});

it('a window that is leaving', async () => {
  await stands.at('leaving', async (stage) => {
    await writeAll(stage);
    await stage.run.goTo('gone');
    expect(await leftOver(stage)).toEqual(CASES.map(({ write }) => [write.name, FILLED[write.name]!.left]));
  });
});
