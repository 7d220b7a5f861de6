/** A schema with one of each thing that the plan's schema uses, for the tests of the generic half of `document`. */
import type { JsonSchema } from '../../../src/kernel/json-schema.js';
import { integer, list, map, name, object, ref, sql, text } from '../../../src/kernel/json-schema.js';

const where = {
  ...sql('condition', 'which rows take part'),
  'x-lockstep-no-empty': 'an empty condition would mean all rows',
};

const check: JsonSchema = {
  ...object('One check.', {
    empty: name('relation', 'the table that has no rows'),
    no_rows: sql('query', 'what must return nothing'),
    row_count: {
      ...object(
        'A number of rows.',
        {
          table: name('relation', 'whose rows are counted'),
          where,
          is: integer('exactly', 0),
          at_least: integer('at least', 0),
        },
        ['table'],
      ),
      anyOf: [{ required: ['is'] }, { required: ['at_least'] }],
    },
    name: text('what a person calls it'),
  }),
  'x-lockstep-one-of': { noun: 'check', names: ['empty', 'no_rows', 'row_count'] },
  'x-lockstep-noun': 'check',
};

const backfill: JsonSchema = {
  description: 'Copies rows.',
  anyOf: [
    object(
      'By mappings.',
      {
        mappings: list(ref('mapping', 'a mapping'), 'what is copied'),
        on_conflict: { enum: ['skip', 'update', 'fail'] },
      },
      ['mappings'],
    ),
    object(
      'In place.',
      {
        table: name('relation', 'the table that is changed'),
        set: map(sql('expression', 'over one row'), 'column: expression'),
        where,
      },
      ['table', 'set'],
    ),
  ],
};

const step: JsonSchema = {
  ...object(
    'One step.',
    {
      id: {
        ...text('Unique.'),
        pattern: '^[a-z]+(-[a-z]+)*$',
        maxLength: 10,
        'x-lockstep-pattern-hint': 'lower-case words and hyphens',
      },
      needs: list(ref('step', 'a step'), 'Steps that end first.'),
      backfill,
      verify: list({ $ref: '#/definitions/check' }, 'What must hold.'),
      window: {
        ...object('A window.', { open: text('which'), from: text('the begin'), to: text('the end') }),
        oneOf: [{ required: ['open'] }, { required: ['from', 'to'] }],
      },
      batch: object('Batches.', {
        rows: integer('rows per batch', 1),
        exact: { type: 'boolean', description: 'no more, no less' },
      }),
    },
    ['id'],
  ),
  'x-lockstep-one-of': { noun: 'kind of step', names: ['backfill', 'verify'] },
};

export const SMALL_SCHEMA: JsonSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  ...object(
    'A plan.',
    {
      name: text('The identity of the plan in a database.'),
      labels: {
        ...map(text('free text'), 'Owner, ticket.'),
        propertyNames: { pattern: '^[a-z]+$', 'x-lockstep-pattern-hint': 'lower-case letters' },
      },
      target: {
        description: 'How long a batch may take.',
        anyOf: [
          { const: 'off' },
          { type: 'string', pattern: '^\\d+ms$', 'x-lockstep-pattern-hint': 'a duration in ms' },
        ],
      },
      columns: {
        description: 'What is copied.',
        anyOf: [
          { const: 'same' },
          map(
            {
              anyOf: [
                sql('expression', 'over one row'),
                object('A literal.', { value: { type: ['string', 'number'] } }, ['value']),
              ],
            },
            'column: expression',
          ),
        ],
      },
      steps: list({ $ref: '#/definitions/step' }, 'What is done.'),
    },
    ['name', 'steps'],
  ),
  'x-lockstep-noun': 'plan',
  definitions: { check, step },
};
