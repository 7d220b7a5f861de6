/** `gate`: holds the run back until all is there that it names. Nothing keeps running meanwhile. */
import { compileChecks, type CheckDeclaration } from '../../checks/compile-checks.js';
import { showWindow } from '../../kernel/daily-window.js';
import { DURATION_PATTERN, formatDuration, parseDuration } from '../../kernel/duration.js';
import { list, object, text } from '../../kernel/json-schema.js';
import type { CheckQuery } from '../../operation/check-query.js';
import { ANYTHING, CHANGES_NOTHING } from '../../operation/operation.js';
import { quietHoursProblems, quietHoursSchema, toWindow, type QuietHoursFields } from '../quiet-hours.js';
import type { StepDefinition } from '../step-definition.js';

const DURATION = {
  pattern: DURATION_PATTERN,
  'x-lockstep-pattern-hint': 'a number and a unit, largest first: `250ms`, `5s`, `1h30m`, `30d`',
};

interface GateFields {
  readonly approval?: string;
  readonly hold?: string;
  readonly until?: readonly CheckDeclaration[];
  readonly quiet_hours?: QuietHoursFields;
}

export const gate: StepDefinition<GateFields> = {
  kind: 'gate',
  summary:
    'Holds the run back until somebody approves, a time has passed, checks hold and the hour is right: all of those that are given. `apply` ends with exit 6 and goes on later.',
  example: `- id: sign-off
  gate:
    approval: dba
    hold: 24h
    until:
      - no_rows: SELECT id FROM outbox WHERE sent_at IS NULL
    quiet_hours: { from: "01:00", to: "05:00", time_zone: Europe/Berlin }`,
  schema: {
    ...object('What must be true before the run goes on; everything that is given.', {
      approval: text('the group that must approve, by `lockstep approve PLAN --gate STEP`'),
      hold: {
        ...text('how long to wait, from the moment that the gate was reached: `24h`, `1h30m`'),
        ...DURATION,
      },
      until: list({ $ref: '#/definitions/check' }, 'Checks that must hold; asked by each `apply` anew.'),
      quiet_hours: quietHoursSchema({
        description: 'When going on is allowed, by the clock of the database.',
        from: 'the time from which the run may go on',
        to: 'the time from which it may not',
      }),
    }),
    minProperties: 1,
  },
  check({ quiet_hours }, context) {
    if (quiet_hours === undefined) return;
    const spanOf = (field: string): ReturnType<typeof context.locate> =>
      context.locate([...context.path, 'quiet_hours', field]);
    quietHoursProblems(toWindow(quiet_hours), spanOf).forEach(context.report);
  },
  lower({ approval, hold, until: declared, quiet_hours }, context) {
    const { step } = context;
    const holdMs = hold === undefined ? null : (parseDuration(hold) ?? null);
    const planned = compileChecks(declared ?? [], context, [...context.path, 'until']);
    const until = planned.map(({ query }) => query);
    const quietHours = quiet_hours === undefined ? undefined : toWindow(quiet_hours);
    const reads = [...new Set(planned.flatMap((check) => check.reads))];
    return {
      operations: [
        {
          kind: 'gate',
          id: `${step}/gate`,
          step,
          label: labelOf(
            [
              ...(approval === undefined ? [] : [`the approval of ${approval}`]),
              ...(holdMs === null ? [] : [formatDuration(holdMs)]),
              ...(until.length === 0 ? [] : [until.length === 1 ? '1 check' : `${until.length} checks`]),
              ...(quietHours === undefined ? [] : [`the hours ${showWindow(quietHours)}`]),
            ],
            until,
          ),
          approval: approval ?? null,
          holdMs,
          // Absent, not empty: a gate without them has the digest that it always had.
          ...(until.length > 0 && { until }),
          ...(quietHours !== undefined && { quietHours }),
          reads,
          writes: [],
          locks: reads.filter((read) => read !== ANYTHING).map((relation) => ({ relation, mode: 'ACCESS SHARE' })),
          barrier: true,
          after: [],
          skipWhen: [],
          hazards: [],
          reversal: CHANGES_NOTHING,
        },
      ],
      preconditions: [],
      effects: [],
    };
  },
};

function labelOf(waits: readonly string[], until: readonly CheckQuery[]): string {
  // Each of its checks may be for another target.
  if (waits.length === 0) return 'wait for nothing here';
  if (waits.length > 1) return `wait for ${waits.slice(0, -1).join(', ')} and ${waits.at(-1)!}`;
  return until.length === 1 ? `wait until ${until[0]!.name}` : `wait for ${waits[0]!}`;
}
