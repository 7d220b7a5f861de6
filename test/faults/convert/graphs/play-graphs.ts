/**
 * `convert_uuid` over random graphs of keys, on one server: taken back it leaves catalog and rows as they were, over the cutover every
 * write stays, closed nothing of ours is left; and all through them what refers to what stays the same.
 */
import { expect, it } from 'vitest';

import { testDatabase } from '../../../support/database.js';
import { forgetTables } from '../../../integration/steps/whole-cycle.js';
import { numbersOf, say, SEEDS, told } from '../../support/random.js';
import { AT_LEAST, choiceOfGraph, coveringNumbers, ENOUGH_GRAPHS, MUST_MEET } from './graph-shares.js';
import { randomGraph } from './random-graph.js';
import { runGraph, type LifeEnd } from './run-graph.js';

/** One for all, so that red stays red; `LOCKSTEP_FAULTS_SEED` for others. */
const SEED = Number(process.env['LOCKSTEP_FAULTS_SEED'] ?? '') || 1;
const MOST_SHOWN = 8;
const EACH = ENOUGH_GRAPHS / 2;

/** `file`: the test file, for the command that has it again. */
export async function playGraphs(major: number, file: string): Promise<void> {
  const numbers = SEEDS === undefined ? coveringNumbers(SEED, major) : numbersOf(SEEDS);
  const again = (range: string): string =>
    `LOCKSTEP_SEEDS=${range} LOCKSTEP_FAULTS_SEED=${SEED} npm run test:faults -- ${file}`;
  say(`${file}: more, or others, with ${again(SEEDS === undefined ? `1..${EACH}` : told(SEEDS))}`);
  const met = new Map<string, number>();
  const test = await testDatabase({ major });

  // A graph costs seconds: there and back are some sixty operations.
  it(`graphs of keys on server ${major}`, { timeout: 60_000 + numbers.length * 20_000 }, async () => {
    const problems: string[] = [];
    const seen = new Set<string>();
    const ends: LifeEnd[] = [];
    let failures = 0;
    const began = performance.now();
    for (const number of numbers) {
      const choice = choiceOfGraph(SEED, number, major);
      await forgetTables(test);
      const graph = randomGraph(choice, major);
      await test.query(graph.statements.join(';\n'));
      const end = await runGraph(test, graph, choice);
      ends.push(end);
      // Somebody may watch for an hour.
      if (ends.length % 50 === 0) say(`server ${major}: ${ends.length} graphs of ${numbers.length}`);
      // What is refused is not played.
      for (const shape of graph.refused ? ['partitions that are refused'] : [...graph.shapes, end.life])
        if (!shape.startsWith('by code')) met.set(shape, (met.get(shape) ?? 0) + 1);
      if (end.problem === '') continue;
      failures += 1;
      const kind = end.problem.replaceAll(/`[^`]*`|"[^"]*"|'[^']*'|\d+|\w+\.\S+/g, '…').slice(0, 220);
      if (seen.has(kind) || problems.length >= MOST_SHOWN) continue;
      seen.add(kind);
      problems.push(
        [
          `graph ${number} on server ${major}: again with ${again(String(number))}`,
          `  ${JSON.stringify(graph.convert)}`,
          ...graph.statements
            .filter((sql) => numbers.length === 1 || !sql.startsWith('INSERT'))
            .map((sql) => `  ${sql};`),
          end.problem,
        ].join('\n'),
      );
    }
    const sum = (of: (end: LifeEnd) => number): number => ends.reduce((total, end) => total + of(end), 0);
    const rows = [...met].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([shape, n]) => `${n} ${shape}`);
    say(
      `server ${major}: ${ends.length} graphs in ${Math.round((performance.now() - began) / 1000)} s, ${sum(({ writes }) => writes)} writes (${sum(({ refusedWrites }) => refusedWrites)} refused as without us), failed ${failures}; met: ${rows.join(', ')}`,
    );
    expect(problems.join('\n\n'), `${failures} of ${ends.length} failed`).toBe('');
    if (numbers.length >= EACH)
      expect(
        MUST_MEET.filter((shape) => (met.get(shape) ?? 0) < AT_LEAST),
        'shapes that were hardly met',
      ).toEqual([]);
  });
}
