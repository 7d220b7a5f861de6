/** Fields of `backfill`, in its two forms. */
import { integer, list, map, name, object, ref, sql, type JsonSchema } from '../../kernel/json-schema.js';
import { batchSchema, workersSchema, type BatchFields } from '../batch-fields.js';

interface CommonFields {
  readonly walk?: string;
  readonly batch?: BatchFields;
  readonly workers?: number;
  readonly user_triggers?: 'fire';
  readonly on_error?: { readonly quarantine: number };
}

export interface MappingBackfill extends CommonFields {
  readonly mappings: readonly string[];
  readonly on_conflict?: 'skip' | 'fail';
}

export interface InPlaceBackfill extends CommonFields {
  readonly table: string;
  readonly set: Readonly<Record<string, string>>;
  readonly where?: string;
}

export type BackfillFields = MappingBackfill | InPlaceBackfill;

/** Beyond this it is not rows that are wrong but the plan, and nobody reads the list. */
const QUARANTINE_AT_MOST = 10_000;

const onErrorSchema: JsonSchema = {
  ...object('What a row means that the server refuses; without it the run stops there, with the row shown.', {
    quarantine: {
      ...integer('rows that may stand aside at a time, with key and error, for `lockstep replay`', 1),
      maximum: QUARANTINE_AT_MOST,
    },
  }),
  required: ['quarantine'],
};

export const backfillSchema: JsonSchema = {
  ...object('Mappings whose rows are copied, or columns that are filled in place.', {
    mappings: list(ref('mapping', 'a mapping of this plan'), 'the mappings whose rows are copied'),
    on_conflict: {
      enum: ['skip', 'fail'],
      description:
        'what a target row that is there already means: `skip` keeps and counts it, `fail` (the default) stops',
    },
    table: name('relation', 'the table whose columns are filled in place'),
    set: map(sql('expression', 'SQL over one row of the table'), 'column: the value that it gets'),
    where: {
      ...sql('condition', 'fill only rows for which this holds'),
      'x-lockstep-no-empty': 'an empty condition would mean all rows',
    },
    walk: name('index', 'a unique index over NOT NULL columns to walk by; default: the primary key'),
    batch: batchSchema,
    workers: workersSchema,
    user_triggers: {
      enum: ['fire'],
      description:
        'triggers of your own on the target fire for the rows that the backfill writes; must be said where there are any',
    },
    on_error: onErrorSchema,
  }),
  anyOf: [{ required: ['mappings'] }, { required: ['table', 'set'] }],
};
