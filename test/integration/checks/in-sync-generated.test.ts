/**
 * `in_sync` over generated sides, beside a comparison by hand: every row that it finds, its figures and its samples. First the wrong
 * comparisons, each of which must be seen. `LOCKSTEP_SEED` gives other sides.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import { comparison, type ComparisonOptions } from '../../../src/mapping/in-sync.js';
import type { Mapping } from '../../../src/mapping/mapping.js';
import { resolveMapping } from '../../../src/mapping/resolve-mapping.js';
import { migrate } from '../../../src/postgres/journal/migrate.js';
import { readCatalog } from '../../../src/postgres/read-catalog.js';
import { loadGrammar } from '../../../src/sql/grammar.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import '../../support/property-seed.js';
import { foundByHand, type Found } from './compared-by-hand.js';
import { lay, sidesOf, WINDOW, type Sides } from './generated-sides.js';
import { SHAPES, type Shape } from './shapes-to-compare.js';

const RUNS = 40;
const SAMPLES = 3;

/** What is sent in place of the comparison. */
type Change = (sql: string) => string;

const grammar = await loadGrammar();

for (const major of [18, 15]) {
  for (const shape of SHAPES) {
    describe(`on server ${major}: ${shape.name}`, async () => {
      const test = await testDatabase({ major });
      let mapping: Mapping;
      beforeAll(async () => {
        await test.query('CREATE EXTENSION citext');
        await test.query(shape.tables);
        await test.database.withSession((session) => migrate(session));
        mapping = await resolved(test, shape);
      });

      // Once is enough of what is wrong with the statement, whoever reads it.
      const wrong = WRONG.filter(([, shapes]) => major === 18 && shapes.some((words) => shape.name.includes(words)));
      it.each(wrong)('sees %s', async (_, __, change) => {
        const asked = agrees(test, shape, () => mapping, { change });
        const seen = await fc.check(asked, { numRuns: 15 * RUNS, endOnFailure: true });
        expect(seen.failed, 'the wrong design was not caught').toBe(true);
        // Not by the server, which did not understand it.
        expect(seen.errorInstance).toHaveProperty('name', 'AssertionError');
      });

      it.each([
        ['finds what a comparison by hand finds', ''],
        ['finds it with several processes', SEVERAL_PROCESSES],
      ])('%s', (_, settings) =>
        fc.assert(
          agrees(test, shape, () => mapping, { settings }),
          { numRuns: RUNS },
        ),
      );

      it('can be read by several processes', async () => {
        const { summary } = comparison(mapping, { extra: 'refuse', samples: SAMPLES, window: WINDOW });
        const plan = await within(test, SEVERAL_PROCESSES, `EXPLAIN ${summary}`);
        // A full join over a hash that they share is new in 16.
        expect(JSON.stringify(plan)).toContain(major === 15 ? 'Parallel Seq Scan' : 'Parallel Hash Full Join');
      });
    });
  }
}

/** For tables as small as these; what they leave is one way to join. */
const SEVERAL_PROCESSES = `SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0;
  SET LOCAL min_parallel_index_scan_size = 0; SET LOCAL enable_mergejoin = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off;
  SET LOCAL enable_bitmapscan = off`;

async function within<Row>({ database }: TestDatabase, settings: string, sql: string): Promise<readonly Row[]> {
  return database.withSession(async (session) => {
    await session.query(`BEGIN READ ONLY; ${settings}`);
    try {
      return (await session.query<Row>(sql)).rows;
    } finally {
      await session.query('ROLLBACK');
    }
  });
}

function agrees(
  test: TestDatabase,
  shape: Shape,
  mapping: () => Mapping,
  { change = (sql) => sql, settings = '' }: { readonly change?: Change; readonly settings?: string },
): fc.IAsyncProperty<[Sides]> {
  return fc.asyncProperty(sidesOf(shape), async (sides) => {
    await lay(test, shape, mapping(), sides);
    const { rows, summary } = comparison(of(mapping(), sides), optionsOf(sides));
    const byHand = await foundByHand(test, shape, of(mapping(), sides), sides);
    const found = await within<Found>(test, settings, change(rows));
    expect(lines(found.map((one) => withoutName(one, mapping())))).toEqual(
      lines(byHand.found.map((one) => withoutName(one, mapping()))),
    );

    const [answer] = await within<Answer>(test, settings, change(summary));
    const count = (problem: string): number => byHand.found.filter((one) => one.problem === problem).length;
    expect(Number(answer!.violations)).toBe(byHand.found.length);
    expect(answer!.figures).toEqual({
      ...{
        compared: byHand.compared,
        missing: count('missing'),
        extra: count('extra'),
        different: count('different'),
        double: count('double'),
      },
      ...(sides.window && { resurrected: count('resurrected') }),
    });
    const samples = answer!.samples ?? [];
    expect(samples).toHaveLength(Math.min(SAMPLES, byHand.found.length));
    expect(lines(byHand.found.map((one) => withoutName(one, mapping())))).toEqual(
      expect.arrayContaining([...lines(samples.map((one) => withoutName(one, mapping())))]),
    );
  });
}

