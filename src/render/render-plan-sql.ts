/** What a plan sends, as text for psql: a comment per operation, then its statements. */
import type { PlanReport } from '../report/plan-report.js';
import { locksText } from './render-plan.js';

export function renderPlanSql({ plan, digest, direction, operations, throttle }: PlanReport): string {
  const title = direction === 'apply' ? 'Plan' : 'Way back of';
  const head = [
    comment(`${title} ${plan}, digest ${digest}`),
    comment('What each operation sends. lockstep itself also keeps its journal, and checks before and after.'),
  ];
  const parts = operations.map(({ id, label, locks, sql, undoOperations }) => {
    const held = locks.length === 0 ? [] : [comment(`locks: ${locksText(locks)}`)];
    const statements = statementTexts(sql);
    return [
      comment(`${id}: ${label}`),
      ...held,
      ...(statements.length === 0 ? [comment('nothing is sent')] : statements),
      ...undoOperations.flatMap((undo) => [
        comment(`undo: ${undo.label}`),
        ...undo.sql.flatMap((text) => text.split('\n')).map((line) => `--   ${line}`),
      ]),
    ];
  });
  const read = (throttle?.signals ?? []).map(({ name, sql }) => [
    comment(`throttle ${name}: read every second while the plan is run`),
    ...statementTexts([sql]),
  ]);
  return [head, ...read, ...parts].map((lines) => lines.join('\n')).join('\n\n') + '\n';
}

/** Each ended; what is only a comment stays one. */
export function statementTexts(sql: readonly string[]): readonly string[] {
  return sql.map((text) => (/^\s*--[^\n]*$/.test(text) ? text : terminated(text)));
}

/** A label with a line feed would leave its comment. */
function comment(text: string): string {
  return `-- ${text.replaceAll(/[\r\n]+/g, ' ')}`;
}

/** On a line of its own where a comment ends the text. */
function terminated(sql: string): string {
  const text = sql.trimEnd();
  if (text.endsWith(';')) return text;
  return /--[^\n]*$/.test(text) ? `${text}\n;` : `${text};`;
}
