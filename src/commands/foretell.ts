/** What a dry run finds of what the run would ask before it changes anything: counted in a READ ONLY transaction, never refused here. */
import type { Plan } from '../document/plan.js';
import { ask } from '../executor/ask.js';
import { DatabaseError, type Database, type Session } from '../executor/session.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { CheckOperation, Operation } from '../operation/operation.js';
import type { CompiledPlan } from '../planner/compile-plan.js';
import { pinSettings } from '../sql/pinned-settings.js';
import { commandDiagnostic } from './command-result.js';

export async function foretell(
  plan: Plan,
  compiled: CompiledPlan | undefined,
  { database }: { readonly database: Database },
): Promise<readonly Diagnostic[]> {
  const operations = compiled?.graph.operations ?? [];
  const asked = operations.filter((one): one is CheckOperation => one.kind === 'check' && one.foretold === true);
  const { searchPath, statementTimeoutMs } = compiled?.graph.limits ?? { searchPath: [], statementTimeoutMs: 0 };
  const found: Diagnostic[] = [];
  for (const operation of asked) {
    if (isMadeBefore(operation, operations)) continue;
    const work = async (session: Session): Promise<Diagnostic | undefined> => {
      await session.query(pinSettings({ searchPath, lockTimeoutMs: 2_000, statementTimeoutMs, runId: '0' }));
      return told(operation, plan, session);
    };
    const one = await database.transaction(work, { readOnly: true }).catch((error: unknown) => {
      if (!(error instanceof DatabaseError) || error.facts.kind !== 'statement') throw error;
      return warning(operation, plan, `${operation.label}: not counted, ${error.message}.`);
    });
    if (one !== undefined) found.push(one);
  }
  return found;
}

/** What an earlier step writes is another one by then. */
function isMadeBefore(asked: CheckOperation, operations: readonly Operation[]): boolean {
  return operations
    .slice(0, operations.indexOf(asked))
    .some(({ kind, writes }) => kind !== 'check' && writes.some((key) => asked.reads.includes(key)));
}

async function told(operation: CheckOperation, plan: Plan, session: Session): Promise<Diagnostic | undefined> {
  const { violations, samples } = await ask(operation.check, session);
  if (violations === 0) return undefined;
  const rows = `${violations.toLocaleString('en')} ${violations === 1 ? 'row' : 'rows'}`;
  const detail = [`${operation.label}: ${rows}, expected 0.`, ...samples.map((row) => `  ${JSON.stringify(row)}`)];
  return warning(operation, plan, detail.join('\n'));
}

function warning({ id, effect }: CheckOperation, plan: Plan, detail: string): Diagnostic {
  // A condition that was moved to the beginning belongs to the whole plan, and still has the step in its id.
  const index = plan.steps.findIndex((step) => id.startsWith(`${step.id}/`));
  const span = index === -1 ? undefined : plan.source.spanOf(['steps', index, plan.steps[index]!.kind]);
  const help = effect === 'fail' ? '`apply` would stop here, with nothing changed: repair the rows' : undefined;
  const diagnostic = commandDiagnostic('LS9038', { detail, span, ...(help !== undefined && { help }) });
  return { ...diagnostic, severity: 'warning' };
}
