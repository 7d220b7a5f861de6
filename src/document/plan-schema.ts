/** The JSON schema of a plan, draft-07, put together from the step kinds and checks that there are. */
import { onlySchema } from '../checks/only-for.js';
import { checkSchema } from '../checks/registry.js';
import { DURATION_PATTERN } from '../kernel/duration.js';
import { list, map, name, object, sql, text, type JsonSchema } from '../kernel/json-schema.js';
import { HAZARDS } from '../operation/hazard.js';
import { batchSchema, userTriggersSchema, workersSchema } from '../steps/batch-fields.js';
import { STEP_KINDS } from '../steps/registry.js';
import { throttleSchema } from './throttle.js';

export const PLAN_NAME_PATTERN = '^[a-z][a-z0-9]*(-[a-z0-9]+)*$';
const ID_HINT = 'lower-case words and digits, joined by hyphens, at most 40 characters: `split-auth-schema`';
const ID = { pattern: PLAN_NAME_PATTERN, maxLength: 40, 'x-lockstep-pattern-hint': ID_HINT };
const NO_FILTER = { 'x-lockstep-no-empty': 'an empty condition would mean all rows' };

function duration(description: string): JsonSchema {
  const hint = 'a number and a unit, largest first: `250ms`, `5s`, `1h30m`, `30d`';
  return { ...text(description), pattern: DURATION_PATTERN, 'x-lockstep-pattern-hint': hint };
}

let built: JsonSchema | undefined;

/** Always the same object: what is compiled from it is kept by identity. */
export function planSchema(): JsonSchema {
  return (built ??= buildSchema());
}

function buildSchema(): JsonSchema {
  const checks = (description: string): JsonSchema => list({ $ref: '#/definitions/check' }, description);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://lockstep.dev/schemas/plan.schema.json',
    title: 'lockstep migration plan',
    'x-lockstep-noun': 'plan',
    ...object(
      'A migration of a PostgreSQL database: what corresponds to what, and the steps that take it there.',
      {
        lockstep: { const: 1, description: 'The version of the plan language.' },
        name: {
          ...text(
            'The identity of the plan in a database. A finished plan is history: the same name with another text is refused.',
          ),
          ...ID,
        },
        description: text('What the migration is for.'),
        labels: map(text('free text'), 'Owner, ticket, contacts: carried into reports.'),
        params: map(
          paramSchema(),
          'Values given from outside: by `--set name=value`, else the environment variable, else the default.',
        ),
        defaults: defaultsSchema(duration),
        throttle: throttleSchema(),
        mappings: {
          ...map({ $ref: '#/definitions/mapping' }, 'Correspondences between two tables, declared once.'),
          propertyNames: ID,
        },
        require: checks('What must hold before anything changes.'),
        invariants: checks('What holds when the run begins, after every step, and after a rollback.'),
        steps: list({ $ref: '#/definitions/step' }, 'What is done, in this order where it matters.'),
      },
      ['lockstep', 'name', 'steps'],
    ),
    definitions: { check: checkSchema(), mapping: mappingSchema(), step: stepSchema(checks) },
  };
}

function paramSchema(): JsonSchema {
  const description = 'The value where nothing else is given.';
  return object(
    'A value given from outside.',
    {
      type: { enum: ['string', 'integer', 'boolean', 'duration'], description: 'What kind of value it is.' },
      default: { type: ['string', 'integer', 'boolean'], description },
      env: text('The environment variable that may give it.'),
      description: text('What it is for.'),
    },
    ['type'],
  );
}

function defaultsSchema(durationOf: typeof text): JsonSchema {
  return object('What steps use that say nothing themselves.', {
    schema: name('schema', 'what a table name without a schema means (default public)'),
    search_path: list(
      name('schema', 'a schema'),
      'schemas along which the server looks up functions, operators and types, and in the mirrors of windows the names that triggers of yours write (default: `schema`, then `public` where there is one); `pg_temp` is last',
    ),
    lock_timeout: durationOf('how long one attempt waits for a lock; attempts are repeated (default 500ms)'),
    statement_timeout: durationOf('how long a statement may run; checks have none (default 60s)'),
    batch: batchSchema,
    workers: workersSchema,
    user_triggers: userTriggersSchema,
  });
}

