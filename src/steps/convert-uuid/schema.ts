/** Fields of `convert_uuid`. */
import { list, map, name, object, sql, text, type JsonSchema } from '../../kernel/json-schema.js';
import type { Orphans } from '../../windows/inside-tables/columns-window.js';
import { batchSchema, userTriggersSchema, workersSchema, type BatchFields } from '../batch-fields.js';

export interface ConvertUuidFields {
  readonly table?: string;
  readonly tables?: readonly string[];
  readonly column?: string;
  readonly value: 'cast' | 'random' | 'v7' | 'derived';
  readonly namespace?: string;
  readonly references?: readonly SoftReference[];
  readonly orphans?: Orphans;
  readonly map?: string;
  readonly keep_map?: boolean;
  readonly names?: Readonly<Record<string, string>>;
  readonly old_value?: string;
  readonly batch?: BatchFields;
  readonly workers?: number;
  readonly user_triggers?: 'fire' | 'suppress';
}

export type SoftReference = string | { readonly column: string; readonly to?: string; readonly where?: string };

export const UUID_PATTERN = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';

export const convertUuidSchema: JsonSchema = {
  ...object('A key that becomes a uuid, with everything that refers to it.', {
    table: name('relation', 'the table whose key is converted'),
    tables: list(name('relation', 'a table'), 'the tables whose keys are converted, each a key of its own'),
    column: name('column', 'the column of the key; default: the primary key'),
    value: {
      enum: ['cast', 'random', 'v7', 'derived'],
      description:
        'the new key: `cast` keeps the text, `random`, `v7` (by time, server 18 and later), `derived` computes it from a namespace and the old key',
    },
    namespace: { ...text('a uuid: with `derived`, what the keys are computed from'), pattern: UUID_PATTERN },
    references: list(
      {
        anyOf: [
          name('table.column', 'a column that refers to the key without a foreign key'),
          object(
            'A column that refers to the key in some of its rows, or to one of several keys.',
            {
              column: name('table.column', 'the column'),
              to: name(
                'relation',
                'the table that it refers to; needed where several are converted and its name does not tell',
              ),
              where: {
                ...sql('condition', 'the rows in which it does; then both columns keep their names'),
                'x-lockstep-no-empty': 'an empty condition would mean all rows',
              },
            },
            ['column'],
          ),
        ],
      },
      'columns that refer to the key without a declared foreign key',
    ),
    orphans: {
      enum: ['fail', 'keep', 'set_null', 'quarantine'],
      description:
        'what a reference means that finds nothing: `fail` (the default) stops before anything changes, `keep` leaves it, with no new value, `set_null` makes it NULL, `quarantine` leaves it and sets the row aside',
    },
    map: name('relation', 'a table to make that keeps every pair: table_name, old_id, new_id'),
    keep_map: { type: 'boolean', description: 'the table of pairs stays when the window is closed (default false)' },
    names: map(text('the new column'), 'table.column: what its new column is called; default: the name and `_uuid`'),
    old_value: sql('expression', 'what gives a row that comes with a new key alone its old one'),
    batch: batchSchema,
    workers: workersSchema,
    user_triggers: userTriggersSchema,
  }),
  required: ['value'],
  anyOf: [{ required: ['table'] }, { required: ['tables'] }],
};
