/**
 * Statements about objects in any order: whatever is accepted is run, then taken back, the last first, and the fingerprint is
 * what it was. What the planner or the server refuses is left out. In one transaction each, so that many are tried.
 */
import { describe, expect, it } from 'vitest';

import type { CatalogSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import { applyEffects } from '../../../src/catalog/effects.js';
import { diffFingerprints } from '../../../src/catalog/fingerprint.js';
import type { Session } from '../../../src/executor/session.js';
import type { StatementOperation } from '../../../src/operation/operation.js';
import { readCatalog } from '../../../src/postgres/read-catalog.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import { isSyntaxError, loadGrammar, type ParsedStatement } from '../../../src/sql/grammar.js';
import { lowerDdl } from '../../../src/steps/ddl/lower.js';
import type { LowerContext } from '../../../src/steps/step-definition.js';
import { testDatabase } from '../../support/database.js';

const SCHEMA = `
  CREATE SCHEMA attic;
  CREATE TABLE users (id int PRIMARY KEY, name text, plan text, n int);
  CREATE TABLE items (id int, name text);
  CREATE TYPE mood AS ENUM ('low', 'high');
  CREATE TYPE pair AS (x int, y text);
  CREATE DOMAIN word AS text DEFAULT 'w' CONSTRAINT short CHECK (length(VALUE) < 9);
  CREATE SEQUENCE numbers INCREMENT 3 OWNED BY items.id;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$;
  CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS $$SELECT 2 * n$$;
  REVOKE ALL ON FUNCTION twice FROM PUBLIC;
  COMMENT ON FUNCTION twice IS 'doubles';
  CREATE VIEW visitors WITH (security_barrier) AS SELECT id, name FROM users;
  GRANT SELECT (name) ON visitors TO pg_monitor;
  COMMENT ON COLUMN visitors.name IS 'as they say';
  CREATE VIEW names AS SELECT name FROM visitors;
  CREATE MATERIALIZED VIEW counts AS SELECT plan, count(*) FROM users GROUP BY plan;
  CREATE INDEX counts_plan ON counts (plan);
  CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
  ALTER TABLE users DISABLE TRIGGER touched;
  CREATE POLICY own ON users USING (n > 0);
  CREATE RULE keep AS ON DELETE TO items DO INSTEAD NOTHING;
  CREATE STATISTICS by_name ON name, plan FROM users`;

const STATEMENTS = [
  'CREATE OR REPLACE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS $$SELECT n + n$$',
  'CREATE OR REPLACE FUNCTION twice(n int DEFAULT 4) RETURNS int LANGUAGE sql AS $$SELECT n + n$$',
  'CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN OLD; END$$',
  'CREATE FUNCTION more(m mood, w word[]) RETURNS int LANGUAGE sql AS $$SELECT 1$$',
  'ALTER FUNCTION twice(int) STRICT IMMUTABLE',
  'ALTER FUNCTION twice(int) RENAME TO doubled',
  'ALTER FUNCTION twice SET SCHEMA attic',
  'ALTER FUNCTION more(mood, word[]) STABLE',
  'DROP FUNCTION twice(int)',
  'DROP FUNCTION more(mood, word[])',
  "COMMENT ON FUNCTION twice IS 'again'",
  'GRANT EXECUTE ON FUNCTION twice TO pg_monitor WITH GRANT OPTION',
  'GRANT EXECUTE ON FUNCTION twice TO PUBLIC',
  'CREATE OR REPLACE VIEW visitors AS SELECT id, name FROM users WHERE n > 0',
  'CREATE OR REPLACE VIEW visitors AS SELECT id, name, plan FROM users',
  "ALTER VIEW visitors ALTER name SET DEFAULT 'x'",
  'ALTER VIEW visitors SET (security_invoker = false)',
  'ALTER VIEW visitors RENAME TO guests',
  'GRANT SELECT, UPDATE (id) ON visitors TO pg_monitor',
  'REVOKE ALL ON visitors FROM pg_monitor',
  'COMMENT ON COLUMN visitors.name IS NULL',
  "COMMENT ON VIEW visitors IS 'who was there'",
  'DROP VIEW names',
  'DROP VIEW names, visitors',
  'CREATE VIEW names AS SELECT id AS name FROM items',
  'DROP MATERIALIZED VIEW counts',
  "COMMENT ON INDEX counts_plan IS 'by plan'",
  'ALTER MATERIALIZED VIEW counts SET (fillfactor = 50)',
  'CREATE MATERIALIZED VIEW totals AS SELECT sum(n) FROM users',
  'CREATE OR REPLACE TRIGGER touched AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()',
  'ALTER TABLE users ENABLE ALWAYS TRIGGER touched',
  'ALTER TRIGGER touched ON users RENAME TO handled',
  'DROP TRIGGER touched ON users',
  'CREATE TRIGGER more BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION touch()',
  "COMMENT ON TRIGGER touched ON users IS 'sleeps'",
  'ALTER POLICY own ON users USING (n > 1)',
  'ALTER POLICY own ON users RENAME TO mine',
  'DROP POLICY own ON users',
  'CREATE POLICY own ON users USING (n > 3)',
  'CREATE OR REPLACE RULE keep AS ON DELETE TO items WHERE OLD.id > 3 DO INSTEAD NOTHING',
  'DROP RULE keep ON items',
  'CREATE RULE keep AS ON DELETE TO items DO INSTEAD NOTHING',
  'ALTER STATISTICS by_name SET STATISTICS 9',
  'DROP STATISTICS by_name',
  "ALTER TYPE mood RENAME VALUE 'low' TO 'sad'",
  'ALTER TYPE mood RENAME TO feeling',
  'ALTER TYPE mood SET SCHEMA attic',
  'DROP TYPE mood',
  "CREATE TYPE mood AS ENUM ('other')",
  'ALTER TYPE pair ADD ATTRIBUTE z int',
  'ALTER TYPE pair RENAME ATTRIBUTE x TO first',
  'DROP TYPE pair',
  "ALTER DOMAIN word SET DEFAULT 'v'",
  'ALTER DOMAIN word DROP DEFAULT',
  'ALTER DOMAIN word SET NOT NULL',
  'ALTER DOMAIN word DROP NOT NULL',
  'ALTER DOMAIN word ADD CHECK (length(VALUE) < 8)',
  'ALTER DOMAIN word DROP CONSTRAINT short',
  "COMMENT ON CONSTRAINT short ON DOMAIN word IS 'so it is'",
  'ALTER DOMAIN word RENAME CONSTRAINT short TO brief',
  'DROP DOMAIN word',
  'ALTER SEQUENCE numbers INCREMENT 7 CYCLE',
  'ALTER SEQUENCE numbers OWNED BY NONE',
  "COMMENT ON TABLE users IS 'people'",
  "COMMENT ON TABLE users IS 'persons'",
  'GRANT SELECT, UPDATE (name) ON users TO pg_monitor',
  'GRANT INSERT ON users TO PUBLIC',
  "CREATE TYPE fresh AS ENUM ('a'); ALTER TYPE fresh ADD VALUE 'b'",
  "ALTER TYPE fresh RENAME VALUE 'a' TO 'c'",
  'DROP TYPE fresh',
  "CREATE DOMAIN short_word AS word DEFAULT 'x' CHECK (length(VALUE) < 5)",
  'ALTER DOMAIN short_word ADD CONSTRAINT more CHECK (length(VALUE) > 1)',
  'DROP DOMAIN short_word',
  'CREATE SEQUENCE fresh_numbers; GRANT USAGE ON SEQUENCE fresh_numbers TO PUBLIC',
  'CREATE MATERIALIZED VIEW fresh_counts AS SELECT n FROM users; CREATE INDEX fresh_n ON fresh_counts (n)',
  "COMMENT ON INDEX fresh_n IS 'n'",
  'DROP MATERIALIZED VIEW fresh_counts',
  'CREATE OR REPLACE VIEW fresh_view AS SELECT id FROM visitors',
  "CREATE OR REPLACE VIEW fresh_view AS SELECT id, 'x' AS x FROM visitors; COMMENT ON COLUMN fresh_view.x IS 'x'",
  'DROP VIEW fresh_view',
  "CREATE OR REPLACE FUNCTION fresh(a mood) RETURNS int LANGUAGE sql AS 'SELECT 3'",
  'ALTER FUNCTION fresh STRICT; ALTER FUNCTION fresh OWNER TO pg_monitor',
  'DROP FUNCTION fresh',
  'CREATE EXTENSION citext; DROP EXTENSION citext',
  'CREATE SCHEMA more',
  'DROP SCHEMA attic',
  'ALTER SCHEMA attic RENAME TO loft',
  'ALTER TABLE items RENAME COLUMN name TO called',
  'ALTER TABLE users RENAME TO people',
];

const [SEQUENCES, LENGTH] = [60, 10];
/** The same on every machine, unless another is asked for. */
const SEED = Number(process.env['LOCKSTEP_SEED'] ?? 20_261_121);
const grammar = await loadGrammar();

for (const major of [18, 15] as const) {
  const { database, query } = await testDatabase({ major });
  await query(SCHEMA);

  describe(`on server ${major}`, () => {
    it('takes every sequence back', async () => {
      const next = random(SEED + major);
      const used = new Map<string, number>();
      const wrong: string[] = [];
      for (let sequence = 0; sequence < SEQUENCES; sequence++) {
        const texts = Array.from({ length: LENGTH }, () => STATEMENTS[next(STATEMENTS.length)]!);
        const undone = new Error('rolled back');
        const run = database.transaction(async (session) => {
          const found = await thereAndBack(session, texts, used);
          if (found !== undefined) wrong.push(found);
          throw undone;
        });
        await expect(run).rejects.toBe(undone);
      }
      process.stderr.write(`${major}: ${used.size} of ${STATEMENTS.length} statements ran, ${sum(used)} in all\n`);
      expect(wrong).toEqual([]);
      expect(used.size).toBeGreaterThan(STATEMENTS.length * 0.8);
    });
  });
}

async function thereAndBack(
  session: Session,
  texts: readonly string[],
  used: Map<string, number>,
): Promise<string | undefined> {
  const before = await readFingerprint(session);
  let catalog = await readCatalog(session);
  const done: { readonly text: string; readonly operations: readonly StatementOperation[] }[] = [];
  for (const text of texts) {
    const lowered = lower(text, catalog);
    if (lowered === undefined || !(await isRun(session, lowered.operations))) continue;
    catalog = applyEffects(catalog, lowered.effects);
    done.push({ text, operations: lowered.operations });
    used.set(text, (used.get(text) ?? 0) + 1);
  }
  const told = done.map(({ text }) => text).join('; ');
  for (const operation of done.flatMap(({ operations }) => operations).reverse()) {
    if (operation.reversal.kind !== 'operations') continue;
    for (const back of operation.reversal.operations as readonly StatementOperation[])
      for (const { sql } of back.statements) {
        try {
          await session.query(sql);
        } catch (error) {
          return `${told} | back: ${sql}: ${String(error)}`;
        }
      }
  }
  const lines = diffFingerprints(before, await readFingerprint(session)).map(({ line }) => line);
  return lines.length === 0 ? undefined : `${told} | ${lines.join('; ')}`;
}

/** Undefined where it is refused, or has no way back. */
function lower(text: string, catalog: CatalogSnapshot): ReturnType<typeof shaped> | undefined {
  const problems: unknown[] = [];
  const allow = { breaks_readers: 'x', data_loss: 'x', blocks_writes: 'x' };
  const context = {
    ...{ step: 's', path: [], schema: 'public', rollback: { kind: 'auto' }, catalog, grammar, statementsOf, allow },
    ...{ locate: () => undefined, locateWithin: () => undefined, report: (problem: unknown) => problems.push(problem) },
  } as unknown as LowerContext;
  const fragment = lowerDdl(
    statementsOf(text),
    context,
    (code) => code !== 'LS6205' && problems.push(code),
    () => undefined,
  );
  return problems.length > 0 || fragment.operations.length === 0 ? undefined : shaped(fragment);
}

function shaped({ operations, effects }: ReturnType<typeof lowerDdl>): {
  readonly operations: readonly StatementOperation[];
  readonly effects: typeof effects;
} {
  return { operations: operations as readonly StatementOperation[], effects };
}

async function isRun(session: Session, operations: readonly StatementOperation[]): Promise<boolean> {
  await session.query('SAVEPOINT before_it');
  try {
    for (const { sql } of operations.flatMap(({ statements }) => statements)) await session.query(sql);
    return true;
  } catch {
    await session.query('ROLLBACK TO before_it');
    return false;
  }
}

function statementsOf(sql: string): readonly ParsedStatement[] {
  const read = grammar.statements(sql);
  if (isSyntaxError(read)) throw new Error(`${read.message}: ${sql}`);
  return read;
}

/** A linear congruential generator: its high bits are random enough. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
