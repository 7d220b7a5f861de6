/**
 * A random schema and definitions to run over it, made with the server's help: each statement is tried as psql would run
 * it, in a transaction that is rolled back, and the catalog that it leaves is where the next one starts from. So what a
 * plan of them does can be held against what the statements as they are written do.
 */
import type { Definitions } from '../../../src/catalog/fingerprint.js';
import { DatabaseError, type Session } from '../../../src/executor/session.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import type { TestDatabase } from '../../support/database.js';
import { randomFrom } from '../support/random.js';
import { readModel, type Model } from './catalog-model.js';
import { choiceOf } from './random-choice.js';
import { randomObjects } from './random-object.js';
import { randomSchema } from './random-schema.js';
import { randomStatement } from './random-statement.js';

export interface Sequence {
  readonly schema: readonly string[];
  /** Of each step, its statements. */
  readonly steps: readonly (readonly string[])[];
}

export interface Played {
  readonly sequence: Sequence;
  /** What the statements leave; undefined where the server refuses one of them. */
  readonly left: Definitions | undefined;
  /** Names of partitioned tables that were there at any time. */
  readonly partitioned: ReadonlySet<string>;
}

/** How often a sequence may hold what nothing brings back, and a statement that the server refuses. */
const [FINAL, REFUSED] = [0.03, 0.02];

/** Leaves the schema in the database. */
export async function makeSequence(test: TestDatabase, seed: number): Promise<Played> {
  const choice = choiceOf(randomFrom(seed));
  // A random name may be taken by an index that the server has named: what is refused is left out.
  const schema = await test.database.transaction(async (session) => {
    const kept: string[] = [];
    for (const sql of randomSchema(choice)) if (await tryStatement(session, sql)) kept.push(sql);
    const objects = choice.chance(0.8) ? randomObjects(await readModel(session, test.major), choice) : [];
    for (const sql of objects) if (await tryStatement(session, sql)) kept.push(sql);
    return kept;
  });
  const steps = Array.from({ length: choice.between(1, 4) }, () => choice.between(1, 6));
  const keepsRefused = choice.chance(REFUSED * 4);
  return inTransaction(test, async (session) => {
    const start = await readModel(session, test.major);
    const partitioned = new Set<string>();
    let refused = false;
    const made: string[][] = [];
    for (const count of steps) {
      const step: string[] = [];
      for (let tries = 0; tries < count * 4 && step.length < count; tries++) {
        const model = withoutNewParts(await readModel(session, test.major), start);
        for (const { name, kind } of model.relations) if (kind === 'p') partitioned.add(name);
        const statement = randomStatement(model, choice, FINAL);
        if (statement === undefined) continue;
        const ran = await firstThatRuns(session, statement.tries);
        if (ran !== undefined) step.push(ran);
        else if (keepsRefused && !refused) {
          step.push(statement.tries[0]!);
          refused = true;
        }
      }
      if (step.length > 0) made.push(step);
    }
    const alone = 'CREATE SEQUENCE "the only one"';
    if (made.length === 0 && (await tryStatement(session, alone))) made.push([alone]);
    const left = refused ? undefined : await readFingerprint(session);
    return { sequence: { schema, steps: made }, left, partitioned };
  });
}

/**
 * What the server calls the index of a partition that a statement on the partitioned table brings is not foretold: nobody
 * names it within the same plan.
 */
function withoutNewParts(model: Model, start: Model): Model {
  const known = new Set(start.relations.flatMap(({ indexes }) => indexes.map(({ name }) => name)));
  return {
    ...model,
    relations: model.relations.map((relation) => ({
      ...relation,
      indexes: relation.indexes.filter(({ name, bound }) => !relation.partition || !bound || known.has(name)),
    })),
  };
}

/** The same for a sequence that is known; the schema must be there. */
export async function playSequence(test: TestDatabase, sequence: Sequence): Promise<Definitions | undefined> {
  return inTransaction(test, async (session) => {
    for (const sql of sequence.steps.flat()) if (!(await tryStatement(session, sql))) return undefined;
    return readFingerprint(session);
  });
}

async function firstThatRuns(session: Session, tries: readonly string[]): Promise<string | undefined> {
  for (const sql of tries) if (await tryStatement(session, sql)) return sql;
  return undefined;
}

async function tryStatement(session: Session, sql: string): Promise<boolean> {
  await session.query('SAVEPOINT before');
  try {
    await session.query(sql);
    return true;
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.facts.kind !== 'statement') throw error;
    await session.query('ROLLBACK TO before');
    return false;
  }
}

/** Rolled back in any case. */
function inTransaction<T>({ database }: TestDatabase, work: (session: Session) => Promise<T>): Promise<T> {
  return database.withSession(async (session) => {
    await session.query('BEGIN');
    try {
      return await work(session);
    } finally {
      await session.query('ROLLBACK');
    }
  });
}
