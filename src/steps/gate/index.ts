/** `gate`: holds the run back until somebody approves, a time has passed, or both. Nothing keeps running meanwhile. */
import { DURATION_PATTERN, formatDuration, parseDuration } from '../../kernel/duration.js';
import { object, text } from '../../kernel/json-schema.js';
import { CHANGES_NOTHING } from '../../operation/operation.js';
import type { StepDefinition } from '../step-definition.js';

const DURATION = {
  pattern: DURATION_PATTERN,
  'x-lockstep-pattern-hint': 'a number and a unit, largest first: `250ms`, `5s`, `1h30m`, `30d`',
};

interface GateFields {
  readonly approval?: string;
  readonly hold?: string;
}

export const gate: StepDefinition<GateFields> = {
  kind: 'gate',
  summary:
    'Holds the run back until somebody approves, a time has passed, or both; `apply` ends with exit 6 and goes on later.',
  example: `- id: sign-off
  gate: { approval: dba, hold: 24h }`,
  schema: {
    ...object('What must be true before the run goes on; everything that is given.', {
      approval: text('the group that must approve, by `lockstep approve PLAN --gate STEP`'),
      hold: {
        ...text('how long to wait, from the moment that the gate was reached: `24h`, `1h30m`'),
        ...DURATION,
      },
    }),
    minProperties: 1,
  },
  lower({ approval, hold }, { step }) {
    const holdMs = hold === undefined ? null : (parseDuration(hold) ?? null);
    const waits = [
      ...(approval === undefined ? [] : [`the approval of ${approval}`]),
      ...(holdMs === null ? [] : [formatDuration(holdMs)]),
    ];
    return {
      operations: [
        {
          kind: 'gate',
          id: `${step}/gate`,
          step,
          label: `wait for ${waits.join(' and ')}`,
          approval: approval ?? null,
          holdMs,
          reads: [],
          writes: [],
          locks: [],
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