interface Answer {
  readonly violations: string;
  readonly samples: readonly Found[] | null;
  readonly figures: Readonly<Record<string, number>>;
}

const EACH = SHAPES.map(({ name }) => name);

/** What is wrong with it, words of the shapes that must show it, and how it is done. */
const WRONG: readonly (readonly [what: string, shapes: readonly string[], change: Change])[] = [
  ['values compared by <>', ['many types', 'citext'], replaced(/ IS DISTINCT FROM /g, ' <> ')],
  ['texts compared under their own collation', ['many types'], replaced(/ COLLATE pg_catalog."C"/g, '')],
  ['records compared by value', ['citext'], replaced(/\*<>/g, '<>')],
  ['what is in no record passed over', ['many types', 'citext'], replaced(/ OR \(ROW/g, ' OR false AND (ROW')],
  ['extra rows left out', EACH, replaced(/, 'extra', 'different'\)/g, `, 'different')`)],
  ['a join that is not full', EACH, replaced(/FULL JOIN/g, 'LEFT JOIN')],
  [
    'a row without a key taken for none',
    ['may be NULL'],
    replaced(/(WHEN a\..*'missing') (WHEN e\..*'extra')/g, '$2 $1'),
  ],
  [
    'compared counted over the whole source',
    ['a part', 'citext'],
    replaced(/count\(\*\) FROM expected\)/g, 'count(*) FROM source)'),
  ],
  ['the condition of the target left out', ['composite', 'may be NULL'], replaced(/provider = 'google'/g, 'true')],
  [
    'two that are double passed over',
    ['may be NULL', 'citext', 'expressions'],
    replaced(/count\(\*\) > 1/g, 'count(*) > 2'),
  ],
  ['failures that nobody has accepted', EACH, replaced(/f\.accepted_at IS NOT NULL/g, 'true')],
  ['keys before a write alone', EACH, replaced(/IN \(f\.key_before, f\.key_after\)/g, '= f.key_before')],
  ['accepted keys of the target not asked', ['citext', 'composite'], replaced(/ OR p\.found_key IN \([^)]*\)/g, '')],
  [
    'a key as it is written, of which another spelling is noted',
    ['citext'],
    replaced(/pg_catalog\.lower\((\S+) COLLATE "default"\)/g, '$1'),
  ],
  ['a forgotten row for whatever is said of it', EACH, replaced(/p\.problem = 'missing' AND EXISTS/g, 'EXISTS')],
  ['what another window knows', EACH, replaced(/\b([df])\.window_name = '[^']*'/g, 'true')],
  ['what another mapping knows', EACH, replaced(/\b([df])\.mapping = '[^']*'/g, 'true')],
];

function replaced(from: RegExp, to: string): Change {
  return (sql) => sql.replace(from, to);
}

/** Of several spellings of one key it is not said which is shown. */
function withoutName({ problem, expected, found }: Found, { key }: Mapping): Found {
  if (problem !== 'double') return { problem, expected, found };
  const shown = expected as Readonly<Record<string, unknown>>;
  const parts = key.map(({ name }) => (typeof shown[name] === 'string' ? shown[name].toLowerCase() : shown[name]));
  const name = 'key' in shown ? shown['key'] : JSON.stringify(parts);
  return { problem, expected: { key: name, rows: Number(shown['rows']) }, found };
}

function lines(found: readonly Found[]): readonly string[] {
  return found
    .map(({ problem, expected, found: there }) => JSON.stringify([problem, sorted(expected), sorted(there)]))
    .sort();
}

function sorted(shown: unknown): unknown {
  return shown === null ? null : Object.entries(shown as object).sort(([a], [b]) => (a < b ? -1 : 1));
}

function of(mapping: Mapping, { forgets }: Sides): Mapping {
  return forgets ? { ...mapping, reverse: { columns: [], key: [], onDelete: 'ignore' } } : mapping;
}

function optionsOf({ extra, missing, window }: Sides): ComparisonOptions {
  return { extra, missing, samples: SAMPLES, window: window ? WINDOW : undefined };
}

async function resolved({ database }: TestDatabase, { mapping }: Shape): Promise<Mapping> {
  const catalog = await database.withSession(async (session) => {
    await session.query('BEGIN READ ONLY');
    const read = await readCatalog(session);
    await session.query('COMMIT');
    return read;
  });
  const problems: unknown[] = [];
  const nowhere = (): undefined => undefined;
  const scope = {
    catalog,
    schema: 'public',
    grammar,
    locate: nowhere,
    locateWithin: nowhere,
    report: (problem: unknown) => void problems.push(problem),
  };
  const found = resolveMapping('m', mapping, scope, ['mappings', 'm']);
  expect(problems).toEqual([]);
  return found!;
}
