/** A key that a table can be walked by, as the operations have it: names quoted, the collation said. */
import type { WalkableKey } from '../catalog/walkable-key.js';
import { sqlName, type Mapping } from '../mapping/mapping.js';
import type { KeyWalk } from '../operation/operation.js';
import { quoteIdentifier } from '../sql/identifier.js';

export function sqlKeyColumn(column: WalkableKey['columns'][number]): KeyWalk['key'][number] {
  const { name, type, collation } = column;
  return { name: quoteIdentifier(name), type, ...(collation !== undefined && { collation }) };
}

export function targetWalk(mapping: Mapping, key: WalkableKey): KeyWalk {
  return { relation: sqlName(mapping.target), index: key.index, key: key.columns.map(sqlKeyColumn) };
}
