/**
 * The statement of a way back that takes rows of ours away, and nobody else's. Who refers to a row is asked of the server while
 * the way back runs (`lockstep.referring_rows`), also in tables that came later: a row that a row of others refers to stays, and
 * so does what that row refers to. Rows of ours that refer to each other (a tree, a circle) go in one statement, so that no
 * foreign key is asked in between; the server would refuse the parent first, or take rows of others along.
 *
 * The rows are locked before it is asked who refers to them: behind the lock nobody can begin to.
 */
import { quoteLiteral } from '../sql/identifier.js';
import { RANGE } from './batch-template.js';

/** Rows of one table that a way back may take away. */
export interface Takeable {
  /** Qualified and quoted. */
  readonly table: string;
  readonly partitioned: boolean;
  /** Which of its rows are asked about at all; empty: all. */
  readonly condition: string;
  /** More columns of a row of the table, SQL; each `… AS lockstep_…`. */
  readonly marks: readonly string[];
  /** Columns of a row `c` that has those, SQL; each `… AS lockstep_…`. */
  readonly judgement: readonly string[];
  /** Condition on a row `c` that has all of them, never NULL: it is ours, and goes where nobody refers to it. */
  readonly goes: string;
}

export interface TakeAway {
  readonly rows: Takeable;
  /** What may refer to its rows and goes as well, also of the same table. */
  readonly with: readonly Takeable[];
  /** Of a row `c` that does not go: which are counted as kept, and what is said of each (SQL of a text; NULL: it is skipped). */
  readonly kept: string;
  /** Columns of a kept row that are shown, quoted; null: all that the table has. */
  readonly shown: readonly string[] | null;
}

const OWN_COLUMNS = ['lockstep_row', 'lockstep_table', 'lockstep_goes', 'lockstep_what'] as const;

export function takeAwayText({ rows, with: others, kept, shown }: TakeAway): string {
  const { table } = rows;
  const alike = others.filter((one) => one.table === table);
  const beside = [...new Set(others.map((one) => one.table))].filter((one) => one !== table);
  const own = [...new Set([table, ...beside])].map((one) => `pg_catalog.to_regclass(${quoteLiteral(one)})::oid`);
  const list = others.map((one, index) => judgedDependents(one, index + 1)).join('');
  const going = ['judged', ...others.map((_, index) => `judged_${index + 1}`)].map(
    (from) => `SELECT lockstep_table AS relation, lockstep_row AS place FROM ${from} WHERE lockstep_goes`,
  );
  const removals = beside.map(
    (one, index) => `, removed_${index + 1} AS (
${removal(one, others.find((other) => other.table === one)!.partitioned)}
)`,
  );
  const hidden = [...OWN_COLUMNS, ...[...rows.marks, ...rows.judgement].map(nameOfMark)];
  return `WITH RECURSIVE candidate AS MATERIALIZED (
${selectMarked(rows)}${whereAll(rows.condition, RANGE)}
FOR UPDATE
), judged AS MATERIALIZED (
${judged(rows, 'candidate')}
), edge AS MATERIALIZED (
SELECT e.* FROM (SELECT pg_catalog.array_agg(lockstep_table) AS tables, pg_catalog.array_agg(lockstep_row) AS places FROM judged WHERE lockstep_goes) AS c
CROSS JOIN LATERAL lockstep.referring_rows(ARRAY[${own.join(', ')}], c.tables, c.places) AS e
)${list}, goes AS MATERIALIZED (
${going.join('\nUNION ALL ')}
), stays AS (
SELECT e.of_relation AS relation, e.of_place AS place FROM edge AS e
WHERE NOT EXISTS (SELECT FROM goes AS g WHERE g.relation = e.relation AND g.place = e.place)
UNION
SELECT e.of_relation, e.of_place FROM edge AS e JOIN stays AS s ON s.relation = e.relation AND s.place = e.place
), going AS MATERIALIZED (
SELECT relation, place FROM goes EXCEPT SELECT relation, place FROM stays
), removed AS (
${removal(table, rows.partitioned)}
)${removals.join('')}, told AS (
SELECT c.*, CASE WHEN c.lockstep_goes THEN 'kept: others refer to it' ELSE ${kept} END AS lockstep_what FROM judged AS c
WHERE NOT EXISTS (SELECT FROM going AS g WHERE g.relation = c.lockstep_table AND g.place = c.lockstep_row)
)
SELECT (SELECT count(*) FROM candidate) AS read, ${['removed', ...beside.map((_, index) => `removed_${index + 1}`)].map((from) => `(SELECT count(*) FROM ${from})`).join(' + ')} AS changed,
  (SELECT count(*) FROM told WHERE lockstep_what IS NULL) AS skipped, (SELECT count(*) FROM told WHERE lockstep_what IS NOT NULL) AS kept,
  (SELECT json_agg(json_build_object('what', o.lockstep_what, 'row', ${shownRow(shown, hidden)})) FROM (SELECT * FROM told WHERE lockstep_what IS NOT NULL LIMIT 10) AS o) AS findings,
  NULL::json AS problem`;

  function judgedDependents(one: Takeable, number: number): string {
    // What is a candidate itself was judged already; of several mappings of one table each asks about its own rows.
    const notMet = alike.includes(one)
      ? 'NOT EXISTS (SELECT FROM candidate AS k WHERE k.lockstep_table = d.lockstep_table AND k.lockstep_row = d.lockstep_row)'
      : '';
    return `, dependent_${number} AS MATERIALIZED (
SELECT d.* FROM (
${selectMarked(one)}${whereAll(one.condition, `${one.table}.ctid = ANY (ARRAY(SELECT place FROM edge WHERE place IS NOT NULL))`)}
) AS d${whereAll('EXISTS (SELECT FROM edge AS e WHERE e.relation = d.lockstep_table AND e.place = d.lockstep_row)', notMet)}
), judged_${number} AS MATERIALIZED (
${judged(one, `dependent_${number}`)}
)`;
  }
}