function mappingSchema(): JsonSchema {
  const literal = object(
    'A literal.',
    { value: { type: ['string', 'number', 'boolean', 'null'], description: 'the same in every row' } },
    ['value'],
  );
  const column = {
    description: 'SQL over one source row, or a literal.',
    anyOf: [sql('expression', 'SQL over one source row'), literal],
  };
  return object(
    'A correspondence between two tables.',
    {
      from: name('relation', 'the source table'),
      to: name('relation', 'the target table'),
      columns: {
        description: 'Target column: SQL over one source row. `same` maps the columns of equal names.',
        anyOf: [{ const: 'same' }, map(column, 'target column: SQL over one source row')],
      },
      where: { ...sql('condition', 'which source rows take part'), ...NO_FILTER },
      target_where: {
        ...sql('condition', 'which target rows belong to the mapping; others are none of its business'),
        ...NO_FILTER,
      },
      key: list(name('column', 'a target column'), 'what identifies a target row; default: its primary key'),
      reverse: reverseSchema(),
    },
    ['from', 'to', 'columns'],
  );
}

function reverseSchema(): JsonSchema {
  return object(
    'What a write to the target means for the source, for a window in both directions.',
    {
      columns: map(
        sql('expression', 'SQL over one target row'),
        'Source column: SQL over one target row. Columns that are copied as they are go back by themselves.',
      ),
      on_delete: {
        description: 'What becomes of the source row when the target row goes.',
        anyOf: [
          { const: 'delete', description: 'it goes too' },
          { const: 'ignore', description: 'it stays as it is, and stands for no target row any more' },
          object(
            'It stays, and these columns of it are set.',
            { set: map(sql('expression', 'SQL over one source row'), 'source column: the value that it gets') },
            ['set'],
          ),
        ],
      },
    },
    ['on_delete'],
  );
}

function allowSchema(): JsonSchema {
  const reasons = Object.entries(HAZARDS).map(([hazard, what]): [string, JsonSchema] => [
    hazard,
    text(`${what}: why that is right here`, { minLength: 1 }),
  ]);
  return object('Consent to what the step may cost, by name, each with its reason.', Object.fromEntries(reasons));
}

function stepSchema(checks: (description: string) => JsonSchema): JsonSchema {
  const kinds = Object.fromEntries(
    STEP_KINDS.map((step) => [
      step.kind,
      { ...step.schema, description: `${String(step.schema.description)} ${step.summary}` },
    ]),
  );
  const rollback = {
    description: 'The way back, where it is not the one that the kind derives.',
    anyOf: [
      { const: 'auto', description: 'what the kind derives (the default)' },
      object(
        'No way back.',
        { none: text('why it needs none: shown wherever the plan is approved', { minLength: 1 }) },
        ['none'],
      ),
      object(
        'Statements that take the step back.',
        {
          sql: sql('statements', 'what takes the step back, in one transaction'),
          verify: checks('what holds afterwards'),
        },
        ['sql'],
      ),
    ],
  };
  return {
    ...object(
      'One step: an id, one kind, and what any step may carry.',
      {
        id: { ...text('Unique, also among the mappings.'), ...ID },
        description: text('Why the step is there.'),
        needs: list(
          { ...text('a step'), 'x-lockstep-ref': 'step' },
          'Steps that must have ended, beyond what tables say.',
        ),
        only: onlySchema,
        when: checks('Without these the step is skipped.'),
        require: checks('Right before the step: without these the run stops, resumable.'),
        allow: allowSchema(),
        rollback,
        ...kinds,
      },
      ['id'],
    ),
    'x-lockstep-one-of': { noun: 'kind of step', names: STEP_KINDS.map((step) => step.kind) },
  };
}
