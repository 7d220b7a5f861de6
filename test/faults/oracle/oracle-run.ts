/**
 * The Transparency oracle on one server: two databases with the same random schema and the same random writes, of which one has windows.
 * An application must not be able to tell.
 *
 * `LOCKSTEP_ORACLE_SEEDS=1..3000` plays these; without it those are played that once failed. One seed alone is shrunk to a script and printed: `LOCKSTEP_ORACLE_SEEDS=17 npm run oracle`. `LOCKSTEP_ORACLE_SHRINK=0` prints without
 * shrinking, `=1` shrinks each of many. The same seed is the same case on the same major version.
 */
import { appendFileSync } from 'node:fs';
import { expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { say } from '../support/random.js';
import { drawCase } from './draw-case.js';
import { ENOUGH_CASES, Histogram } from './histogram.js';
import { kindOfProblem, KNOWN, type KnownSeed } from './known-seeds.js';
import { Unloadable } from './load-case.js';
import { playCase, type CaseEnd } from './play.js';
import { caseText } from './case-text.js';
import { shrinkCase } from './shrink.js';

const RANGE = process.env['LOCKSTEP_ORACLE_SEEDS'] || 'known';
const SHRINK = process.env['LOCKSTEP_ORACLE_SHRINK'] ?? '';
/** A line for each failed seed, for whoever sorts them. */
const LIST = process.env['LOCKSTEP_ORACLE_LIST'] ?? '';
const MOST_SHOWN = 8;
/** Every third second somebody watches. */
const SAY_EVERY = 25;

export async function runOracle(major: number, file: string): Promise<void> {
  const known = KNOWN.filter((each) => each.major === major);
  if (RANGE === 'known' && known.length === 0) {
    say(`no seed of the oracle is known on server ${major}: it is played by LOCKSTEP_ORACLE_SEEDS`);
    it.skip(`an application cannot tell, on server ${major}: set LOCKSTEP_ORACLE_SEEDS=1..50`);
    return;
  }
  const [one, other] = [await testDatabase({ major }), await testDatabase({ major })];
  const databases = { beside: one.database, alone: other.database };
  await one.query(`DO $$ BEGIN
    IF to_regrole('oracle_owner') IS NULL THEN CREATE ROLE oracle_owner; END IF;
    IF to_regrole('oracle_app') IS NULL THEN CREATE ROLE oracle_app; GRANT pg_execute_server_program TO oracle_app; END IF;
  END $$`);
  const again = (seed: number): string => `LOCKSTEP_ORACLE_SEEDS=${seed} npm run test:faults -- ${file}`;
  if (RANGE === 'known') {
    it(`seeds that failed once stay green on server ${major}`, { timeout: 900_000 }, async () => {
      const failing: string[] = [];
      for (const each of known) failing.push(...(await playKnown(each)));
      expect(failing.join('\n')).toBe('');
    });
    return;
  }

  const seeds = seedsOf(RANGE);
  it(`an application cannot tell, on server ${major}`, { timeout: 900_000 + seeds.length * 20_000 }, async () => {
    const histogram = new Histogram();
    const shown: string[] = [];
    const kinds = new Set<string>();
    let unloadable = 0;
    for (const seed of seeds) {
      const drawn = drawCase(seed, major);
      let end: CaseEnd;
      const began = performance.now();
      try {
        end = await playCase(drawn, databases);
      } catch (error) {
        if (error instanceof Unloadable) {
          unloadable += 1;
          say(`seed ${seed}: ${error.message}`);
          continue;
        }
        end = { problem: `the oracle itself: ${String(error)}`, refused: [], why: '', sent: 0, exempt: 0 };
      }
      histogram.add(drawn, end);
      const kind = end.problem === '' ? '' : kindOfProblem(end.problem);
      if (LIST !== '')
        appendFileSync(
          LIST,
          `${major}\t${seed}\t${Math.round(performance.now() - began)} ms\t${drawn.kind}${drawn.record ? ' record' : ''}, ${drawn.life}\t${end.refused.join(' ') || kind || 'ok'}\t${JSON.stringify((end.problem || end.why).slice(0, 900))}\t${drawn.shapes.join('; ')}\n`,
        );
      if ((seed - (seeds[0] ?? 0) + 1) % SAY_EVERY === 0)
        say(`server ${major}: seed ${seed}, ${histogram.failed} differed`);
      if (kind === '' || shown.length >= MOST_SHOWN || (kinds.has(kind) && SHRINK === '')) continue;
      kinds.add(kind);
      const small =
        SHRINK === '0' || (seeds.length > 1 && SHRINK === '')
          ? drawn
          : await shrinkCase(drawn, databases, kindOfProblem(end.problem));
      shown.push(
        `seed ${seed} on server ${major}: ${again(seed)}\n${seeds.length > 1 && SHRINK === '' ? '' : `${caseText(small)}\n`}${end.problem}`,
      );
    }
    for (const line of histogram.lines()) say(`server ${major}: ${line}`);
    expect(shown.join('\n\n'), `${histogram.failed} of ${seeds.length} differed`).toBe('');
    expect(unloadable, 'schemas that no server takes').toBeLessThanOrEqual(seeds.length / 50);
    if (seeds.length >= ENOUGH_CASES) expect(histogram.complaints()).toEqual([]);
  });

  async function playKnown({ seed, kind }: KnownSeed): Promise<readonly string[]> {
    const { problem } = await playCase(drawCase(seed, major), databases);
    return problem === '' ? [] : [`seed ${seed} (${kind}): ${again(seed)}\n  ${problem}`];
  }
}

/** `17`, `1..50`, `3,8,20..30`. */
function seedsOf(text: string): readonly number[] {
  return text.split(',').flatMap((part) => {
    const [from, to = from] = part.split('..').map(Number);
    return Array.from({ length: to! - from! + 1 }, (_, index) => from! + index);
  });
}
