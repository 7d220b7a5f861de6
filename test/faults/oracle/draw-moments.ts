/** Who writes when: moments of the run's own operations and batches, there and on the way back, and the transactions sent at each. */
import type { Life, Moment, Unit } from './case.js';
import type { Draft } from './draft.js';
import { isWhole } from './draw-statements.js';
import { drawHanging, drawUnit } from './draw-units.js';
import { newRow, rowValues, sideText, writable } from './side-text.js';

export function drawMoments(draft: Draft, life: Life, steps: readonly string[]): readonly Moment[] {
  const { choice, kind } = draft;
  const at = (moment: string, units: readonly (Unit | undefined)[]): Moment => ({
    at: moment,
    units: ordered(units.filter((unit) => unit !== undefined)),
  });
  const old = (least: number, most: number): readonly Unit[] =>
    Array.from({ length: choice.between(least, most) }, () => drawUnit(draft, 'old'));
  const either = (share: number): readonly Unit[] =>
    Array.from({ length: choice.between(1, 3) }, () =>
      drawUnit(draft, newSide(draft) && choice.chance(share) ? 'new' : 'old'),
    );
  const moments: Moment[] = [at('before', old(0, 1))];
  draft.open = kind !== 'no window';
  const last = steps.filter((id) => id.startsWith('fill')).length;
  if (kind === 'no window') return [...moments, at('after', [])];
  if (kind === 'convert') {
    for (const nth of increasing(choice.between(2, 4), 22, choice.between))
      moments.push(at(`operation w ${nth}`, old(1, 2)));
    for (const nth of increasing(choice.between(1, 2), 6, choice.between))
      moments.push(at(`batch w ${nth}`, old(1, 2)));
    for (const nth of increasing(choice.between(1, 2), 4, choice.between)) moments.push(at(`fill w ${nth}`, old(1, 2)));
  } else {
    moments.push(at('operation fill-1 1', [...old(1, 2), drawHanging(draft)]));
    for (let fill = 1; fill <= last; fill++)
      if (choice.chance(0.7)) moments.push(at(`batch fill-${fill} ${choice.between(1, 3)}`, old(1, 2)));
  }
  moments.push(
    at('operation proof 1', [drawHanging(draft), ...either(kind === 'both' ? 0.25 : 0), drawHanging(draft)]),
  );
  if (life.startsWith('flip')) {
    // The key that does not lead does not change alone (docs/steps/convert_uuid.md).
    if (kind === 'convert') draft.keysMove = false;
    moments.push(at(`operation flip ${choice.between(1, 4)}`, old(0, 1)));
    moments.push(at('operation behind 1', [drawHanging(draft), ...either(0.6), ...either(0.6)]));
  }
  if (life.endsWith('close')) {
    moments.push(at(`operation done ${choice.between(1, 3)}`, life.startsWith('flip') ? either(0.8) : old(1, 2)));
  }
  if (life.endsWith('back')) moments.push(...backMoments(draft, life, at));
  // Nothing is mirrored any more: the old side alone, where it is what it was.
  if (life.endsWith('back') || (life === 'close' && kind !== 'convert')) moments.push(at('after', old(1, 2)));
  return moments;
}

function newSide({ kind, pairs }: Draft): boolean {
  return kind === 'convert' || (kind === 'both' && pairs.some(isWhole));
}

function backMoments(
  draft: Draft,
  life: Life,
  at: (moment: string, units: readonly (Unit | undefined)[]) => Moment,
): readonly Moment[] {
  const { choice, kind } = draft;
  const units = (): readonly Unit[] => {
    if (life === 'flip and back' && kind === 'both' && choice.chance(0.6)) {
      const held = heldInsert(draft);
      if (held !== undefined) return [held];
    }
    return [drawUnit(draft, 'old')];
  };
  return increasing(choice.between(1, 4), 16, choice.between).map((nth) => at(`back operation ${nth}`, units()));
}

/** New code goes on writing while the way back is gone: what it was acknowledged must be somewhere. */
function heldInsert(draft: Draft): Unit | undefined {
  const pair = draft.choice.maybeOne(draft.pairs.filter((each) => isWhole(each) && each.references.length === 0));
  if (pair === undefined) return undefined;
  const n = newRow(draft);
  const row = rowValues(draft, pair, n);
  const columns = writable(pair, 'new');
  const text = sideText(pair, 'new');
  const always = pair.identity === 'ALWAYS' ? ' OVERRIDING SYSTEM VALUE' : '';
  draft.shapes.add('new side written on the way back');
  const beside = `INSERT INTO ${pair.target} (${text.names(columns)})${always} VALUES (${columns.map((each) => text.given(each, row.get(each)!)).join(', ')})`;
  const held = { mapping: pair.id, key: pair.key.map(({ value }) => value(n)) };
  const statement = { beside, alone: null, form: 'INSERT on the way back', held };
  return { statements: [statement], isolation: 'READ COMMITTED', end: 'COMMIT', span: 'now', side: 'new' };
}

/** An old snapshot is used first, a transaction that stays open is the last; of each one is enough. */
function ordered(units: readonly Unit[]): readonly Unit[] {
  const now = (unit: Unit): Unit => ({ ...unit, span: 'now' });
  const early = units.findIndex(({ span }) => span === 'early snapshot');
  const late = units.findLastIndex(({ span }) => span === 'late commit');
  const between = units.filter((_, index) => index !== early && index !== late).map(now);
  return [...(early < 0 ? [] : [units[early]!]), ...between, ...(late < 0 ? [] : [units[late]!])];
}

function increasing(count: number, most: number, between: (least: number, most: number) => number): readonly number[] {
  const numbers = new Set(Array.from({ length: count }, () => between(1, most)));
  return [...numbers].sort((a, b) => a - b);
}
