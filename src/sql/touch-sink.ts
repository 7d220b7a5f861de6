/** Where the readers of single statement kinds put what they find; `touch.ts` collects it. */
import type { Node, RangeVar } from './grammar.js';
import type { NameParts } from './identifier.js';
import type { LockMode } from './lock-mode.js';
import type { FieldsOf, NodeKind } from './tree-walk.js';

export interface TouchSink {
  /** It names no relation here, or one that was reported already: the walk passes over it. */
  claim(relation: RangeVar | undefined): void;
  /** Its rows are locked FOR UPDATE or SHARE: when the walk comes to it, the lock is ROW SHARE. */
  rowLock(relation: RangeVar): void;
  /** Changes rows or shape. A mode of null: it is new, and nobody else sees it. */
  write(target: RangeVar | NameParts | undefined, mode: LockMode | null): void;
  read(target: RangeVar | NameParts | undefined, mode: LockMode): void;
  /** A statement that names an index and locks its table too. */
  index(name: NameParts, indexMode: LockMode, tableMode: LockMode | null): void;
  call(name: readonly Node[] | undefined): void;
  create(object: string, name: NameParts): void;
  drop(object: string, name: NameParts): void;
  nonTransactional(): void;
  cascades(): void;
  /** The first reason stays. */
  opaque(reason: string): void;
}

/** By node kind; also applied where the node stands inside another statement. */
export type Handlers = { readonly [K in NodeKind]?: (fields: FieldsOf<K>, sink: TouchSink) => void };
