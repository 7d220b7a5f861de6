/** What the demo tells while it runs, in the order in which a person at a terminal would see it. Rendering belongs to the cli. */
import type { RunEvent } from '../executor/run-event.js';
import type { OperationGraph } from '../operation/operation-graph.js';
import type { PlanReport } from '../report/plan-report.js';
import type { ApplyReport } from './apply.js';
import type { ApproveReport } from './approve.js';
import type { CommandResult } from './command-result.js';
import type { RollbackReport } from './rollback.js';
import type { StatusReport } from './status.js';
import type { ValidateReport } from './validate.js';
import type { VerifyReport } from './verify.js';

export type DemoEvent =
  /** A sentence about what the demo itself does. */
  | { readonly type: 'note'; readonly text: string }
  /** What a person would type, without a connection; it is run next. */
  | { readonly type: 'command'; readonly command: string }
  /** A run begins or goes on, or its way back does: what `progress` is about. */
  | { readonly type: 'begin'; readonly graph: OperationGraph; readonly resumed: boolean }
  | { readonly type: 'progress'; readonly event: RunEvent }
  /** The way back, before it is taken. */
  | { readonly type: 'way back'; readonly report: PlanReport }
  | ({ readonly type: 'result' } & DemoResult);

/** What a command came to, to be shown as that command shows it. */
export type DemoResult =
  | { readonly of: 'validate'; readonly result: CommandResult<ValidateReport> }
  | { readonly of: 'plan'; readonly result: CommandResult<PlanReport> }
  | { readonly of: 'apply'; readonly result: CommandResult<ApplyReport> }
  | { readonly of: 'approve'; readonly result: CommandResult<ApproveReport> }
  | { readonly of: 'verify'; readonly result: CommandResult<VerifyReport> }
  | { readonly of: 'status'; readonly result: CommandResult<StatusReport> }
  | { readonly of: 'rollback'; readonly result: CommandResult<RollbackReport> };
