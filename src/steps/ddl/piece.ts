/**
 * What a statement of a `ddl` step becomes: one or several pieces, each the online form of a part of it, with its own way
 * back. A form knows how to write SQL; what the SQL touches, locks and changes in the catalog is read off its text, by
 * `lower`, for the way there and the way back alike.
 */
import type { CatalogSnapshot, Relation, RelationName } from '../../catalog/catalog-snapshot.js';
import type { CatalogEffect } from '../../catalog/effects.js';
import type { HazardName } from '../../operation/hazard.js';
import type { Observation } from '../../operation/operation.js';
import type { ParsedStatement, RangeVar } from '../../sql/grammar.js';
import type { FieldsOf, NodeKind } from '../../sql/tree-walk.js';
import type { DdlCode } from './codes.js';

export interface Piece {
  /** Last part of the operation's id, unique among the pieces of one statement: `build`, `validate`. */
  readonly name: string;
  /** For a person, in the imperative: "build index users_email_idx on users". */
  readonly label: string;
  /** With more than one, all in one transaction. */
  readonly statements: readonly string[];
  /**
   * `unlimited`: a transaction without lock and statement timeout, for work whose locks hold nobody up. `outside`: no
   * transaction, no timeouts; then the catalog says afterwards whether it happened.
   */
  readonly runs: 'in a transaction' | 'unlimited' | 'outside';
  /** Where it runs outside. */
  readonly observation?: Observation;
  readonly hazards: readonly PieceHazard[];
  /** In the order in which they run on the way back; or why there are none. */
  readonly back: WayBack;
}

export interface PieceHazard {
  readonly name: HazardName;
  /** Why here. */
  readonly detail: string;
  /** What would avoid it. */
  readonly help?: string;
}

/** `none`: why it cannot be derived. `goesWith`: what takes it along on its own way back: "its table". */
export type WayBack = readonly BackPiece[] | { readonly none: string } | { readonly goesWith: string };

/** A piece of a way back has no way back of its own; what may wait or lose on it, the plan says where it is shown. */
export type BackPiece = Omit<Piece, 'back' | 'hazards'>;

/** One statement of the step, and the catalog as the pieces before it will have left it. */
export interface FormContext {
  readonly statement: ParsedStatement;
  readonly catalog: CatalogSnapshot;
  /** Where a name without a schema is looked for first, and where it is made. */
  readonly schema: string;
  /** What the statement, as it is written, changes in the catalog. */
  readonly effects: readonly CatalogEffect[];
  /** Made by this very step: nobody else uses it yet, so nothing has to be online. */
  readonly isNew: (relation: RelationName) => boolean;
  /** The relation that a statement names; where there is none it is reported, unless IF EXISTS says that this is right. */
  readonly relation: (name: RangeVar, missingOk?: boolean) => Relation | undefined;
  /** The catalog after some statements. */
  readonly after: (statements: readonly string[], catalog?: CatalogSnapshot) => CatalogSnapshot;
  /** What other statements become, each by its own form, one after the other from that catalog on. */
  readonly expand: (statements: readonly string[], catalog?: CatalogSnapshot) => readonly Piece[];
  /** What the server printed, as statements. */
  readonly parse: (text: string) => readonly ParsedStatement[];
  /** Reports a problem at the statement; the form then returns no pieces. */
  readonly refuse: (code: DdlCode, detail: string, help: string) => void;
  /** Says that there is nothing to do: IF NOT EXISTS, and it is there. */
  readonly note: (detail: string) => void;
}

/** From one statement to its pieces. */
export type Form<K extends NodeKind> = (fields: FieldsOf<K>, at: FormContext) => readonly Piece[];

/** A piece that is one quick transaction. */
export function quick(name: string, label: string, statements: readonly string[], back: WayBack): Piece {
  return { name, label, statements, runs: 'in a transaction', hazards: [], back };
}

export function quickBack(label: string, ...statements: readonly string[]): BackPiece {
  return { name: 'back', label, statements, runs: 'in a transaction' };
}

/** Pieces of the way there as pieces of a way back. */
export function asWayBack(pieces: readonly Piece[]): readonly BackPiece[] {
  return pieces.map(({ name, label, statements, runs, observation }) => ({
    ...{ name, label, statements, runs },
    ...(observation !== undefined && { observation }),
  }));
}
