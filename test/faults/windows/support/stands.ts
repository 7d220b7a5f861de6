/** Databases in which the run has come to a stand, each made from the one before it, to be copied for each scenario. */
import { PgDatabase } from '../../../../src/postgres/pg-database.js';
import { rightGraph, type ChangeGraph } from '../../seeds/wrong-graphs.js';
import { originalDatabase, type DatabaseCopy, type OriginalDatabase } from '../../support/database-copies.js';
import { writePlan, type WrittenPlan } from '../../support/run-plan.js';
import type { Stage } from './play.js';
import { beginRun, runOfCases } from './run-of-cases.js';
import type { Stand } from './scenarios.js';
import { planText, tablesSql, type Case, type Direction } from './stage.js';

const BEFORE: Readonly<Record<Exclude<Stand, 'nothing'>, Stand>> = {
  joined: 'filled',
  watched: 'proved',
  'cut over': 'watched',
  'cut back': 'cut over',
  open: 'nothing',
  filled: 'open',
  proved: 'filled',
  closed: 'proved',
  leaving: 'filled',
  'taken away': 'leaving',
  gone: 'taken away',
};

export interface Stands {
  /** Plays on a copy of the database at that stand. */
  readonly at: <T>(stand: Stand, work: (stage: Stage) => Promise<T>) => Promise<T>;
}

/** More than one session for each case, and for the writers that come to it. */
const SESSIONS = 80;

export interface StandOptions {
  /** What a wrong design does to the graph of the run. */
  readonly change?: ChangeGraph;
  /** Definitions besides the tables of the cases. */
  readonly more?: string | undefined;
  readonly direction?: Direction;
}

/** At the top of a file. */
export async function standsOf(
  cases: readonly Case[],
  wanted: readonly Stand[],
  { change = rightGraph, more = '', direction = 'forward' }: StandOptions = {},
): Promise<Stands> {
  const plan = await writePlan('interleaved', planText(cases, direction));
  const made = new Map<Stand, OriginalDatabase>();
  const make = async (stand: Stand): Promise<OriginalDatabase> => {
    const there = made.get(stand);
    if (there !== undefined) return there;
    const original =
      stand === 'nothing'
        ? await originalDatabase(async (database) => {
            await database.withSession((session) => session.query(`${tablesSql(cases)}\n${more}`));
            await beginRun(plan, database, change);
          })
        : await originalDatabase(
            async (database) => {
              const query = async <Row>(sql: string) =>
                (await database.withSession((session) => session.query<Row>(sql))).rows;
              await runOfCases(plan, { database, query }, cases).goTo(stand);
            },
            { from: (await make(BEFORE[stand])).name, maxSessions: SESSIONS },
          );
    made.set(stand, original);
    return original;
  };
  for (const stand of wanted) await make(stand);
  return {
    async at(stand, work) {
      const copy = await made.get(stand)!.copy();
      try {
        return await onStage(plan, copy, cases, work);
      } finally {
        await copy.drop();
      }
    },
  };
}

/** Sessions of the run do not look for deadlocks: a wait that does not end is seen as such. */
async function onStage<T>(
  plan: WrittenPlan,
  { url, query }: DatabaseCopy,
  cases: readonly Case[],
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const patient = new URL(url);
  patient.searchParams.set('options', '-c deadlock_timeout=60s');
  const ofRun = new PgDatabase({ url: patient.href, maxSessions: SESSIONS });
  const ofWriters = new PgDatabase({ url, maxSessions: SESSIONS });
  try {
    return await work({ database: ofWriters, query, run: runOfCases(plan, { database: ofRun, query }, cases) });
  } finally {
    await Promise.all([ofRun.close(), ofWriters.close()]);
  }
}
