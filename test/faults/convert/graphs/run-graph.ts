/**
 * One graph, and one of three lives of its conversion: there and back; over the cutover, written by either side, and back; to the end.
 * Whatever is then otherwise than it should be is a problem.
 */
import { diffFingerprints, type Definitions } from '../../../../src/catalog/fingerprint.js';
import { DatabaseError } from '../../../../src/executor/session.js';
import { readFingerprint } from '../../../../src/postgres/read-fingerprint.js';
import { quoteIdentifier as q } from '../../../../src/sql/identifier.js';
import type { TestDatabase } from '../../../support/database.js';
import { planOn, rowsOf, told, type PlanOnDatabase } from '../../../support/plan-on-database.js';
import type { Choice } from '../../ddl/random-choice.js';
import { LEFT_BEHIND, meaningOf, shapeOf } from './graph-meaning.js';
import { randomWrite, type Names } from './graph-writes.js';
import type { Graph } from './random-graph.js';

export type Life = 'back' | 'over and back' | 'to the end' | 'refused';

export interface LifeEnd {
  readonly life: Life;
  /** Empty where all was as it should be. */
  readonly problem: string;
  readonly writes: number;
  readonly refusedWrites: number;
}

/** What an application would be told without a conversion too. */
const LAWFUL: ReadonlySet<string> = new Set(['23503', '23001', '23505']);
const WRITES = 8;

let plans = 0;

