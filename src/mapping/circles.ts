/** Which targets of several mappings refer to one another: what is taken away together, and what before what. */
import { relationKey } from '../sql/identifier.js';
import { sqlName, type Mapping } from './mapping.js';

interface Mapped {
  readonly mapping: Mapping;
}

/** Those whose targets refer to one another, in a circle or each to itself. */
export function circleOf<M extends Mapped>(one: M, all: readonly M[]): readonly M[] {
  return all.filter((other) => refersTo(other, one, all) && refersTo(one, other, all));
}

/** Those whose targets refer to that of `one`, and are in no circle with it. */
export function childrenOf<M extends Mapped>(one: M, all: readonly M[]): readonly M[] {
  return all.filter((other) => refersTo(other, one, all) && !refersTo(one, other, all));
}

/** By a foreign key, or by way of other targets. */
function refersTo(from: Mapped, to: Mapped, all: readonly Mapped[]): boolean {
  const reached = new Set<string>();
  const follow = ({ mapping }: Mapped): void => {
    for (const { kind, references } of mapping.target.constraints) {
      const parent = kind === 'foreign key' && references !== undefined ? relationKey(references.table) : undefined;
      if (parent === undefined || reached.has(parent)) continue;
      reached.add(parent);
      for (const next of all) if (sqlName(next.mapping.target) === parent) follow(next);
    }
  };
  follow(from);
  return reached.has(sqlName(to.mapping.target));
}
