/** Foreign keys of a table that the server enforces. */
import type { Constraint, Relation } from '../catalog/catalog-snapshot.js';

/** Server 18 has keys that are declared only. */
export function foreignKeys({ constraints }: Relation): readonly ForeignKey[] {
  return constraints.filter(
    (constraint): constraint is ForeignKey =>
      constraint.kind === 'foreign key' &&
      constraint.references !== undefined &&
      !/ NOT ENFORCED\b/.test(constraint.definition),
  );
}

export type ForeignKey = Constraint & { readonly references: NonNullable<Constraint['references']> };
