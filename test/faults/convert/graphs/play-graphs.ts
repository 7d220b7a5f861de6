/**
 * `convert_uuid` over random graphs of keys, on one server: taken back it leaves catalog and rows as they were, over the cutover every
 * write stays, closed nothing of ours is left; and all through them what refers to what stays the same.
 */
import { expect, it } from 'vitest';

import { testDatabase } from '../../../support/database.js';
import { forgetTables } from '../../../integration/steps/whole-cycle.js';
import { say } from '../../support/random.js';
import { AT_LEAST, choiceOfGraph, ENOUGH_GRAPHS, MUST_MEET } from './graph-shares.js';
import { randomGraph } from './random-graph.js';
import { runGraph, type LifeEnd } from './run-graph.js';

/** On both servers together; some thousands by LOCKSTEP_GRAPHS. A graph costs seconds: there and back are some sixty operations. */
const COUNT = Number(process.env['LOCKSTEP_GRAPHS'] ?? '') || ENOUGH_GRAPHS;
/** One for all, so that red stays red; `LOCKSTEP_FAULTS_SEED` for others. */
const SEED = Number(process.env['LOCKSTEP_FAULTS_SEED'] ?? '') || 1;
/** One graph alone, by its number. */
const ONLY = process.env['LOCKSTEP_GRAPH'];
const EACH = Math.ceil(COUNT / 2);
const MOST_SHOWN = 8;

/** `file`: the test file, for the command that has it again. */
export async function playGraphs(major: number, file: string): Promise<void> {
  const again = (more: string): string =>
    `${more}LOCKSTEP_GRAPHS=${COUNT} LOCKSTEP_FAULTS_SEED=${SEED} npm run test:faults -- ${file}`;
  say(`${file}: again with ${again('')}`);
  const met = new Map<string, number>();
  const test = await testDatabase({ major });

  it(`${EACH} graphs of keys on server ${major}`, { timeout: 60_000 + EACH * 20_000 }, async () => {
    const problems: string[] = [];
    const seen = new Set<string>();
    const ends: LifeEnd[] = [];
    let failures = 0;
    const numbers = Array.from({ length: EACH }, (_, index) => index + 1);
    const began = performance.now();
    for (const number of numbers.filter((each) => ONLY === undefined || each === Number(ONLY))) {
      const choice = choiceOfGraph(SEED, number, major);
      await forgetTables(test);
      const graph = randomGraph(choice, major);
      await test.query(graph.statements.join(';\n'));
      const end = await runGraph(test, graph, choice);
      ends.push(end);
      // Somebody may watch for an hour.
      if (ends.length % 50 === 0) say(`server ${major}: ${ends.length} graphs of ${EACH}`);
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
          `graph ${number} on server ${major}: again with ${again(`LOCKSTEP_GRAPH=${number} `)}`,
          `  ${JSON.stringify(graph.convert)}`,
          ...graph.statements
            .filter((sql) => ONLY !== undefined || !sql.startsWith('INSERT'))
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
    if (ONLY === undefined && COUNT >= ENOUGH_GRAPHS)
      expect(
        MUST_MEET.filter((shape) => (met.get(shape) ?? 0) < AT_LEAST),
        'shapes that were hardly met',
      ).toEqual([]);
  });
}
