/** What does not go through a pooler in transaction mode, found before a run begins, and what is said of any pooler. */
import type { Database } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import { commandDiagnostic } from './command-result.js';

/** The operations of this direction that run outside of transactions, where the way to the database is shared. */
export function refuseOutside(database: Database, { operations }: OperationGraph): readonly Diagnostic[] {
  if (database.way?.pooler !== 'transaction') return [];
  const outside = operations.filter((one) => one.kind === 'statement' && !one.transactional);
  if (outside.length === 0) return [];
  const named = outside.map(({ id, label }) => `\`${id}\` (${label})`);
  const more = named.length > MOST_NAMED ? ` and ${named.length - MOST_NAMED} more` : '';
  const detail = `A pooler in transaction mode lies between, and these run outside of transactions: ${named.slice(0, MOST_NAMED).join(', ')}${more}.`;
  const help = 'name the server itself, not the pooler, with --database-url';
  return [commandDiagnostic('LS9082', { detail, help })];
}

const MOST_NAMED = 10;

/** Said by each command that found one. */
export function poolerWarning(database: Database): readonly Diagnostic[] {
  const pooler = database.way?.pooler ?? 'none';
  if (pooler === 'none') return [];
  const detail =
    pooler === 'transaction'
      ? 'The connection goes through a pooler in transaction mode: all settings are local to transactions, and nothing runs outside of them.'
      : 'The connection goes through a pooler in session mode.';
  const help = 'a run is better off with a connection of its own: name the server itself';
  return [{ ...commandDiagnostic('LS9083', { detail, help }), severity: 'warning' }];
}
