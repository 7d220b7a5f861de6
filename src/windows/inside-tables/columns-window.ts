/**
 * A window inside of tables: beside a column stands its twin, of another type, and each row carries both. Triggers keep the
 * two in step whichever of them a session writes; a cutover gives the twin the name. So unlike a window between tables there
 * is no second row that could be missing, doubled or resurrected: what can differ is a value within a row.
 */
import type { Relation } from '../../catalog/catalog-snapshot.js';
import { sha256 } from '../../kernel/digest.js';
import { quoteIdentifier, relationKey } from '../../sql/identifier.js';
import { LAST_TRIGGER } from '../window-name.js';
import type { WindowBase } from '../window.js';

export interface ColumnsWindow extends WindowBase {
  readonly kind: 'columns';
  readonly direction: 'both';
  /** Parents before children. Empty: everything was converted before, and nothing is left to do. */
  readonly tables: readonly TwinTable[];
  readonly counterparts: readonly Counterpart[];
  /** Keeps every pair of old and new key, for whoever outside knows the old ones. */
  readonly map: KeyMap | null;
}

export interface TwinTable {
  /** Qualified and quoted. */
  readonly name: string;
  /** As it was before the window. */
  readonly relation: Relation;
  /** Its partitions of then, at any depth, each behind the one that it is a partition of. */
  readonly parts: readonly Relation[];
  /** Tells its rows, by the names before the cutover, not quoted. */
  readonly key: readonly { readonly name: string; readonly type: string }[];
  readonly twins: readonly Twin[];
  /** Names of the indexes and constraints that it had when the window opened; of a window of another plan only. */
  readonly had?: readonly string[];
  /** Its own triggers do not fire for what the run writes. */
  readonly suppressed?: true;
}

/** Names are not quoted. */
export interface Twin {
  /** Before the cutover. */
  readonly old: string;
  readonly new: string;
  /** What the old one is called after the cutover, when `new` has its name. */
  readonly legacy: string;
  /** Of the old one. */
  readonly type: string;
  /** The old one is NOT NULL, and so will be the twin. */
  readonly notNull: boolean;
  /** SQL of the old one's default. */
  readonly default: string | null;
  readonly value: TwinValue;
  /** False for one that means something else in other rows: both keep their names. */
  readonly swaps: boolean;
}

export type TwinValue = OwnValue | LookedUp;

/** A key that refers to nothing: its value is made here. */
export interface OwnValue {
  readonly kind: 'own';
  readonly by: ValueRule;
  /** SQL that gives a row its old key where it comes without one; null: its default does, or the new key itself. */
  readonly oldValue: string | null;
}

export type ValueRule =
  | { readonly how: 'cast' }
  | { readonly how: 'random' }
  | { readonly how: 'v7' }
  | { readonly how: 'derived'; readonly namespace: string };

/** The value of the row that it refers to. */
export interface LookedUp {
  readonly kind: 'looked up';
  /** `cast` and `derived` need no look at the parent while the old side leads. */
  readonly by: ValueRule;
  /** The parent's table, qualified and quoted. */
  readonly parent: string;
  /** The twin of the parent that it takes: name of the old column there. */
  readonly parentColumn: string;
  /** Further columns of a composite reference: own and of the parent, by the names before the cutover. */
  readonly also: readonly { readonly own: string; readonly parent: string }[];
  /** Which rows refer to that parent; null: all. SQL over one row. */
  readonly where: string | null;
  /** Columns that `where` reads. */
  readonly whereReads: readonly { readonly name: string; readonly type: string }[];
  /** A validated foreign key says that the parent is there. */
  readonly upheld: boolean;
  readonly orphans: Orphans;
}

/**
 * What a reference means that finds nothing. `fail`: a difference. With all others it is none: the old value stays, and the new one
 * is NULL, unless the old one itself says it. `set_null`: both are NULL, once a pass has come by. `quarantine`: the row is noted down.
 */
export type Orphans = 'fail' | 'keep' | 'set_null' | 'quarantine';

/** An index or a constraint over an old column, and the same over its twin. */
export interface Counterpart {
  readonly kind: 'index' | 'primary key' | 'unique' | 'not null' | 'foreign key';
  /** Its table is partitioned. */
  readonly partitioned: boolean;
  /** Its table is a partition, and may be gone by the time of a cutover. */
  readonly onPartition: boolean;
  /** It is a part of that of the table above, and goes with it. */
  readonly part: boolean;
  /** Qualified and quoted. */
  readonly table: string;
  readonly schema: string;
  /** What it is called, and after the cutover its counterpart. */
  readonly name: string;
  /** The counterpart before the cutover. */
  readonly twin: string;
  /** What it is called after the cutover, where it stays. */
  readonly legacy: string;
  /** As the server prints it, by the names before the cutover. */
  readonly definition: string;
  readonly twinDefinition: string;
}

