/**
 * What a plan sends, whole, for a person: operation by operation, the way back beneath. Owns what stands where and what is said
 * twice; the layout of a statement belongs to `lay-out-sql.ts`.
 */
import type { CheckQuery } from '../../../src/operation/check-query.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import type { BatchOperation, BatchTemplate, Operation, StatementOperation } from '../../../src/operation/operation.js';
import { rangeCondition } from '../../../src/sql/key-range.js';
import { layOutSql } from './lay-out-sql.js';

/** Each text of SQL with what it is there for. */
export interface SentSql {
  readonly role: string;
  readonly sql: string;
}

export interface ShownSql {
  /** What the plan is an example of. */
  readonly about: string;
  /** Ids of the operations that are shown, with their way back. */
  readonly shows: RegExp;
}

export function sqlText(graph: OperationGraph, { about, shows }: ShownSql): string {
  const known = new Map<string, string>();
  const shown = graph.operations.filter(({ id }) => shows.test(id)).flatMap(withWayBack);
  // Operations of one step may share a way back.
  const once = [...new Map(shown.map((operation) => [operation.id, operation])).values()];
  const sections = once.map((operation) => sectionText(operation, known)).filter((text) => text !== undefined);
  const head = `-- ${about}\n-- The plan is \`${graph.plan}.yaml\`; bounds of a range are parameters.`;
  return `${[head, ...sections].join('\n\n')}\n`;
}

export function withWayBack(operation: Operation): readonly Operation[] {
  const { reversal } = operation;
  return [operation, ...(reversal.kind === 'operations' ? reversal.operations : [])];
}

/** Undefined where nothing is sent. A long text that stood above is not said again. */
function sectionText(operation: Operation, known: Map<string, string>): string | undefined {
  const { id, kind, label } = operation;
  const sent = sentBy(operation);
  if (sent.length === 0) return undefined;
  const title = `${'-'.repeat(100)}\n-- ${kind} ${id}: ${label.replaceAll('\n', ' ')}`;
  const parts = sent.map(({ role, sql }, index) => {
    const place = known.get(sql);
    if (place !== undefined) return `\n\n-- ${role}: as ${place}`;
    if (sql.length > 200) known.set(sql, id);
    const before = sent[index - 1];
    const isNext = before?.role === role;
    const heading = isNext ? '' : `\n\n-- ${role}`;
    // Short statements stand together.
    const isShort = isNext && !before.sql.includes('\n') && sql.length <= 120 && before.sql.length <= 120;
    return `${heading}${isNext && !isShort ? '\n' : ''}\n${layOutSql(sql)};`;
  });
  return `${title}${parts.join('')}`;
}

export function sentBy(operation: Operation): readonly SentSql[] {
  switch (operation.kind) {
    case 'statement':
      return sentByStatement(operation);
    case 'batch':
      return sentByBatch(operation);
    case 'check':
      return [{ role: 'check', sql: operation.check.summary }];
    case 'gate':
      return (operation.until ?? []).map(({ summary }) => ({ role: 'until', sql: summary }));
  }
}

function sentByStatement(operation: StatementOperation): readonly SentSql[] {
  const { backlog, assertions, statements, observation, onDuplicate } = operation;
  const check = (role: string, query: CheckQuery | undefined): readonly SentSql[] =>
    query === undefined ? [] : [{ role: `${role}: ${query.name}`, sql: query.summary }];
  const maybe = (role: string, sql: string | null | undefined): readonly SentSql[] =>
    sql == null ? [] : [{ role, sql }];
  return [
    ...(backlog ?? []).flatMap(({ settle, rest }) => [
      { role: 'works off before it locks', sql: settle },
      { role: 'how much is left', sql: rest },
    ]),
    ...assertions.flatMap((query) => check('asserts', query)),
    ...statements.map(({ sql }) => ({ role: 'sends', sql })),
    ...check('has had its effect', observation?.reached),
    ...check('has left nothing', observation?.leftover?.absent),
    ...maybe('takes away what is left', observation?.leftover?.remove),
    ...check('stands in its way', onDuplicate?.found),
    ...maybe('mends that', onDuplicate?.mend),
  ];
}

function sentByBatch({ walk, work }: BatchOperation): readonly SentSql[] {
  const whole = (template: BatchTemplate, key = walk.key): string =>
    template.join(rangeCondition(work.rangeOf, key, { hasLower: true }));
  return [
    ...(work.lock === null ? [] : [{ role: 'locks its rows', sql: whole(work.lock) }]),
    { role: 'sends', sql: whole(work.template) },
    ...(work.onViolation === null ? [] : [{ role: 'after a row that is there', sql: whole(work.onViolation) }]),
    ...Object.entries(work.replay ?? {}).map(([state, { template, key }]) => ({
      role: `replays a row that stands aside, window ${state}`,
      sql: whole(template, key),
    })),
  ];
}
