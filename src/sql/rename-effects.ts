/** What ALTER … RENAME changes, as facts for the catalog. */
import { objectWords } from './command-tag.js';
import type { DdlEffect } from './ddl-effects.js';
import { relationParts, type FieldsOf } from './tree-walk.js';

export function renameEffects(rename: FieldsOf<'RenameStmt'>): readonly DdlEffect[] {
  const [from, to] = [rename.subname ?? '', rename.newname!];
  if (rename.relation === undefined)
    return [{ kind: 'opaque', name: `ALTER ${objectWords(rename.renameType)} RENAME` }];
  const relation = relationParts(rename.relation);
  switch (rename.renameType) {
    case 'OBJECT_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_SEQUENCE':
    case 'OBJECT_FOREIGN_TABLE':
      return [{ kind: 'relation renamed', relation, to: [...relation.slice(0, -1), to] }];
    case 'OBJECT_COLUMN':
      return [{ kind: 'column renamed', relation, column: from, to }];
    case 'OBJECT_TABCONSTRAINT':
      return [{ kind: 'constraint renamed', relation, constraint: from, to }];
    case 'OBJECT_INDEX':
      return [{ kind: 'index renamed', index: relation, to }];
    default:
      return [{ kind: 'opaque', name: `ALTER ${objectWords(rename.renameType)} RENAME` }];
  }
}
