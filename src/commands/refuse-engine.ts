/** Servers that speak PostgreSQL and are not one PostgreSQL: refused by name where a plan is compiled, for what does not hold there. */
import type { Session } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import { touchedThereAndBack } from '../operation/definition-scope.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { ANYTHING } from '../operation/operation.js';
import { distributedTables, otherEngine } from '../postgres/engine.js';
import { commandDiagnostic } from './command-result.js';

/** Before the catalog is read: another engine may not even have all of it. */
export async function refuseOtherEngine(session: Session): Promise<readonly Diagnostic[]> {
  const engine = await otherEngine(session);
  if (engine === undefined) return [];
  const detail = `The server is ${engine.name}: ${engine.why}.`;
  return [commandDiagnostic('LS9080', { detail, help: 'run the plan on PostgreSQL 15 to 18' })];
}

/** Citus, in a database with both: what touches only tables of this one server is as it is anywhere. */
export async function refuseDistributed(
  session: Session,
  graph: OperationGraph,
  known: readonly Diagnostic[],
): Promise<readonly Diagnostic[]> {
  const distributed = await distributedTables(session);
  if (distributed.size === 0) return [];
  // LS6304: code of the database is run, and may write to any of them.
  const unknown =
    known.some(({ code }) => code === 'LS6304') ||
    graph.operations.some(({ reads, writes }) => [...reads, ...writes].includes(ANYTHING));
  const met = unknown ? [...distributed].sort() : touchedThereAndBack(graph).filter((key) => distributed.has(key));
  if (met.length === 0) return [];
  const tables = met.map((key) => `\`${key}\``).join(', ');
  const detail = `${unknown ? 'It cannot be known what a step touches, and Citus' : 'Citus'} keeps ${tables} as distributed tables.`;
  const help =
    'the way back tells our rows by their transaction id, which there is one of a worker; use Citus itself, or a table of this server';
  return [commandDiagnostic('LS9081', { detail, help })];
}
