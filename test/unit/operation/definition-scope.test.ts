import { describe, expect, it } from 'vitest';

import { definitionScope } from '../../../src/operation/definition-scope.js';
import { IS_A_WAY_BACK, type StatementOperation } from '../../../src/operation/operation.js';

const TOUCHED = ['public.child', 'public.t', 'public.u'];

function statement(sql: string, given: Partial<StatementOperation> = {}): StatementOperation {
  return {
    ...{ kind: 'statement', id: 's', step: 's', label: 's', reads: ['public.u'], writes: ['public.t'], locks: [] },
    ...{ barrier: true, after: [], skipWhen: [], hazards: [], reversal: IS_A_WAY_BACK, transactional: true },
    ...{ unlimited: false, lockFirst: [], assertions: [], observation: null },
    statements: [{ sql, parameters: [] }],
    ...given,
  };
}

describe('what a barrier may have changed', () => {
  it.each([
    'ALTER TABLE t ADD FOREIGN KEY (u) REFERENCES u ON DELETE CASCADE',
    '-- a dump says what follows\n/* and so on */ CREATE UNIQUE INDEX i ON t (a)',
    'CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, b int GENERATED ALWAYS AS (a + 1) STORED)',
    `CREATE OR REPLACE FUNCTION t() RETURNS void LANGUAGE sql AS 'DROP TABLE x CASCADE'`,
    'CREATE VIEW t AS SELECT 1',
    'DROP TABLE t',
    `COMMENT ON TABLE t IS 'x'`,
  ])('is what it names: %s', (sql) => {
    expect(definitionScope(statement(sql), TOUCHED)).toEqual(['public.t']);
  });

  it.each([
    'DROP TABLE t CASCADE',
    'ALTER TABLE t DROP a CASCADE',
    'CREATE TABLE t AS SELECT f()',
    'CREATE TABLE t AS (VALUES (f()))',
    'CREATE MATERIALIZED VIEW t AS SELECT f()',
    'ALTER TYPE mood RENAME TO humour',
    'ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b',
    'DO $$ BEGIN END $$',
    'SELECT f()',
    'INSERT INTO t VALUES (1)',
  ])('may be anything: %s', (sql) => {
    expect(definitionScope(statement(sql), TOUCHED)).toEqual(TOUCHED);
  });
});

describe('what another operation may have changed', () => {
  it('is what it writes, and an index that it locks; not what it reads', () => {
    const locks = [
      { relation: 'public.u', mode: 'ACCESS SHARE' },
      { relation: 'public.t_a', mode: 'SHARE UPDATE EXCLUSIVE' },
    ] as const;
    const operation = statement('ALTER INDEX t_a RENAME TO t_b', { barrier: false, locks });
    expect(definitionScope(operation, TOUCHED)).toEqual(['public.t', 'public.t_a']);
  });

  it('is nothing where it changes rows', () => {
    expect(definitionScope(statement('UPDATE t SET a = 1', { barrier: false }), TOUCHED)).toEqual([]);
    expect(definitionScope(statement('WITH x AS (SELECT 1) DELETE FROM t', { barrier: false }), TOUCHED)).toEqual([]);
  });
});
