/** `ddl`: ordinary definitions, run in the form that does not block, each with its way back. */
import type { CatalogEffect } from '../../catalog/effects.js';
import type { StepDefinition } from '../step-definition.js';
import { object, sql, sqlFile } from '../../kernel/json-schema.js';
import { lowerDdl } from './lower.js';
import { spanIn, tellAt } from './tell.js';

type DdlFields = string | { readonly file: string };

export const ddl: StepDefinition<DdlFields> = {
  kind: 'ddl',
  summary: 'Runs ordinary DDL in the form that does not block, and derives how each statement is taken back.',
  example: `- id: index
  ddl: CREATE INDEX orders_user_id_idx ON orders (user_id)`,
  schema: {
    description:
      'Definitions, what creates, alters, drops, renames and comments: as text, or `{ file: migrations/x.sql }`.',
    anyOf: [
      sql('statements', 'definitions'),
      object(
        'A file of definitions.',
        { file: sqlFile('statements', 'the file, relative to the plan; its text is part of the digest') },
        ['file'],
      ),
    ],
  },
  lower(fields, context) {
    const { step } = context;
    const file = typeof fields === 'string' ? undefined : context.file(fields.file);
    const text = typeof fields === 'string' ? fields : file!.text;
    const spanOf = spanIn(context, file);
    const fragment = lowerDdl(context.statementsOf(text), context, tellAt(context, spanOf), spanOf);
    return context.rollback.kind === 'auto' ? { ...fragment, effects: fragment.effects.map(goesWith(step)) } : fragment;
  },
};

/** What a later step puts into a column that begins empty need not be remembered: the column itself is taken away. */
function goesWith(step: string): (effect: CatalogEffect) => CatalogEffect {
  return (effect) => {
    if (effect.kind !== 'column added') return effect;
    const { column } = effect;
    const isEmpty = column.default === undefined && column.generated === 'no' && column.identity === 'no';
    return isEmpty ? { ...effect, column: { ...column, goesWith: step } } : effect;
  };
}
