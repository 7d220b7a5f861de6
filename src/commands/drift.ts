/**
 * Whether the definitions that a run touches are those that are expected at the point where it stands. What is not known is
 * left out: what an operation outside a transaction that is half done may have changed, and what a done one of an older
 * version left, which kept no record.
 */
import { driftFrom, expectedAfter } from '../catalog/expected-definitions.js';
import type { Definitions, FingerprintChange } from '../catalog/fingerprint.js';
import type { OperationRecord } from '../executor/journal.js';
import type { Session } from '../executor/session.js';
import { definitionScope, touchedThereAndBack } from '../operation/definition-scope.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { Operation } from '../operation/operation.js';
import { acceptDrift, recordedDefinitions, type DefinitionsOf } from '../postgres/journal/definitions.js';
import { postgresJournal } from '../postgres/journal/journal.js';
import type { StoredRun } from '../postgres/journal/runs.js';
import { readFingerprintOf } from '../postgres/read-fingerprint.js';
import { isMirrorOfOthers } from '../windows/window-name.js';
import { EXIT, refusal, type CommandResult } from './command-result.js';

/** Keys of all that a run touches. */
export function keysOf(graphs: readonly OperationGraph[]): readonly string[] {
  return [...new Set(graphs.flatMap(touchedThereAndBack))].sort();
}

/**
 * The differences, a line each; empty: go on. Where they are accepted they are written down and from then on expected, and
 * none is returned. In the transaction of a takeover: nobody else writes for the run any more.
 */
export async function unexpectedChanges(
  session: Session,
  run: StoredRun,
  graphs: readonly OperationGraph[],
  accept: boolean,
): Promise<readonly string[]> {
  const keys = keysOf(graphs);
  const records = await recordedDefinitions(session, run.id);
  const states = await postgresJournal.operations(session, run);
  const known = new Set(records.map(({ operation }) => operation));
  const operations = graphs.flatMap((graph) => graph.operations);
  const open = operations
    .filter((operation) => isOpen(operation, stateOf(operation, states), known.has(operation.id)))
    .flatMap((operation) => definitionScope(operation, keys));
  const openNow = await readFingerprintOf(session, open);
  const now = await readFingerprintOf(session, keys);
  const before = JSON.parse(run.fingerprintBefore) as Definitions;
  // An operation may name an index, and mean its table.
  const except = [...new Set([...open, ...Object.values(openNow).flatMap(({ partOf }) => partOf ?? [])])];
  const against = (expected: readonly DefinitionsOf[]): readonly FingerprintChange[] =>
    driftFrom(expectedAfter(before, expected), now, { keys, except }).filter(
      // Another plan's mirrors on a table of ours: it has been told of us, and its run answers for them.
      ({ identity }) => !isMirrorOfOthers(identity, run.plan),
    );
  // What was accepted may also be put back.
  const own = new Set(against(records.filter(({ operation }) => operation !== null)).map(({ identity }) => identity));
  const lines = against(records).flatMap(({ identity, line }) => (own.has(identity) ? [line] : []));
  if (lines.length === 0 || !accept) return lines;
  await acceptDrift(session, run.id, { keys, definitions: now }, lines);
  return [];
}

function stateOf({ id }: Operation, states: readonly OperationRecord[]): OperationRecord['state'] | undefined {
  return states.find((record) => record.id === id)?.state;
}

/** In a transaction, what is not committed has not happened. */
function isOpen(operation: Operation, state: OperationRecord['state'] | undefined, recorded: boolean): boolean {
  if (operation.kind !== 'statement' || recorded) return false;
  if (state === 'done') return true;
  return !operation.transactional && (state === 'running' || state === 'in doubt' || state === 'failed');
}

/** `command` is what the user typed, without the flag. */
export function driftRefusal(
  run: StoredRun,
  lines: readonly string[],
  { command, next }: { readonly command: string; readonly next: readonly string[] },
): CommandResult<never> {
  const more = lines.length > 30 ? [`… and ${lines.length - 30} more`] : [];
  return {
    ...refusal(EXIT.notApproved, 'LS9029', {
      detail: [`What \`${run.name}\` touches is not as it was left:`, ...lines.slice(0, 30), ...more].join('\n'),
      help: `put the definitions back and call the same command again, or accept them as they are with --accept-drift`,
    }),
    next: [...next, `${command} --accept-drift`],
  };
}
