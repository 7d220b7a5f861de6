/**
 * To which operation of a graph a text belongs, and which part of it: made from the graph by the very functions that make the
 * executor's texts, and from a list of what the executor asks for itself. A text that nobody knows is refused, not guessed.
 */
import type { BatchOperation, Operation } from '../../../src/operation/operation.js';
import type { OperationGraph } from '../../../src/operation/operation-graph.js';
import { WITHOUT_OTHER_TIMEOUTS } from '../../../src/sql/pinned-settings.js';
import {
  cutKeys,
  endOfBatch,
  keyCondition,
  keysOfRange,
  rangeCondition,
  rowAsJson,
  topKey,
} from '../../../src/sql/key-range.js';
import type { PlaceOf } from './memory-server.js';
import type { Place } from './script.js';

/** Of no operation, or of that of the statement before. */
const OWN_QUESTIONS: readonly (readonly [RegExp, string])[] = [
  [/^LOCK TABLE /, 'lock table'],
  [/^SELECT pg_catalog\.pg_backend_pid\(\) AS pid$/, 'pid'],
  [/clock_timestamp\(\)\)\)::bigint AS ms$/, 'clock'],
  [/^SELECT pg_catalog\.to_char\(pg_catalog\.clock_timestamp\(\)/, 'time'],
  [/^SELECT greatest\(pg_relation_size\(/, 'size'],
  [/pg_blocking_pids/, 'blockers'],
  [/pg_stat_progress_create_index/, 'build progress'],
  [/^select "asked", /, 'asked'],
  [/^SELECT pid, state FROM pg_catalog\.pg_stat_activity/, 'own processes'],
  [/^SELECT pg_catalog\.pg_terminate_backend\(\$1\)$/, 'end process'],
];

/** They vary within a text: `OFFSET 9`. */
const NUMBER = /\b\d+(\.\d+)?\b/g;

export function placesOf(graph: OperationGraph): PlaceOf {
  const exact = new Map<string, Partial<Place>>([[WITHOUT_OTHER_TIMEOUTS, { part: 'settings' }]]);
  const numbered = new Map<string, Partial<Place>>();
  for (const { name, sql } of graph.limits.throttle?.signals ?? [])
    exact.set(sql, { operation: '', part: `signal ${name}` });
  for (const operation of graph.operations) {
    const add = (sql: string, part: string): unknown => exact.set(sql, { operation: operation.id, part });
    const addNumbered = (sql: string, part: string): unknown =>
      numbered.set(sql.replace(NUMBER, '#'), { operation: operation.id, part });
    ofOperation(operation, add);
    if (operation.kind === 'batch') ofBatch(operation, add, addNumbered);
  }
  return (sql) => {
    const own = OWN_QUESTIONS.find(([text]) => text.test(sql));
    return exact.get(sql) ?? numbered.get(sql.replace(NUMBER, '#')) ?? (own && { part: own[1] });
  };
}

type Add = (sql: string, part: string) => unknown;

function ofOperation(operation: Operation, add: Add): void {
  switch (operation.kind) {
    case 'statement': {
      const { statements, assertions, observation } = operation;
      for (const { sql } of statements) add(sql, 'statement');
      for (const { summary } of assertions) add(summary, 'assertion');
      if (observation === null) return;
      add(observation.reached.summary, 'reached');
      if (observation.leftover === null) return;
      add(observation.leftover.absent.summary, 'leftover');
      add(observation.leftover.remove, 'removal');
      return;
    }
    case 'check':
      add(operation.check.summary, 'check');
      return;
    case 'gate':
      for (const { summary } of operation.until ?? []) add(summary, 'check');
      return;
    case 'batch':
  }
}

function ofBatch({ walk, work }: BatchOperation, add: Add, addNumbered: Add): void {
  add(topKey(walk), 'top key');
  add(rowAsJson(walk, 500), 'row');
  for (const percent of [50, 100]) addNumbered(cutKeys(walk, 2, percent), 'cuts');
  const { template, onViolation, lock, rangeOf } = work;
  for (const hasLower of [false, true]) {
    const range = rangeCondition(rangeOf, walk.key, { hasLower });
    add(template.join(range), 'batch');
    if (onViolation !== null) add(onViolation.join(range), 'batch over met rows');
    if (lock !== null) add(lock.join(range), 'row locks');
    add(keysOfRange(walk, { hasLower }), 'keys of range');
    addNumbered(endOfBatch(walk, { hasLower }, 2), 'end of batch');
  }
  add(template.join(keyCondition(rangeOf, walk.key)), 'replay');
}
