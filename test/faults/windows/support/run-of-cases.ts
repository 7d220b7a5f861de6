/** The run over all cases of a database: how it gets from one stand to the next, and where that leaves the tables. */
import type { CommandResult } from '../../../../src/commands/command-result.js';
import type { RollbackReport } from '../../../../src/commands/rollback.js';
import type { RunEvent } from '../../../../src/executor/run-event.js';
import type { Database } from '../../../../src/executor/session.js';
import type { TestDatabase } from '../../../support/database.js';
import type { ChangeGraph } from '../../seeds/wrong-graphs.js';
import { apply, beginWith, rollback, type WrittenPlan } from '../../support/run-plan.js';
import type { Stand } from './scenarios.js';
import type { Case } from './stage.js';
import { endedOperations } from './watch.js';

/**
 * Ids of the operations whose end is that stand, by what they begin with, and how many there are of each case (one); null: the
 * last one of its way.
 */
const LAST: Readonly<Record<Exclude<Stand, 'nothing'>, readonly ['there' | 'back', string | null, number?]>> = {
  open: ['there', 'in-step/open'],
  filled: ['there', 'fill/fill/'],
  joined: ['there', 'fill/join/in-step'],
  proved: ['there', 'proof/'],
  watched: ['there', 'flip/watch/', 2],
  'cut over': ['there', 'flip/unwatch'],
  closed: ['there', null],
  'cut back': ['back', 'undo/flip/cutover'],
  leaving: ['back', 'undo/in-step/leave'],
  'taken away': ['back', 'undo/in-step/take-away/'],
  gone: ['back', null],
};

/** Every case has its batch at the same time. */
const ALL_AT_ONCE = 64;

export interface RunOfCases {
  /** Rejects where it does not get there. */
  readonly goTo: (stand: Stand) => Promise<void>;
  /** Whether the run has done what stands for this case on the way to a stand; of operations over all cases, whether they are done. */
  readonly hasDone: (stand: Stand, one: Case) => Promise<boolean>;
}

export async function beginRun(plan: WrittenPlan, database: Database, change: ChangeGraph): Promise<void> {
  await beginWith(plan, database, (graph) => {
    const changed = change(graph);
    return { ...changed, limits: { ...changed.limits, workers: ALL_AT_ONCE } };
  });
}

export function runOfCases(
  plan: WrittenPlan,
  test: { readonly database: Database; readonly query: TestDatabase['query'] },
  cases: readonly Case[],
): RunOfCases {
  return {
    async goTo(stand) {
      if (stand === 'nothing') return;
      const [way, last, ofEach = 1] = LAST[stand];
      const controller = new AbortController();
      let ended = 0;
      const wanted = last?.endsWith('/') === true ? cases.length * ofEach : 1;
      const observe = (event: RunEvent): void => {
        if (last === null || event.type !== 'operation' || event.to !== 'done') return;
        if (isOf(event.operation, last) && ++ended === wanted) controller.abort();
      };
      const given = { observe, stop: controller.signal };
      const result = await (way === 'there' ? apply : rollback)(plan, test.database, given);
      const wrong =
        last === null ? endOf(result) : ended >= wanted ? [] : [`did not get as far as "${stand}": ${told(result)}`];
      if (wrong.length > 0) throw new Error(wrong.join('; '));
    },
    async hasDone(stand, { n }) {
      const last = stand === 'nothing' ? null : LAST[stand][1];
      if (last === null) return false;
      const ended = await endedOperations(test);
      return ended.has(last) || ended.has(`${last}m${n}`);
    },
  };
}

function isOf(operation: string, last: string): boolean {
  return last.endsWith('/') ? operation.startsWith(last) : operation === last;
}

function endOf(result: CommandResult<unknown>): readonly string[] {
  const { drift } = (result.report ?? {}) as Partial<RollbackReport>;
  if (result.exit !== 0) return [told(result)];
  return (drift ?? []).map((line) => `left behind: ${line}`);
}

function told({ exit, diagnostics }: CommandResult<unknown>): string {
  return [`exit ${exit}`, ...diagnostics.map(({ code, detail }) => `${code} ${detail}`)].join(' ').slice(0, 600);
}
