/** A schema while it is drawn: pairs of tables, old and new, what hangs on them, and what was drawn by which name. */
import type { Choice } from '../ddl/random-choice.js';
import type { Compared, Hanger, HandReference } from './case.js';

export interface Column {
  readonly name: string;
  /** On the new side; null: not mapped. */
  to: string | null;
  type: string;
  toType: string;
  /** What follows the type. */
  more: string;
  toMore: string;
  /** What the mapping says, and the way back; absent: as it is. */
  expression?: string;
  reverse?: string;
  /** A literal for a number; the same number, the same value. */
  readonly value: (n: number) => string;
  /** Only triggers write it. */
  readonly counted?: boolean;
  /** The server computes it. */
  readonly generated?: boolean;
}

export interface KeyType {
  readonly name: string;
  readonly types: readonly string[];
  readonly values: readonly ((n: number) => string)[];
  /** Another spelling of the same key. */
  readonly spelled?: (n: number) => string;
  readonly before?: readonly string[];
}

export interface Reference {
  readonly parent: Pair;
  readonly columns: readonly Column[];
  nullable: boolean;
}

/** A source and its target; of a conversion the source alone. */
export interface Pair {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly keyType: KeyType;
  readonly key: readonly Column[];
  readonly columns: Column[];
  readonly references: Reference[];
  where: string | null;
  targetWhere: string | null;
  /** Column of the soft delete that `where` reads. */
  live: Column | null;
  sourcePartitions: 'none' | 'list' | 'hash';
  targetPartitions: 'none' | 'list' | 'hash';
  /** Of the target's key, and of the source's. */
  identity: 'none' | 'BY DEFAULT' | 'ALWAYS';
  sourceIdentity: boolean;
  /** Further columns of the target, which no mapping fills. */
  readonly targetExtra: string[];
  /** Made by a step of the plan. */
  made: boolean;
  /** A view through which the application may write. */
  view: string | null;
  onDelete: 'delete' | 'ignore';
}

export type WindowKind = 'forward' | 'both' | 'convert' | 'no window';

export interface Draft {
  readonly choice: Choice;
  readonly major: number;
  readonly kind: WindowKind;
  record: boolean;
  readonly pairs: Pair[];
  readonly types: string[];
  /** Behind tables and rows: constraints, triggers, rules. */
  readonly after: string[];
  readonly others: Compared[];
  readonly hangers: Hanger[];
  readonly references: HandReference[];
  /** References without a foreign key, as the plan names them. */
  readonly soft: { readonly column: string; readonly to: string }[];
  readonly shapes: Set<string>;
  readonly probes: string[];
  role: string | null;
  owner: string | null;
  /** Triggers of the target that the plan must speak for. */
  targetTriggers: boolean;
  /** Whether old code may change keys: not where a conversion cannot follow. */
  keysMove: boolean;
  numbers: number;
  /** There is a table of edits, whose reference has two parts. */
  edits: boolean;
  /** The window is open: what a stricter target does not take may come. */
  open: boolean;
}

/** A feature of schemas. Others are added to the list of `features.ts`. */
export interface Feature {
  readonly name: string;
  readonly weight: number;
  /** Default: windows of tables, not conversions. */
  readonly kinds?: readonly WindowKind[];
  /** False: it does not fit what was drawn so far. */
  readonly add: (draft: Draft) => boolean;
}

export const TABLES: readonly WindowKind[] = ['forward', 'both', 'no window'];
export const EVERY: readonly WindowKind[] = ['forward', 'both', 'no window', 'convert'];

export function plainColumns({ columns, key }: Pair): readonly Column[] {
  return columns.filter((column) => !key.includes(column) && column.counted !== true && column.generated !== true);
}

export function names(columns: readonly Column[], side: 'old' | 'new'): string {
  return columns.map(({ name, to }) => (side === 'old' ? name : (to ?? name))).join(', ');
}

/** A text value column that triggers, rules and checks may play with. */
export function wordOf({ columns }: Pair): Column {
  return columns.find(({ name }) => name === 'word')!;
}

export function column(
  name: string,
  to: string | null,
  type: string,
  more: string,
  value: (n: number) => string,
): Column {
  return { name, to, type, toType: type, more, toMore: more, value };
}

/** A trigger of both the function and its text. */
export function addTrigger(
  { after }: Draft,
  name: string,
  on: { readonly table: string; readonly when: string; readonly condition?: string; readonly body: string },
): void {
  after.push(
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${on.body} END $$`,
    `CREATE TRIGGER ${name} ${on.when} ON ${on.table} FOR EACH ROW ${on.condition === undefined ? '' : `WHEN (${on.condition}) `}EXECUTE FUNCTION ${name}()`,
  );
}
