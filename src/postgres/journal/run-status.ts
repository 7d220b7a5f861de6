/**
 * Where a run can stand, and how it gets there. `stopped` is a stop from outside, `failed` its own error; what a killed
 * process leaves behind says `running` or `rolling back`, until somebody takes it over.
 */
export type RunStatus =
  'running' | 'waiting' | 'blocked' | 'stopped' | 'failed' | 'done' | 'rolling back' | 'rolled back';

/** A stop that somebody asked for, at the end of the batches at hand or at once; reached when the status is `stopped`. */
export type Asked = 'pause' | 'cancel';

/** A run takes its way back once and stays on it: a graph of the way back in its row says which way it goes. */
export type RunDirection = 'apply' | 'rollback';

/**
 * From which statuses each one is reached by `moveRun`.
 *
 *   running      → waiting       a gate is not open, and nothing else can start
 *   running      → blocked       others hold the locks that an operation needs, and nothing else can start
 *   running      → stopped       the operator, a signal or a budget ended the process's turn
 *   running      → failed        an operation failed or is in doubt
 *   running      → done          every operation has ended
 *   waiting, blocked, stopped, failed → running   going on
 *
 * and the same on the way back, where `rolling back` stands for `running` and `rolled back` for `done`. `beginRollback`
 * alone leads from one side to the other: from any status but `rolled back`.
 */
export const RUN_MOVES: Readonly<Record<RunDirection, Readonly<Partial<Record<RunStatus, readonly RunStatus[]>>>>> = {
  apply: {
    waiting: ['running'],
    blocked: ['running'],
    stopped: ['running'],
    failed: ['running'],
    done: ['running'],
    running: ['waiting', 'blocked', 'stopped', 'failed'],
  },
  rollback: {
    waiting: ['rolling back'],
    blocked: ['rolling back'],
    stopped: ['rolling back'],
    failed: ['rolling back'],
    'rolled back': ['rolling back'],
    'rolling back': ['waiting', 'blocked', 'stopped', 'failed'],
  },
};

/** By the journal's account somebody is at it. */
export const UNDER_WAY_STATUSES: readonly RunStatus[] = ['running', 'rolling back'];

/** Nobody goes on with a run in one of these. */
export const ENDED_STATUSES: readonly RunStatus[] = ['done', 'rolled back'];
