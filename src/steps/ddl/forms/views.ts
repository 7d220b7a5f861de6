/**
 * Views. OR REPLACE can add columns and never take them away, so the way back replaces where the number of columns is the
 * same, and otherwise drops the view and makes it again with what hung on it.
 */
import { relationKey } from '../../../sql/identifier.js';
import type { ObjectName } from '../../../sql/object-key.js';
import { nodeAs, relationParts, type FieldsOf } from '../../../sql/tree-walk.js';
import { type Form, type FormContext, type Piece, type PieceHazard } from '../piece.js';
import { dropObjects, replace } from './objects.js';
import { dropAndMakeAgain, replaceAgain } from './remake.js';
import { createRelation } from './tables.js';

export const createView: Form<'ViewStmt'> = (view, at) => {
  const parts = relationParts(view.view!);
  const place = { schema: parts.at(-2) ?? at.schema, name: parts.at(-1)! };
  const there = at.catalog.relations[relationKey(place)];
  if (there?.kind !== 'view' || view.replace !== true) return createRelation('view', parts, false, at);
  const object: ObjectName = { kind: 'view', name: [place.schema, place.name] };
  const columns = columnCount(view);
  const isSame = there.opaque !== true && columns === there.columns.length;
  return replace(object, at, isSame ? replaceAgain(object, at) : dropAndMakeAgain(object, at));
};

export function dropViews(statement: FieldsOf<'DropStmt'>, at: FormContext): readonly Piece[] {
  return dropObjects(statement, at, ({ name }): readonly PieceHazard[] => {
    const place = { schema: name[0]!, name: name[1]! };
    if (at.isNew(place)) return [];
    const detail = `Sessions that still read ${relationKey(place)} fail from the moment of the change.`;
    return [{ name: 'breaks_readers', detail, help: 'drop it when nobody reads it any more' }];
  });
}

/** Undefined where the text does not tell: a star, or a query of several. */
function columnCount({ aliases, query }: FieldsOf<'ViewStmt'>): number | undefined {
  const targets = nodeAs(query, 'SelectStmt')?.targetList;
  if (targets === undefined) return undefined;
  const isStar = targets.some((node) => {
    const column = nodeAs(nodeAs(node, 'ResTarget')?.val, 'ColumnRef');
    return column?.fields?.some((field) => nodeAs(field, 'A_Star') !== undefined) === true;
  });
  if (isStar) return undefined;
  return Math.max(targets.length, aliases?.length ?? 0);
}
