/** Why the throttle ended a run's turn, as a person is told it, and what makes the signal readable again. */
import type { ThrottleStop } from '../executor/throttle.js';
import type { Diagnostic } from '../kernel/diagnostic.js';
import type { SignalName } from '../operation/throttle.js';
import { commandDiagnostic } from './command-result.js';

export function throttleDiagnostic(stop: ThrottleStop): Diagnostic {
  if (stop.cause === 'quiet hours') {
    const diagnostic = commandDiagnostic('LS9034', {
      detail: `${sentence(stop.reason)}.`,
      help: 'go on then; without heeding them: --ignore-throttle quiet_hours',
    });
    return { ...diagnostic, severity: 'warning' };
  }
  const { signal, reason } = stop;
  const detail = signal === null ? `The signals of \`throttle\`: ${reason}.` : `\`${signal}\`: ${reason}.`;
  const help = signal === null ? GO_ON : `${REMEDIES[signal]}; without it: --ignore-throttle ${signal}`;
  return commandDiagnostic('LS9033', { detail, help });
}

const GO_ON = 'repair that and go on';
const GRANT = 'GRANT pg_monitor TO the role of the run';

const REMEDIES: Readonly<Record<SignalName, string>> = {
  replication_lag: `see that every standby streams; for what the role may not see, ${GRANT}; then go on`,
  slot_lag: GO_ON,
  lock_waiters: GO_ON,
  wal_archive_queue: `${GRANT}, or switch archiving on; then go on`,
  active_sessions: `${GRANT}, then go on`,
  dead_tuples: 'switch track_counts on, then go on',
  query: 'see that the query returns one number for the role of the run, then go on',
};

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
