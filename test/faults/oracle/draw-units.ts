/** Transactions of statements: alone or several, at every isolation level, chains of keys, savepoints, and what refers to targets. */
import type { Isolation, Statement, Unit } from './case.js';
import type { Draft, Pair } from './draft.js';
import { drawStatement, isWhole, keyMoves } from './draw-statements.js';
import { drawByNote } from './draw-by-note.js';
import { newRow, sideText, someRow } from './side-text.js';

export function drawUnit(draft: Draft, side: 'old' | 'new', spans = true): Unit {
  const { choice, shapes, kind } = draft;
  if (kind === 'convert' && (side === 'new' || (draft.edits && choice.chance(0.2)))) return drawByNote(draft, side);
  const isolation = choice.weighted<Isolation>([
    [7, 'READ COMMITTED'],
    [2, 'REPEATABLE READ'],
    [1.5, 'SERIALIZABLE'],
  ]);
  const statements = choice.weighted([
    [6, (): readonly Statement[] => [drawStatement(draft, side)]],
    [3, () => Array.from({ length: choice.between(2, 4) }, () => drawStatement(draft, side))],
    [draft.keysMove ? 2 : 0, () => chain(draft, side)],
    [1, () => savepoint(draft, side)],
    [1, () => outAndIn(draft, side)],
  ])();
  const end = choice.chance(0.92) ? 'COMMIT' : 'ROLLBACK';
  const span = !spans
    ? 'now'
    : isolation === 'READ COMMITTED'
      ? choice.weighted([
          [9, 'now'],
          [2, 'late commit'],
        ] as const)
      : choice.weighted([
          [3, 'now'],
          [2, 'early snapshot'],
        ] as const);
  shapes.add(isolation.toLowerCase()).add(`span: ${span}`).add(`${side} side`).add(end);
  return { statements, isolation, end, span, side };
}

/** 2 → 12 → 22, or two keys that change places. */
function chain(draft: Draft, side: 'old' | 'new'): readonly Statement[] {
  const { choice, shapes } = draft;
  const pair = choice.one(side === 'old' ? draft.pairs : draft.pairs.filter(isWhole));
  if (!keyMoves(draft, pair, side)) return [drawStatement(draft, side)];
  const [a, b, c] = [someRow(draft), newRow(draft), choice.chance(0.5) ? newRow(draft) : someRow(draft)];
  const steps = choice.chance(0.5)
    ? [
        [a, b],
        [b, newRow(draft)],
      ]
    : [
        [a, b],
        [c, a],
        [b, c],
      ];
  shapes.add('chain of keys');
  const said = steps.map(([from, to]) =>
    say(
      pair,
      side,
      (text) => {
        const set = pair.key.map((each) => `${text.name(each)} = ${each.value(to!)}`).join(', ');
        return `UPDATE ${text.table} SET ${set} WHERE ${text.name(pair.key.at(-1)!)} = ${pair.key.at(-1)!.value(from!)}`;
      },
      'chain of keys',
    ),
  );
  if (!choice.chance(0.5)) return said;
  return [...said.slice(0, 1), drawStatement(draft, side, 'UPDATE'), ...said.slice(1)];
}

function say(
  pair: Pair,
  side: 'old' | 'new',
  text: (side: ReturnType<typeof sideText>) => string,
  form: string,
): Statement {
  return { beside: text(sideText(pair, side)), alone: text(sideText(pair, 'old')), form };
}

function savepoint(draft: Draft, side: 'old' | 'new'): readonly Statement[] {
  draft.shapes.add('savepoint');
  const both = (sql: string): Statement => ({ beside: sql, alone: sql, form: 'savepoint' });
  return [
    drawStatement(draft, side),
    both('SAVEPOINT here'),
    drawStatement(draft, side),
    both('ROLLBACK TO SAVEPOINT here'),
    drawStatement(draft, side),
  ];
}

/** A row that goes and comes again under its key, or under another spelling of it. */
function outAndIn(draft: Draft, side: 'old' | 'new'): readonly Statement[] {
  const { choice, shapes } = draft;
  const pair = choice.one(side === 'old' ? draft.pairs : draft.pairs.filter(isWhole));
  if (pair.references.some(({ nullable }) => !nullable)) return [drawStatement(draft, side)];
  const n = someRow(draft);
  const key = pair.key.at(-1)!;
  const again =
    pair.keyType.spelled !== undefined && choice.chance(0.7)
      ? [pair.keyType.spelled(n)]
      : pair.key.map(({ value }) => value(n));
  const note = newRow(draft);
  const always = (text: ReturnType<typeof sideText>): string =>
    (text.side === 'new' && pair.identity === 'ALWAYS') || (text.side === 'old' && pair.sourceIdentity)
      ? ' OVERRIDING SYSTEM VALUE'
      : '';
  shapes.add('out and in again');
  return [
    say(
      pair,
      side,
      (text) => `DELETE FROM ${text.table} WHERE ${text.name(key)} = ${key.value(n)}`,
      'out and in again',
    ),
    say(
      pair,
      side,
      (text) => {
        const noted = text.side === 'old' && side === 'old';
        const word = pair.columns.find(({ name }) => name === 'word')!;
        return `INSERT INTO ${text.table} (${text.names(pair.key)}, ${text.name(word)}${noted ? ', note' : ''})${always(text)} VALUES (${again.join(', ')}, 'again'${noted ? `, 'note again ${note}'` : ''})`;
      },
      'out and in again',
    ),
  ];
}

/** A row of others beside a target row; nothing corresponds to it on the old side. */
export function drawHanging(draft: Draft): Unit | undefined {
  const hanger = draft.choice.maybeOne(draft.hangers);
  if (hanger === undefined) return undefined;
  const pair = draft.pairs.find(({ id }) => id === hanger.mapping)!;
  const on = pair.key.map(({ name, to }) => `t.${to!} = s.${name}`).join(' AND ');
  const first = newRow(draft) * 100;
  const statement: Statement = {
    beside: `INSERT INTO ${hanger.table} SELECT ${first} + row_number() OVER (ORDER BY s.note), ${pair.key.map(({ to }) => `t.${to!}`).join(', ')}, s.note FROM ${pair.source} s JOIN ${pair.target} t ON ${on} WHERE s.n % 2 = ${draft.choice.between(0, 1)} AND s.note IS NOT NULL`,
    ...{ alone: null, form: 'rows of others' },
  };
  draft.shapes.add('rows of others');
  return { statements: [statement], isolation: 'READ COMMITTED', end: 'COMMIT', span: 'now', side: 'others' };
}