export interface KeyMap {
  /** Qualified and quoted. */
  readonly table: string;
  /** Stays when the window is closed. */
  readonly keep: boolean;
}

export type Side = 'old' | 'new';

/** What a twin's two columns are called while a side leads, quoted. */
export function columnNames(twin: Twin, leads: Side): { readonly old: string; readonly new: string } {
  if (leads === 'old' || !twin.swaps) return { old: quoteIdentifier(twin.old), new: quoteIdentifier(twin.new) };
  return { old: quoteIdentifier(twin.legacy), new: quoteIdentifier(twin.old) };
}

/** What any column of a table is called while a side leads, quoted; by its name before the cutover. */
export function nameThen(table: Pick<TwinTable, 'twins'>, column: string, leads: Side): string {
  const twin = table.twins.find(({ old }) => old === column);
  return twin === undefined ? quoteIdentifier(column) : columnNames(twin, leads).old;
}

/** The table and its partitions, those first that have others. */
export function relationsOf({ relation, parts }: Pick<TwinTable, 'relation' | 'parts'>): readonly Relation[] {
  return [relation, ...parts];
}

/** With their columns of today: of a window of another plan, whose tables go on. */
export function tablesNow(
  { tables }: Pick<ColumnsWindow, 'tables'>,
  relations: Readonly<Record<string, Relation>>,
): readonly TwinTable[] {
  const now = (relation: Relation): Relation => relations[relationKey(relation)] ?? relation;
  return tables.map((table) => ({ ...table, relation: now(table.relation), parts: table.parts.map(now) }));
}

/** Qualified and quoted. */
export function namesOfParts({ parts }: Pick<TwinTable, 'parts'>): readonly string[] {
  return parts.map(relationKey);
}

export function twinTable(window: Pick<ColumnsWindow, 'tables'>, name: string): TwinTable {
  return window.tables.find((table) => table.name === name)!;
}

/** The parent's twin from which a reference takes its value. */
export function parentTwin(window: Pick<ColumnsWindow, 'tables'>, { parent, parentColumn }: LookedUp): Twin {
  return twinTable(window, parent).twins.find(({ old }) => old === parentColumn)!;
}

/** Functions are qualified and quoted, triggers quoted. */
export interface TwinNames {
  readonly mirror: string;
  readonly settle: string;
  readonly keep: string;
  readonly part: (twin: Twin) => string;
  readonly oldValue: (twin: Twin) => string;
  readonly insertTrigger: string;
  readonly updateTrigger: string;
  readonly settleTrigger: string;
  readonly settleChangedTrigger: string;
  readonly keepTrigger: string;
  readonly keepChangedTrigger: string;
}

export function twinNames(window: string, table: string): TwinNames {
  const label = shortened(`${window}: ${table}`, LONGEST_LABEL);
  const own = (what: string): string => `lockstep.${quoteIdentifier(`${what} of ${label}`)}`;
  return {
    mirror: own('twins'),
    settle: own('settle'),
    keep: own('keep'),
    part: (twin) => own(`p${sha256(twin.old).slice(0, 4)}`),
    oldValue: (twin) => own(`o${sha256(twin.old).slice(0, 4)}`),
    insertTrigger: quoteIdentifier(`${LAST_TRIGGER}${label} i`),
    updateTrigger: quoteIdentifier(`${LAST_TRIGGER}${label} u`),
    settleTrigger: quoteIdentifier(`${LAST_TRIGGER}${label} s`),
    settleChangedTrigger: quoteIdentifier(`${LAST_TRIGGER}${label} t`),
    keepTrigger: quoteIdentifier(`${LAST_TRIGGER}${label} k`),
    keepChangedTrigger: quoteIdentifier(`${LAST_TRIGGER}${label} c`),
  };
}

const LONGEST_LABEL = 48;

/** A name of at most so many bytes; a long one is cut, and stays unique by its digest. */
export function shortened(name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name;
  const cut = Buffer.from(name)
    .subarray(0, bytes - 9)
    .toString('utf8')
    .replace(/\uFFFD+$/u, '');
  return `${cut}~${sha256(name).slice(0, 8)}`;
}
