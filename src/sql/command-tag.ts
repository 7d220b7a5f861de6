/** What a statement is called: the command tag that the server answers with, for example `ALTER TABLE`. */
import type { AnyFields } from './tree-walk.js';

/** Kinds whose tag is not their node's name taken apart. */
const TAGS: Readonly<Record<string, (fields: AnyFields) => string>> = {
  CreateStmt: () => 'CREATE TABLE',
  CreateTableAsStmt: (fields) => (fields.objtype === 'OBJECT_MATVIEW' ? 'CREATE MATERIALIZED VIEW' : 'CREATE TABLE AS'),
  SelectStmt: (fields) => (fields.intoClause === undefined ? 'SELECT' : 'SELECT INTO'),
  IndexStmt: () => 'CREATE INDEX',
  ViewStmt: () => 'CREATE VIEW',
  RuleStmt: () => 'CREATE RULE',
  CreateTrigStmt: () => 'CREATE TRIGGER',
  CreateSeqStmt: () => 'CREATE SEQUENCE',
  AlterSeqStmt: () => 'ALTER SEQUENCE',
  CreateFunctionStmt: (fields) => (fields.is_procedure === true ? 'CREATE PROCEDURE' : 'CREATE FUNCTION'),
  CreateStatsStmt: () => 'CREATE STATISTICS',
  CreateEnumStmt: () => 'CREATE TYPE',
  CreateRangeStmt: () => 'CREATE TYPE',
  CompositeTypeStmt: () => 'CREATE TYPE',
  AlterEnumStmt: () => 'ALTER TYPE',
  AlterTableStmt: (fields) => `ALTER ${objectWords(fields.objtype)}`,
  AlterObjectSchemaStmt: (fields) => `ALTER ${objectWords(fields.objectType)}`,
  AlterOwnerStmt: (fields) => `ALTER ${objectWords(fields.objectType)}`,
  RenameStmt: (fields) =>
    `ALTER ${objectWords(fields.renameType === 'OBJECT_COLUMN' ? fields.relationType : fields.renameType)}`,
  DropStmt: (fields) => `DROP ${objectWords(fields.removeType)}`,
  DefineStmt: (fields) => `CREATE ${objectWords(fields.kind)}`,
  GrantStmt: (fields) => (fields.is_grant === true ? 'GRANT' : 'REVOKE'),
  GrantRoleStmt: (fields) => (fields.is_grant === true ? 'GRANT ROLE' : 'REVOKE ROLE'),
  VacuumStmt: (fields) => (fields.is_vacuumcmd === true ? 'VACUUM' : 'ANALYZE'),
  RefreshMatViewStmt: () => 'REFRESH MATERIALIZED VIEW',
  VariableSetStmt: (fields) => (String(fields.kind).startsWith('VAR_RESET') ? 'RESET' : 'SET'),
  VariableShowStmt: () => 'SHOW',
  ConstraintsSetStmt: () => 'SET CONSTRAINTS',
  TransactionStmt: (fields) =>
    String(fields.kind).replace('TRANS_STMT_', '').replaceAll('_', ' ').replace('PREPARE', 'PREPARE TRANSACTION'),
  LockStmt: () => 'LOCK TABLE',
  TruncateStmt: () => 'TRUNCATE TABLE',
  CheckPointStmt: () => 'CHECKPOINT',
};

export function commandTag(kind: string, fields: AnyFields): string {
  const tag = TAGS[kind];
  if (tag !== undefined) return tag(fields);
  return kind
    .replace(/Stmt$/, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase();
}

const WORDS: Readonly<Record<string, string>> = {
  OBJECT_MATVIEW: 'MATERIALIZED VIEW',
  OBJECT_TABCONSTRAINT: 'TABLE',
  OBJECT_COLUMN: 'TABLE',
  OBJECT_DOMCONSTRAINT: 'DOMAIN',
  OBJECT_ATTRIBUTE: 'TYPE',
  OBJECT_STATISTIC_EXT: 'STATISTICS',
  OBJECT_FDW: 'FOREIGN DATA WRAPPER',
  OBJECT_FOREIGN_SERVER: 'SERVER',
};

/** `OBJECT_FOREIGN_TABLE` → `FOREIGN TABLE`. */
export function objectWords(type: unknown): string {
  const name = typeof type === 'string' ? type : 'OBJECT_TABLE';
  return WORDS[name] ?? name.replace('OBJECT_', '').replaceAll('_', ' ');
}
