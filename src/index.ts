/** What programs may use: the commands as functions, what they take and return, and the plan's schema. */
export { applyCommand, type ApplyOptions, type ApplyReport } from './commands/apply.js';
export { approveCommand, type ApproveOptions, type ApproveReport } from './commands/approve.js';
export { EXIT, type CommandResult, type ExitCode } from './commands/command-result.js';
export { planCommand, planForSchemaCommand, type PlanForSchemaOptions, type PlanOptions } from './commands/plan.js';
export { replayCommand, type ReplayOptions, type ReplayReport } from './commands/replay.js';
export { rollbackCommand, type RollbackOptions, type RollbackReport } from './commands/rollback.js';
export { statusCommand, type StatusOptions, type StatusReport } from './commands/status.js';
export { validateCommand, type ValidateOptions, type ValidateReport } from './commands/validate.js';
export { verifyCommand, type VerifyOptions, type VerifyReport } from './commands/verify.js';
export type { TargetChoice } from './document/check-targets.js';
export { planSchema } from './document/plan-schema.js';
export type { RunEvent } from './executor/run-event.js';
export { DatabaseError, type Database, type Session } from './executor/session.js';
export type { Diagnostic } from './kernel/diagnostic.js';
export type { OperationGraph } from './operation/operation-graph.js';
export type { Operation } from './operation/operation.js';
export { PgDatabase } from './postgres/pg-database.js';
export type { PlanReport } from './report/plan-report.js';
