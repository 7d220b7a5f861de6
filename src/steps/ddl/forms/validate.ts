/** VALIDATE CONSTRAINT: looks at every row beside readers and writers, however long it takes. */
import type { Relation } from '../../../catalog/catalog-snapshot.js';
import { quoteIdentifier, relationKey } from '../../../sql/identifier.js';
import { quickBack, type FormContext, type Piece } from '../piece.js';
import { alter, dropText } from './alter-text.js';

export function validate(table: Relation, name: string): Piece {
  return {
    name: 'validate',
    label: `validate constraint ${name} of ${relationKey(table)}`,
    statements: [`${alter(table)} VALIDATE CONSTRAINT ${quoteIdentifier(name)}`],
    runs: 'unlimited',
    hazards: [],
    back: { goesWith: 'its constraint' },
  };
}

export function validateConstraint(table: Relation, name: string, at: FormContext): readonly Piece[] {
  const constraint = table.constraints.find((candidate) => candidate.name === name);
  if (constraint === undefined) {
    at.refuse('LS6204', `${relationKey(table)} has no constraint \`${name}\`.`, 'name a constraint that is there');
    return [];
  }
  if (constraint.validated) {
    at.note(`\`${name}\` of ${relationKey(table)} is valid.`);
    return [];
  }
  // The definition of one that is not valid says NOT VALID.
  const again = `${alter(table)} ADD CONSTRAINT ${quoteIdentifier(name)} ${constraint.definition}`;
  const back = [quickBack(`make ${name} not valid again`, dropText(table, name), again)];
  return [{ ...validate(table, name), back }];
}
