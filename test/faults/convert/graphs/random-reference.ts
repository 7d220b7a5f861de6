/** A reference to a key: with or without a foreign key, and what that says. */
import { quoteIdentifier } from '../../../../src/sql/identifier.js';
import type { Choice } from '../../ddl/random-choice.js';
import type { GraphTable } from './random-graph.js';

export interface GraphReference {
  /** Names of columns are not quoted. */
  readonly column: string;
  /** The other column of a composite reference. */
  readonly tenant: string | null;
  readonly parent: GraphTable;
  readonly nullable: boolean;
  /** Without a foreign key. */
  readonly soft: boolean;
  /** The column that says in which rows it is one. */
  readonly where: string | null;
  /** What follows `REFERENCES … (…)`. */
  readonly actions: string;
}

interface Chosen {
  readonly choice: Choice;
  readonly value: string;
  readonly shapes: Set<string>;
}

export function someReference(
  { choice, value, shapes }: Chosen,
  { kind }: GraphTable,
  parent: GraphTable,
  column: string,
  said: Partial<Pick<GraphReference, 'nullable' | 'soft'>>,
): GraphReference {
  const tenant = parent.key!.tenant === null ? null : `${Array.from(column).slice(0, 12).join('')} tenant`;
  const nullable = said.nullable ?? choice.chance(0.6);
  const soft = said.soft ?? (parent.kind === 'root' && tenant === null && choice.chance(0.25));
  const where = soft && nullable && (kind === 'child' || kind === 'partitioned') && choice.chance(0.5) ? 'what' : null;
  if (soft) shapes.add(where === null ? 'soft reference' : 'soft reference with a condition');
  if (tenant !== null) shapes.add('composite').add('composite reference');
  return { column, tenant, parent, nullable, soft, where, actions: soft ? '' : actions() };

  function actions(): string {
    const match = tenant !== null && choice.chance(0.1) ? ' MATCH FULL' : '';
    // Of one column alone: the other may be part of another reference.
    const gone = ['NO ACTION', 'CASCADE', 'RESTRICT', ...(nullable ? ['SET NULL', 'SET NULL', 'one'] : [])];
    const chosen = choice.one(gone);
    const onDelete =
      chosen !== 'one'
        ? chosen
        : tenant === null || match !== ''
          ? 'SET NULL'
          : `SET NULL (${quoteIdentifier(column)})`;
    const onUpdate = choice.one(['NO ACTION', 'CASCADE']);
    // A NOT NULL that is looked up cannot wait for COMMIT.
    const waits = (nullable || value === 'cast') && onDelete !== 'RESTRICT' && choice.chance(0.3);
    const deferrable = waits ? ` DEFERRABLE INITIALLY ${choice.one(['DEFERRED', 'IMMEDIATE'])}` : '';
    if (waits) shapes.add('deferrable');
    if (/CASCADE|SET/.test(onDelete + onUpdate)) shapes.add('action');
    const valid = choice.chance(0.1) ? ' NOT VALID' : '';
    return `${match} ON DELETE ${onDelete} ON UPDATE ${onUpdate}${deferrable}${valid}`;
  }
}

export function referenceDefinition(table: GraphTable, reference: GraphReference): readonly string[] {
  if (reference.soft) return [];
  return [`ALTER TABLE ${table.name} ADD ${foreignKeyTo(reference)}${reference.actions}`];
}

/** Without what it says of actions and of when it is looked at. */
export function foreignKeyTo({ column, tenant, parent }: GraphReference): string {
  const list = (...columns: (string | null)[]): string =>
    columns
      .filter((each) => each !== null)
      .map(quoteIdentifier)
      .join(', ');
  return `FOREIGN KEY (${list(tenant, column)}) REFERENCES ${parent.name} (${list(parent.key!.tenant, parent.key!.column)})`;
}
