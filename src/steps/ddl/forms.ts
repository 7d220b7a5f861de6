/** Every form of a `ddl` step, by the kind of its statement. */
import type { NodeKind } from '../../sql/tree-walk.js';
import { alterTable } from './forms/alter-table.js';
import { comment } from './forms/comments.js';
import { alterDomain, createDomain } from './forms/domains.js';
import { drop } from './forms/drop.js';
import { alterFunction, createFunction, define } from './forms/functions.js';
import { createIndex } from './forms/indexes.js';
import { changeOwner, grant } from './forms/owners-and-grants.js';
import {
  alterPolicy,
  alterStatistics,
  createPolicy,
  createRule,
  createStatistics,
  createTrigger,
} from './forms/parts-of-tables.js';
import { rename, setSchema } from './forms/rename.js';
import { insert } from './forms/rows-and-settings.js';
import { createExtension, createSchema } from './forms/schemas-and-extensions.js';
import { alterSequence } from './forms/sequences.js';
import { createSequence, createTable, createTableAs } from './forms/tables.js';
import { alterEnum, createComposite, createEnum, createRange } from './forms/types.js';
import { createView } from './forms/views.js';
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
  ViewStmt: createView,
  CreateFunctionStmt: createFunction,
  AlterFunctionStmt: alterFunction,
  DefineStmt: define,
  CreateTrigStmt: createTrigger,
  RuleStmt: createRule,
  CreatePolicyStmt: createPolicy,
  AlterPolicyStmt: alterPolicy,
  CreateStatsStmt: createStatistics,
  AlterStatsStmt: alterStatistics,
  CreateEnumStmt: createEnum,
  CreateRangeStmt: createRange,
  CompositeTypeStmt: createComposite,
  AlterEnumStmt: alterEnum,
  CreateDomainStmt: createDomain,
  AlterDomainStmt: alterDomain,
  CreateSchemaStmt: createSchema,
  CreateExtensionStmt: createExtension,
  AlterSeqStmt: alterSequence,
  AlterOwnerStmt: changeOwner,
  GrantStmt: grant,
  CommentStmt: comment,
};
