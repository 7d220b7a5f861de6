/**
 * What a statement of a `ddl` step becomes: one or several pieces, each the online form of a part of it, with its own way
 * back. A form knows how to write SQL; what the SQL touches, locks and changes in the catalog is read off its text, by
 * `lower`, for the way there and the way back alike.
 */
import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';
import type { HazardName } from '../../operation/hazard.js';
import type { Observation } from '../../operation/operation.js';
import type { Grammar, ParsedStatement } from '../../sql/grammar.js';

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

export type WayBack = readonly BackPiece[] | { readonly none: string } | { readonly goesWith: string };

/** A piece of a way back has no way back of its own; what may wait or lose on it, the plan says where it is shown. */
export type BackPiece = Omit<Piece, 'back' | 'hazards'>;

/** One statement of the step, and the catalog as the pieces before it will have left it. */
export interface FormContext {
  readonly statement: ParsedStatement;
  readonly catalog: CatalogSnapshot;
  /** Where a name without a schema is looked for, and where it is made. */
  readonly schema: string;
  readonly grammar: Grammar;
  /** Reports a problem at the statement; the form then returns no pieces. */
  readonly refuse: (code: 'LS6203' | 'LS6204', detail: string, help: string) => void;
}
