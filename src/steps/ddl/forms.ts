/** Every form of a `ddl` step, by the kind of its statement. */
import type { NodeKind } from '../../sql/tree-walk.js';
import { alterTable } from './forms/alter-table.js';
import { drop } from './forms/drop.js';
import { createIndex } from './forms/indexes.js';
import { rename, setSchema } from './forms/rename.js';
import { insert } from './forms/rows-and-settings.js';
import { createSequence, createTable, createTableAs } from './forms/tables.js';
import type { Form } from './piece.js';

export const FORMS: { readonly [K in NodeKind]?: Form<K> } = {
  CreateStmt: createTable,
  CreateTableAsStmt: createTableAs,
  CreateSeqStmt: createSequence,
  IndexStmt: createIndex,
  AlterTableStmt: alterTable,
  RenameStmt: rename,
  AlterObjectSchemaStmt: setSchema,
  DropStmt: drop,
  InsertStmt: insert,
};
