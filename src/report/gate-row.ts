/** What a plan shows of a gate: all that it waits for, and the SQL of its checks. */
import { showWindow } from '../kernel/daily-window.js';
import { formatDuration } from '../kernel/duration.js';
import type { CheckQuery } from '../operation/check-query.js';
import { checksOfGate } from '../operation/gate.js';
import type { GateOperation } from '../operation/operation.js';

/** A line each. */
export function waitsForOf(gate: GateOperation): readonly string[] {
  const { approval, holdMs, quietHours } = gate;
  return [
    ...(approval === null ? [] : [`approval by ${approval}`]),
    ...(holdMs === null ? [] : [`${formatDuration(holdMs)} from the moment that it is reached`]),
    ...checksOfGate(gate).map(({ query }) => untilText(query)),
    ...(quietHours === undefined ? [] : [`the hours ${showWindow(quietHours)}, by the clock of the database`]),
  ];
}

/** Each behind a comment that says what it is. */
export function sqlOfGate(gate: GateOperation): readonly string[] {
  return checksOfGate(gate).flatMap(({ query }) => [
    `-- asked by each apply, rolled back: ${untilText(query)}`,
    query.summary,
  ]);
}

/** In one line: a name with a line feed would leave its comment. */
function untilText({ name, severity }: CheckQuery): string {
  return `${severity === 'warning' ? 'only reported:' : 'until'} ${name.replaceAll(/\s+/g, ' ')}`;
}
