/** The commands of the demo as a person would type them: each is told, run on the demo's database, and its result told. */
import { relative } from 'node:path';

import type { Database } from '../executor/session.js';
import type { PlanReport } from '../report/plan-report.js';
import { applyCommand, type ApplyReport } from './apply.js';
import { approveCommand, type ApproveReport } from './approve.js';
import type { CommandResult } from './command-result.js';
import { DEMO_PLAN, DEMO_PLAN_FILE } from './demo-data.js';
import type { DemoEvent, DemoResult } from './demo-event.js';
import { planCommand } from './plan.js';
import { rollbackCommand, type RollbackReport } from './rollback.js';
import { statusCommand, type StatusReport } from './status.js';
import { validateCommand, type ValidateReport } from './validate.js';
import { verifyCommand, type VerifyReport } from './verify.js';

export interface DemoCommands {
  readonly validate: () => Promise<CommandResult<ValidateReport>>;
  readonly plan: () => Promise<CommandResult<PlanReport>>;
  readonly apply: () => Promise<CommandResult<ApplyReport>>;
  readonly approve: (gate: string) => Promise<CommandResult<ApproveReport>>;
  readonly verify: () => Promise<CommandResult<VerifyReport>>;
  readonly status: () => Promise<CommandResult<StatusReport>>;
  readonly rollback: () => Promise<CommandResult<RollbackReport>>;
}

/** The plan's gate holds for a day; the demo's for no time at all. */
const SET = { soak: '0s' } as const;
const SETTING = '--set soak=0s';

export function demoCommands(
  database: Database,
  { tell, stop }: { readonly tell: (event: DemoEvent) => void; readonly stop: AbortSignal },
): DemoCommands {
  const near = relative(process.cwd(), DEMO_PLAN_FILE);
  const file = near.startsWith('..') ? DEMO_PLAN_FILE : near;
  const input = { file, set: SET, env: {}, database };
  const running = {
    stop,
    observe: (event: Extract<DemoEvent, { type: 'progress' }>['event']): void => tell({ type: 'progress', event }),
    begin: (graph: ApplyReport['graph'], resumed: boolean): void => tell({ type: 'begin', graph, resumed }),
  };
  const type = (command: string): void => tell({ type: 'command', command: `lockstep ${command}` });
  const shown = <Shown extends DemoResult>(result: Shown): Shown['result'] => {
    tell({ type: 'result', ...result });
    return result.result;
  };
  return {
    async validate() {
      type(`validate ${file}`);
      return shown({ of: 'validate', result: await validateCommand({ files: [file], set: SET, env: {} }) });
    },
    async plan() {
      type(`plan ${file} ${SETTING}`);
      return shown({ of: 'plan', result: await planCommand(input) });
    },
    async apply() {
      type(`apply ${file} ${SETTING}`);
      // The plan was shown right before.
      const agree = (): Promise<boolean> => Promise.resolve(true);
      return shown({ of: 'apply', result: await applyCommand({ ...input, ...running, agree }) });
    },
    async approve(gate) {
      type(`approve ${file} --gate ${gate}`);
      const options = { database, run: DEMO_PLAN, argument: file, gate, comment: 'in the demo' };
      return shown({ of: 'approve', result: await approveCommand(options) });
    },
    async verify() {
      type(`verify ${file} ${SETTING}`);
      return shown({ of: 'verify', result: await verifyCommand({ ...input, onlySql: false }) });
    },
    async status() {
      type(`status ${DEMO_PLAN}`);
      return shown({ of: 'status', result: await statusCommand({ database, run: DEMO_PLAN }) });
    },
    async rollback() {
      type(`rollback ${file}`);
      const agree = (report: PlanReport): Promise<boolean> => {
        tell({ type: 'way back', report });
        return Promise.resolve(true);
      };
      const options = { database, run: DEMO_PLAN, argument: file, onlyShow: false, agree, ...running };
      return shown({ of: 'rollback', result: await rollbackCommand(options) });
    },
  };
}
