/** What ALTER … RENAME changes, as facts for the catalog. */
import { objectWords } from './command-tag.js';
import type { DdlEffect } from './ddl-effects.js';
import { changed } from './object-effects.js';
import { objectFact, type ObjectFact } from './object-fact.js';
import { relationParts, type FieldsOf } from './tree-walk.js';

export function renameEffects(rename: FieldsOf<'RenameStmt'>): readonly DdlEffect[] {
  const [from, to] = [rename.subname ?? '', rename.newname!];
  if (rename.relation === undefined) {
    const object =
      rename.renameType === 'OBJECT_SCHEMA' ? schemaFact(from) : objectFact(rename.renameType, rename.object);
    if (object?.kind === 'domain constraint') {
      const constraint = { ...object, name: [...object.name, from] };
      const domain = { kind: 'type', name: object.name } as const;
      return [...changed(domain), { kind: 'object renamed', object: constraint, to: [...object.name, to] }];
    }
    if (object !== undefined) return [{ kind: 'object renamed', object, to: [...object.name.slice(0, -1), to] }];
    return [{ kind: 'opaque', name: `ALTER ${objectWords(rename.renameType)} RENAME` }];
  }
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
    case 'OBJECT_ATTRIBUTE':
      return changed({ kind: 'type', name: relation });
    case 'OBJECT_TRIGGER':
    case 'OBJECT_RULE':
    case 'OBJECT_POLICY': {
      const kind = PARTS[rename.renameType];
      return [{ kind: 'object renamed', object: { kind, name: [...relation, from] }, to: [...relation, to] }];
    }
    default:
      return [{ kind: 'opaque', name: `ALTER ${objectWords(rename.renameType)} RENAME` }];
  }
}

const PARTS = { OBJECT_TRIGGER: 'trigger', OBJECT_RULE: 'rule', OBJECT_POLICY: 'policy' } as const;

function schemaFact(name: string): ObjectFact {
  return { kind: 'schema', name: [name] };
}