export async function runGraph(test: TestDatabase, graph: Graph, choice: Choice): Promise<LifeEnd> {
  const life = graph.refused ? 'refused' : choice.one(['back', 'over and back', 'to the end'] as const);
  const end: LifeEnd = { life, problem: '', writes: 0, refusedWrites: 0 };
  try {
    return { ...end, ...(await LIVES[life](test, graph, choice)) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { ...end, problem: error.message };
  }
}

/** What ends a life early: how it is otherwise than it should be. */
class Problem extends Error {}

type Live = (test: TestDatabase, graph: Graph, choice: Choice) => Promise<Partial<LifeEnd>>;

const OPEN = (graph: Graph): readonly unknown[] => [
  { id: 'keys', convert_uuid: graph.convert },
  { id: 'proof', verify: [{ in_sync: ['keys'] }] },
];
const FLIP: readonly unknown[] = [
  { id: 'flip', cutover: { windows: ['keys'] } },
  { id: 'after', verify: [{ in_sync: ['keys'] }] },
];

const LIVES: Readonly<Record<Life, Live>> = {
  refused: async (test, graph) => {
    const before = await fingerprint(test);
    const applied = await planFor(test, OPEN(graph)).apply();
    if (!applied.diagnostics.some(({ code }) => code === 'LS6604')) throw new Problem(`partitions: ${told(applied)}`);
    same(before, await fingerprint(test), 'refused, and the catalog is another');
    return {};
  },
  back: async (test, graph, choice) => {
    const [before, rows] = [await fingerprint(test), await rowsOf(test)];
    const plan = planFor(test, OPEN(graph));
    await well(plan.apply(), 'there');
    const writes = choice.chance(0.5) ? 0 : WRITES;
    const refusedWrites = await write(test, graph, choice, writes, 'old');
    const meaning = await test.value(meaningOf(graph, false));
    await well(plan.rollback(), 'back');
    same(before, await fingerprint(test), 'taken back');
    const now = await rowsOf(test);
    if (writes === 0 && JSON.stringify(now) !== JSON.stringify(rows))
      throw new Problem(`rows differ\n${JSON.stringify(rows)}\n${JSON.stringify(now)}`);
    means(meaning, await test.value(meaningOf(graph, false)), 'taken back');
    return { writes, refusedWrites };
  },
  'over and back': async (test, graph, choice) => {
    const before = await fingerprint(test);
    const gate = choice.chance(0.4);
    const plan = planFor(test, [...OPEN(graph), ...(gate ? [{ id: 'wait', gate: { approval: 'dba' } }] : []), ...FLIP]);
    let refusedWrites = 0;
    let meaning = await test.value(meaningOf(graph, false));
    if (gate) {
      await well(plan.apply(), 'to the gate', 6);
      refusedWrites += await write(test, graph, choice, WRITES, 'old');
      meaning = await test.value(meaningOf(graph, false));
      await plan.approve('wait');
    }
    const keys = await oldKeys(test, graph);
    await well(plan.apply(), 'over');
    means(meaning, await test.value(meaningOf(graph, true)), 'over');
    refusedWrites += await write(test, graph, choice, WRITES, 'new');
    meaning = await test.value(meaningOf(graph, true));
    await well(plan.rollback(), 'back');
    means(meaning, await test.value(meaningOf(graph, false)), 'taken back');
    same(before, await fingerprint(test), 'taken back');
    const now = await oldKeys(test, graph);
    for (const [row, key] of keys) {
      if (now.has(row) && now.get(row) !== key && !rekeyed.has(row))
        throw new Problem(`old keys differ\n${row}: ${key}, now ${now.get(row)!}`);
    }
    return { writes: gate ? 2 * WRITES : WRITES, refusedWrites };
  },
  'to the end': async (test, graph) => {
    const conditional = graph.tables.some(({ references }) => references.some(({ where }) => where !== null));
    const [shape, meaning] = [await test.value(shapeOf(graph)), await test.value(meaningOf(graph, false))];
    const close = { id: 'done', close: { windows: ['keys'], quiet: '0s', retain: '0s' } };
    await well(planFor(test, [...OPEN(graph), ...FLIP, close]).apply(), 'to the end');
    means(meaning, await test.value(meaningOf(graph, true)), 'closed');
    const left = await test.value(LEFT_BEHIND);
    if (left !== '') throw new Problem(`left behind\n${String(left)}`);
    if (!conditional) means(shape, await test.value(shapeOf(graph)), 'closed: definitions');
    return {};
  },
};

/** Rows whose key a write has changed, as `table label`. */
const rekeyed = new Set<string>();

function planFor(test: TestDatabase, steps: readonly unknown[]): PlanOnDatabase {
  return planOn(test.database, { name: `graph-${++plans}`, steps });
}

async function well(command: ReturnType<PlanOnDatabase['apply' | 'rollback']>, what: string, exit = 0): Promise<void> {
  const result = await command;
  if (result.exit === exit) return;
  throw new Problem(`${what}: ended otherwise\n${told(result)}\n${JSON.stringify(result.report).slice(-1500)}`);
}

/** Returns how many were refused, as they would have been before. */
async function write(
  test: TestDatabase,
  graph: Graph,
  choice: Choice,
  count: number,
  leads: Names['leads'],
): Promise<number> {
  let refused = 0;
  for (let index = 0; index < count; index++) {
    const { sql, what } = randomWrite(graph, choice, { leads, side: choice.one(['old', 'new', leads]) });
    try {
      await test.query(sql);
      if (what.startsWith('key'))
        for (const { name, labels } of graph.tables) for (const label of labels) rekeyed.add(`${name} ${label}`);
    } catch (error) {
      const { sqlstate = '' } = error instanceof DatabaseError ? error.facts : {};
      if (!LAWFUL.has(sqlstate)) throw new Problem(`${what} was refused: ${sqlstate} ${String(error)}\n${sql}`);
      refused += 1;
    }
  }
  return refused;
}

async function oldKeys(test: TestDatabase, { tables }: Graph): Promise<ReadonlyMap<string, string>> {
  const keys = new Map<string, string>();
  for (const { name, kind, key, label } of tables) {
    if (key === null || kind !== 'root') continue;
    const rows = await test.query<{ label: string; key: string }>(
      `SELECT ${q(label)} AS label, ${q(key.column)}::text AS key FROM ${name}`,
    );
    for (const row of rows) keys.set(`${name} ${row.label}`, row.key);
  }
  return keys;
}

function fingerprint({ database }: TestDatabase): Promise<Definitions> {
  return database.transaction((session) => readFingerprint(session), { readOnly: true });
}

function same(before: Definitions, now: Definitions, when: string): void {
  const other = diffFingerprints(before, now);
  if (other.length > 0) throw new Problem(`${when}: the catalog differs\n${other.map(({ line }) => line).join('\n')}`);
}

function means(before: unknown, now: unknown, when: string): void {
  if (before === now) return;
  const [was, is] = [String(before).split('\n'), String(now).split('\n')];
  const lines = [
    ...was.filter((line) => !is.includes(line)).map((line) => `- ${line}`),
    ...is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`),
  ];
  throw new Problem(`${when}: it means something else\n${lines.slice(0, 20).join('\n')}`);
}
