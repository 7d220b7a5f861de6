/**
 * A window between tables: each row of a source has a row of a target, and mirrors keep the two in step. What the planner knows
 * of it, and what its functions and triggers are called.
 */
import { sha256 } from '../../kernel/digest.js';
import type { Mapping, ReverseMapping } from '../../mapping/mapping.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { FIRST_TRIGGER, LAST_TRIGGER } from '../window-name.js';
import type { WindowBase } from '../window.js';

export interface TablesWindow extends WindowBase {
  readonly kind: 'tables';
  readonly direction: 'forward' | 'both';
  readonly mirrors: readonly Mirror[];
  /** What a write means that its mirror cannot make: it is refused, or noted down. */
  readonly onMirrorError: 'reject' | 'record';
  /** Names of the mappings that a step has filled. */
  readonly filled: readonly string[];
}

/** What keeps one target in step with its source. */
export interface Mirror {
  readonly mapping: Mapping;
  /** Of the source, not quoted: what the mapping reads of a row, without generated columns. */
  readonly reads: readonly SourceColumn[];
  /** Of the source, computed from `reads`. */
  readonly computes: readonly ComputedColumn[];
  /** Of the target, not quoted: what `target_where` reads. */
  readonly belongsBy: readonly SourceColumn[];
  readonly names: MirrorNames;
  /** Of its target, to targets of the same window, itself among them. Absent: none. */
  readonly parents?: readonly ParentRow[];
  /** Others of the window, or its own rows, refer to its target. */
  readonly isParent?: true;
  /** Null: what is written to the target stays there. */
  readonly back: BackMirror | null;
}

/** A foreign key of a target, as far as the rows that it needs can be brought by the window. */
export interface ParentRow {
  /** Of the mapping whose target it refers to. */
  readonly mapping: string;
  /** Quoted, of the own target, in the order of that mapping's key; with the types of the key. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** What keeps a source in step with its target. */
export interface BackMirror extends ReverseMapping {
  /** Of the target, not quoted: all that the mapping has to do with, without generated columns. */
  readonly reads: readonly SourceColumn[];
  /** Of the target, computed from `reads`. */
  readonly computes: readonly ComputedColumn[];
}

export interface SourceColumn {
  readonly name: string;
  readonly type: string;
}

/** A generated column. A trigger sees those that are not stored as NULL, so it is computed again. */
export interface ComputedColumn extends SourceColumn {
  /** SQL over one row. */
  readonly expression: string;
}

/** SQL that has the columns that a mapping reads, of values of `reads` that are given as SQL. */
export function rowOf({ reads, computes }: Pick<Mirror, 'reads' | 'computes'>, values: readonly string[]): string {
  const row = `SELECT ${reads.map(({ name }, index) => `${values[index]!} AS ${quoteIdentifier(name)}`).join(', ')}`;
  if (computes.length === 0) return row;
  const computed = computes.map(({ name, expression, type }) => `(${expression})::${type} AS ${quoteIdentifier(name)}`);
  return `SELECT stored.*, ${computed.join(', ')} FROM (${row}) AS stored`;
}

/** Qualified and quoted, but for the triggers: those are quoted only. */
export interface MirrorNames {
  /** Of a source row, the target row that it should have, or none. */
  readonly row: string;
  /** Whether two keys are one. */
  readonly sameKey: string;
  /** Whether a target row belongs to the mapping. */
  readonly belongs: string;
  /** Whether two rows of the source are one. */
  readonly sameRow: string;
  readonly mirror: string;
  /** Notes that a key of the source changes. */
  readonly move: string;
  /** Makes such moves on the target. */
  readonly follow: string;
  readonly moveBack: string;
  readonly followBack: string;
  readonly refuseTruncate: string;
  /** Of a target row, the values that its source row should have. */
  readonly back: string;
  /** Whether two keys of the source are one. */
  readonly sameSource: string;
  /** Sets in a source row what a target row leaves behind. */
  readonly unset: string;
  readonly mirrorBack: string;
  readonly watch: string;
  /** Brings a row of the target that others refer to, and all that it refers to itself. */
  readonly bring: string;
  /** What the echo of a write is called, before the key: so that a mirror does not answer its own counterpart. */
  readonly echo: string;
  /** Begins so that no trigger of others comes first, and those of foreign keys (`RI_…`) least of all. */
  readonly trigger: (event: MirroredEvent) => string;
  /** Ends behind all triggers of others: it sees the row as it will be. */
  readonly moveTrigger: string;
  readonly watchTrigger: string;
}

export type MirroredEvent = 'insert' | 'update' | 'delete' | 'truncate';
export const ROW_EVENTS = ['insert', 'update', 'delete'] as const satisfies readonly MirroredEvent[];

/** Names are for people too: an error that a mirror meets shows them. A long one is cut, and stays unique by its digest. */
export function mirrorNames(window: string, mapping: string): MirrorNames {
  const whole = `${window}: ${mapping}`;
  const label =
    whole.length <= LONGEST_LABEL ? whole : `${whole.slice(0, LONGEST_LABEL - 9)}~${sha256(whole).slice(0, 8)}`;
  const own = (what: string): string => `lockstep.${quoteIdentifier(`${what} of ${label}`)}`;
  return {
    row: own('row'),
    sameKey: own('key'),
    belongs: own('part'),
    sameRow: own('same'),
    mirror: own('mirror'),
    move: own('move'),
    follow: own('follow'),
    moveBack: own('move back'),
    followBack: own('follow back'),
    refuseTruncate: own('truncate'),
    back: own('back'),
    sameSource: own('own'),
    unset: own('unset'),
    mirrorBack: own('mirror back'),
    watch: own('watch'),
    bring: own('bring'),
    echo: label,
    trigger: (event) => quoteIdentifier(`${FIRST_TRIGGER}${label} ${event.slice(0, 1)}`),
    moveTrigger: quoteIdentifier(`${LAST_TRIGGER}${label}`),
    watchTrigger: quoteIdentifier(`${FIRST_TRIGGER}${label} w`),
  };
}

/** With everything around it at most 63 bytes; ids of plans and steps are ASCII. */
const LONGEST_LABEL = 48;