function selectMarked({ table, marks }: Takeable): string {
  return `SELECT ${[`${table}.*`, `${table}.ctid AS lockstep_row`, `${table}.tableoid AS lockstep_table`, ...marks].join(', ')}
FROM ${table}`;
}

/**
 * By their places, which their locks hold: statistics of a table that was just filled say that it is empty, and a join of a batch
 * with itself went over every pair (measured: 31 s for 5,000 rows). Two partitions have rows at the same place; IS TRUE keeps that
 * question from becoming a join.
 */
function removal(table: string, partitioned: boolean): string {
  const leaf = partitioned ? `((${table}.tableoid, ${table}.ctid) IN (SELECT relation, place FROM going)) IS TRUE` : '';
  const mine = partitioned
    ? 'SELECT place FROM going'
    : `SELECT place FROM going WHERE relation = ${quoteLiteral(table)}::pg_catalog.regclass`;
  return `DELETE FROM ${table}${whereAll(`${table}.ctid = ANY (ARRAY(${mine}))`, leaf)}
RETURNING 1`;
}

function judged({ judgement, goes }: Takeable, from: string): string {
  return `SELECT c.*, ${goes} AS lockstep_goes FROM (
SELECT c.*, ${judgement.join(',\n  ')}
FROM ${from} AS c
OFFSET 0
) AS c`;
}

function nameOfMark(text: string): string {
  return / AS (lockstep_\w+)$/.exec(text)![1]!;
}

function shownRow(shown: readonly string[] | null, hidden: readonly string[]): string {
  if (shown === null) return `to_jsonb(o.*) - ARRAY[${[...new Set(hidden)].map(quoteLiteral).join(', ')}]`;
  return `to_jsonb((SELECT s FROM (SELECT ${shown.map((name) => `o.${name}`).join(', ')}) AS s))`;
}

function whereAll(...conditions: readonly string[]): string {
  const given = conditions.filter((condition) => condition !== '');
  return given.length === 0 ? '' : `\nWHERE ${given.join(' AND ')}`;
}
