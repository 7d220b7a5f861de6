/** `batch`, `workers`, `user_triggers`: how rows are written in batches. Fields of every kind that works in batches, and of the plan's `defaults`. */
import { DURATION_PATTERN } from '../kernel/duration.js';
import { integer, object, text, type JsonSchema } from '../kernel/json-schema.js';

export interface BatchFields {
  readonly rows?: number;
  readonly target?: string;
  readonly max_rows?: number;
}

export const batchSchema: JsonSchema = object('How much one transaction does.', {
  rows: integer('rows of the first batch, or of each where `target` is off (default 5000)', 1),
  target: {
    ...text('the time towards which the size of a batch is steered: `250ms`; `off` fixes the size'),
    pattern: `^off$|${DURATION_PATTERN}`,
    'x-lockstep-pattern-hint': 'a number and a unit, `250ms` or `1s`, or `off`',
  },
  max_rows: integer('the most rows that a batch may grow to (default 50000)', 1),
});

export const workersSchema: JsonSchema = {
  ...integer('batches that may run at the same time (default 2)', 1),
  maximum: 64,
};

export const userTriggersSchema: JsonSchema = {
  enum: ['fire', 'suppress'],
  description:
    'whether triggers of your own on the target fire for the rows that are written, and for their way back; must be said where there are any',
};
