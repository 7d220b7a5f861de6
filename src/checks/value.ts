/** `value`: one value that a query returns is this, at least this, or at most this. */
import { object, sql, type JsonSchema } from '../kernel/json-schema.js';
import { quoteLiteral } from '../sql/identifier.js';
import type { CheckDefinition } from './check-definition.js';

type Scalar = string | number | boolean;

interface ValueFields {
  readonly sql: string;
  readonly is?: Scalar;
  readonly at_least?: Scalar;
  readonly at_most?: Scalar;
}

const OPERATORS = { is: '=', at_least: '>=', at_most: '<=' } as const;

function scalar(description: string): JsonSchema {
  return { description, type: ['string', 'number', 'boolean'] };
}

export const value: CheckDefinition<ValueFields> = {
  name: 'value',
  holds: 'the one value that the query returns is this, at least this, or at most this; NULL is none of them',
  example: "- value: { sql: 'SELECT max(version) FROM schema_version', is: 42 }",
  schema: {
    ...object(
      'A single value.',
      {
        sql: sql('query', 'a SELECT of one column and one row'),
        is: scalar('the value'),
        at_least: scalar('the smallest value allowed'),
        at_most: scalar('the greatest value allowed'),
      },
      ['sql'],
    ),
    anyOf: [{ required: ['is'] }, { required: ['at_least'] }, { required: ['at_most'] }],
  },
  compile(fields, context) {
    const wanted = (['is', 'at_least', 'at_most'] as const).flatMap((kind) => {
      const bound = fields[kind];
      return bound === undefined ? [] : [{ kind, bound }];
    });
    // An untyped literal takes the type of what it is compared with.
    const conditions = wanted.map(
      ({ kind, bound }) => `answer.actual ${OPERATORS[kind]} ${quoteLiteral(String(bound))}`,
    );
    const expected = wanted.map(
      ({ kind, bound }) => `${quoteLiteral(String(bound))} AS ${kind === 'is' ? 'expected' : kind}`,
    );
    const answer = `(SELECT (\n${fields.sql}\n) AS actual) AS answer`;
    return {
      says: `the value is ${wanted.map(({ kind, bound }) => `${kind === 'is' ? '' : kind.replace('_', ' ') + ' '}${bound}`).join(' and ')}`,
      rows: `SELECT answer.actual, ${expected.join(', ')} FROM ${answer}\nWHERE (${conditions.join(' AND ')}) IS NOT TRUE`,
      figures: `SELECT answer.actual, ${expected.join(', ')} FROM ${answer}`,
      reads: context.readsOf('query', fields.sql),
    };
  },
};
