/** `castable`: every value of a column survives a cast and the way back. The question itself belongs to `sql/cast-query`. */
import type { Index, Relation } from '../catalog/catalog-snapshot.js';
import { report, tableColumnAt, type Scope } from '../catalog/scope.js';
import { primaryKeyOf } from '../catalog/walkable-key.js';
import { name, object, text } from '../kernel/json-schema.js';
import type { Path } from '../kernel/path.js';
import { sqlName } from '../mapping/mapping.js';
import { castQuery, type UniquePart } from '../sql/cast-query.js';
import { indexPredicate } from '../sql/index-predicate.js';
import { readTypeName } from '../sql/type-name.js';
import { ASKS_INPUT_FUNCTIONS, TYPES_WITH_KNOWN_SYNTAX } from '../sql/valid-input.js';
import type { CheckDefinition } from './check-definition.js';
import { CHECK_CODES } from './codes.js';

interface CastableFields {
  readonly column: string;
  readonly to: string;
}

export const castable: CheckDefinition<CastableFields> = {
  name: 'castable',
  holds:
    'every value of the column survives the cast to the type and the way back, letter case aside, and stays unique where it was',
  example: '- castable: { column: users.id, to: uuid }',
  schema: object(
    'A column that can become another type.',
    { column: name('table.column', 'table and column: `users.id`'), to: text('the type: `uuid`, `bigint`') },
    ['column', 'to'],
  ),
  compile(fields, context) {
    const found = tableColumnAt(context, fields.column, [...context.path, 'column']);
    const to = typeAt(context, fields.to, [...context.path, 'to']);
    if (found === undefined || to === undefined) return undefined;
    const { table, column } = found;
    const query = castQuery({
      table: sqlName(table),
      column: column.name,
      to,
      unique: uniquePartsOf(table, column.name, context),
      keyColumns: primaryKeyOf(table) ?? [],
      versionNum: context.catalog.server.versionNum,
      masked: context.masked.includes(column.name),
    });
    if (query === undefined) {
      report(context, CHECK_CODES, 'LS4001', context.locate([...context.path, 'to']), {
        detail:
          `PostgreSQL ${Math.floor(context.catalog.server.versionNum / 10_000)} says only by raising whether a text is ` +
          `${to}; known without it: ${TYPES_WITH_KNOWN_SYNTAX.join(', ')}.`,
        help: `ask with \`no_rows\` and a condition of your own, or upgrade to ${ASKS_INPUT_FUNCTIONS / 10_000} or later`,
      });
      return undefined;
    }
    const says = `${fields.column} survives as ${to}`;
    return { says, rows: query.rows, summary: query.summary(context.samples), reads: [sqlName(table)] };
  },
};

/** As `format_type` prints it; undefined where something was reported. */
function typeAt(scope: Scope, written: string, path: Path): string | undefined {
  const type = readTypeName(scope.grammar, written);
  if (type === undefined)
    report(scope, CHECK_CODES, 'LS4002', scope.locate(path), {
      detail: `\`${written}\` is not the name of one type.`,
      help: 'write it as behind `::` in SQL: uuid, varchar(36)',
    });
  return type;
}

/** What the unique indexes promise about a column; one over an expression says nothing about the column itself. */
export function uniquePartsOf(
  table: Pick<Relation, 'indexes'>,
  column: string,
  { grammar }: Pick<Scope, 'grammar'>,
): readonly UniquePart[] {
  const over = ({ unique, valid, keys }: Index): boolean =>
    unique && valid && keys.includes(column) && keys.every((key) => key !== null);
  const parts = table.indexes.filter(over).map(({ keys, partial, nullsNotDistinct, definition }): UniquePart => {
    const where = partial ? indexPredicate(grammar, definition) : undefined;
    return {
      beside: keys.filter((key) => key !== null && key !== column) as readonly string[],
      ...(where !== undefined && { where }),
      ...(nullsNotDistinct && { nullsNotDistinct }),
    };
  });
  // A primary key and a unique index over the same columns promise the same.
  const texts = parts.map((part) => JSON.stringify(part));
  return parts.filter((_, index) => texts.indexOf(texts[index]!) === index);
}
