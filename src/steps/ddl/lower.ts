/**
 * Statements to operations. A statement becomes pieces by its form; quick pieces that follow each other within one
 * statement share a transaction, so that an ALTER TABLE is not seen half done. What a piece touches, locks and changes is
 * read off its own text against the catalog that the pieces before it leave, on the way there and on the way back.
 */
import type { CatalogSnapshot } from '../../catalog/catalog-snapshot.js';
import type { CatalogEffect } from '../../catalog/effects.js';
import type { Hazard } from '../../operation/hazard.js';
import { IS_A_WAY_BACK, type Reversal, type StatementOperation } from '../../operation/operation.js';
import type { ParsedStatement } from '../../sql/grammar.js';
import type { Fragment, LowerContext } from '../step-definition.js';
import { strongestLocks } from '../catalog-locks.js';
import { touchesOf } from '../touches.js';
import { createExpander, type Expander } from './expand.js';
import { lockedFirst } from './locked-first.js';
import type { BackPiece, Piece } from './piece.js';
import { createPrelude } from './prelude.js';
import type { SpanOf, Tell } from './tell.js';

export function lowerDdl(
  statements: readonly ParsedStatement[],
  context: LowerContext,
  tell: Tell,
  spanOf: SpanOf,
  prefix = context.step,
): Fragment {
  const expander = createExpander(context, tell, spanOf);
  const prelude = createPrelude();
  const operations: StatementOperation[] = [];
  const effects: CatalogEffect[] = [];
  let catalog = context.catalog;
  for (const [index, statement] of statements.entries()) {
    if (prelude.takes(statement)) continue;
    for (const group of groupsOf(expander.piecesOf(statement, catalog))) {
      const before = operations.at(-1);
      const id = `${prefix}/${index + 1}/${nameOf(group)}`;
      const site: Site = { id, step: context.step, catalog, expander, prelude: prelude.texts() };
      const there = operationOf(group, site, before);
      operations.push({
        ...there.operation,
        hazards: consented(group, statement, context, tell),
        reversal: reversalOf(group, statement, { ...site, catalog: there.catalog }, context, tell),
      });
      effects.push(...there.effects);
      catalog = there.catalog;
    }
  }
  return { operations, preconditions: [], effects };
}

interface Site {
  readonly id: string;
  readonly step: string;
  readonly catalog: CatalogSnapshot;
  readonly expander: Expander;
  /** Settings that stand before the statements of a transaction. */
  readonly prelude: readonly string[];
}

/** Quick pieces side by side are one; each other is one by itself. */
function groupsOf<P extends BackPiece>(pieces: readonly P[]): readonly (readonly P[])[] {
  const groups: P[][] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    const joins = piece.runs === 'in a transaction' && last?.[0]?.runs === 'in a transaction';
    if (joins) last.push(piece);
    else groups.push([piece]);
  }
  return groups;
}

function nameOf(group: readonly BackPiece[]): string {
  return group[0]!.name;
}

function operationOf(
  group: readonly BackPiece[],
  { id, step, catalog, expander, prelude }: Site,
  before: StatementOperation | undefined,
): {
  readonly operation: StatementOperation;
  readonly effects: readonly CatalogEffect[];
  readonly catalog: CatalogSnapshot;
} {
  const first = group[0]!;
  const sql = group.flatMap((piece) => piece.statements);
  const steps = expander.follow(sql, catalog);
  const touches = steps.map((each) => touchesOf([each.statement], { catalog: each.before, schema: expander.schema }));
  const locks = strongestLocks(touches.flatMap((touch) => touch.locks));
  const transactional = first.runs !== 'outside';
  const operation: StatementOperation = {
    kind: 'statement',
    id,
    step,
    label: [...new Set(group.map((piece) => piece.label))].join('; '),
    transactional,
    unlimited: first.runs !== 'in a transaction',
    lockFirst: first.runs === 'in a transaction' ? lockedFirst(locks, catalog) : [],
    assertions: [],
    statements: [...(transactional ? prelude : []), ...sql].map((text) => ({ sql: text, parameters: [] })),
    observation: first.observation ?? null,
    reads: [...new Set(touches.flatMap((touch) => touch.reads))].sort(),
    writes: [...new Set(touches.flatMap((touch) => touch.writes))].sort(),
    locks,
    barrier: touches.some((touch) => touch.barrier),
    // Functions and types share no relation with what uses them: the order of the text is the order.
    after: before === undefined ? [] : [before.id],
    skipWhen: [],
    hazards: [],
    reversal: IS_A_WAY_BACK,
  };
  const effects = steps.flatMap((each) => each.effects);
  return { operation, effects, catalog: steps.at(-1)?.after ?? catalog };
}

function consented(
  group: readonly Piece[],
  statement: ParsedStatement,
  { allow }: LowerContext,
  tell: Tell,
): readonly Hazard[] {
  const hazards = group.flatMap((piece) => piece.hazards);
  return hazards.map(({ name, detail, help }) => {
    const consent = allow[name] ?? null;
    const way = help === undefined ? '' : `${help}; or `;
    if (consent === null)
      tell('LS6201', statement, `\`${name}\`: ${detail}`, `${way}consent on the step: allow: { ${name}: reason }`);
    return { name, detail, consent };
  });
}

/** The ways back of a group's pieces, the last first, each linked to the one before. */
function reversalOf(
  group: readonly Piece[],
  statement: ParsedStatement,
  site: Site,
  context: LowerContext,
  tell: Tell,
): Reversal {
  const pieces: BackPiece[] = [];
  const reasons: string[] = [];
  for (const { back } of [...group].reverse()) {
    if ('none' in back) {
      if (context.rollback.kind === 'auto') {
        const help = 'say how with `rollback: { sql: … }` on the step, or consent with `rollback: { none: reason }`';
        tell('LS6202', statement, `${back.none}.`, help);
      }
      return { kind: 'irreversible', reason: back.none };
    }
    if ('goesWith' in back) reasons.push(`it goes with ${back.goesWith}`);
    else pieces.push(...back);
  }
  if (pieces.length === 0) return { kind: 'nothing', reason: [...new Set(reasons)].join('; ') };
  const operations: StatementOperation[] = [];
  let { catalog } = site;
  const groups = groupsOf(pieces);
  for (const [index, each] of groups.entries()) {
    const id = `undo/${site.id}${groups.length === 1 ? '' : `/${index + 1}`}`;
    const back = operationOf(each, { ...site, id, catalog, prelude: [] }, operations.at(-1));
    operations.push(back.operation);
    catalog = back.catalog;
  }
  return { kind: 'operations', operations };
}
