/** One case for one number: the kind of its window and what becomes of it, its schema, its plan, and who writes when. */
import { choiceOf, type Choice } from '../ddl/random-choice.js';
import { randomFrom } from '../support/random.js';
import type { Compared, HandMapping, Life, Moment, OracleCase, Unit } from './case.js';
import { createSql, drawSchema, schemaSql } from './draw-schema.js';
import type { Draft, Pair, WindowKind } from './draft.js';
import { drawMoments } from './draw-moments.js';

export function drawCase(seed: number, major: number): OracleCase {
  const choice = choiceOf(randomFrom(Math.imul(seed * 0x9e3779b1, 0x85ebca6b) ^ major));
  const kind = choice.weighted<WindowKind>([
    [4, 'forward'],
    [5, 'both'],
    [3, 'convert'],
    [0.7, 'no window'],
  ]);
  const life = drawLife(choice, kind);
  const draft = drawSchema(choice, major, kind);
  draft.record = kind === 'forward' && choice.chance(draft.shapes.has('target that refuses more') ? 0.7 : 0.25);
  const plan = drawPlan(draft, life);
  // First the schema: what is drawn later does not change it.
  const schema = schemaSql(draft);
  const moments: readonly Moment[] = drawMoments(
    draft,
    life,
    plan.steps.map(({ id }) => String(id)),
  );
  draft.shapes.add(kind === 'forward' && draft.record ? 'forward, record' : kind).add(life);
  return {
    ...{ seed, major, life, kind, record: draft.record, both: kind === 'both', schema, plan, moments },
    compared: [...draft.pairs.map((pair) => comparedOf(draft, pair)), ...draft.others],
    mappings: kind === 'convert' ? [] : draft.pairs.map(handMapping),
    ...{ hangers: draft.hangers, references: draft.references, probes: draft.probes, role: draft.role },
    converted: kind === 'convert' ? convertedColumns(draft) : [],
    shapes: [...draft.shapes],
  };
}

export function withUnits(
  moments: readonly Moment[],
  change: (units: readonly Unit[]) => readonly Unit[],
): readonly Moment[] {
  return moments.map(({ at, units }) => ({ at, units: change(units) }));
}

function drawLife(choice: Choice, kind: WindowKind): Life {
  if (kind === 'no window') return 'no window';
  const [back, close, flipBack, flipClose] = { forward: [5, 5, 0, 0], both: [2, 2, 4, 3], convert: [2, 0.5, 4, 3] }[
    kind
  ];
  return choice.weighted<Life>([
    [back!, 'back'],
    [close!, 'close'],
    [flipBack!, 'flip and back'],
    [flipClose!, 'flip and close'],
  ]);
}

function drawPlan(draft: Draft, life: Life): OracleCase['plan'] {
  const { choice, kind, pairs, record, targetTriggers } = draft;
  const rows = choice.between(2, 6);
  const triggers = kind === 'convert' ? draft.after.some((sql) => sql.includes('TRIGGER')) : targetTriggers;
  const defaults = {
    ...{ workers: 1, batch: { rows, max_rows: rows, target: 'off' }, lock_timeout: '300ms' },
    // What a conversion fills in place is no write of the application.
    ...(triggers && { user_triggers: kind === 'convert' ? 'suppress' : 'fire' }),
  };
  const ids = pairs.map(({ id }) => id);
  const opening = kind === 'convert' ? conversion(draft) : kind === 'no window' ? [] : [dualWrite(ids, kind, record)];
  // One step for each, parents first; or all in one.
  const fills = choice.chance(0.85) ? ids.map((id) => [id]) : [ids];
  const step = (id: string, fields: object): Readonly<Record<string, unknown>> => ({ id, ...fields });
  return {
    name: 'oracle',
    defaults,
    ...(kind !== 'convert' && { mappings: Object.fromEntries(pairs.map((pair) => [pair.id, mappingOf(draft, pair)])) }),
    steps: [
      ...pairs
        .filter(({ made }) => made)
        .map((pair) => step(`make-${pair.id}`, { ddl: createSql(pair, 'new').join('; ') })),
      ...opening,
      ...(kind === 'convert'
        ? []
        : fills.map((mappings, index) => step(`fill-${index + 1}`, { backfill: { mappings } }))),
      ...(kind === 'no window' ? [] : [step('proof', { verify: [{ in_sync: ['w'] }] })]),
      ...(life.startsWith('flip')
        ? [step('flip', { cutover: { windows: ['w'] } }), step('behind', { verify: [{ in_sync: ['w'] }] })]
        : []),
      ...(life.endsWith('close') ? [step('done', { close: closing(draft, life) })] : []),
    ],
  };
}

function closing({ kind }: Draft, life: Life): object {
  if (kind !== 'convert') return { windows: ['w'], quiet: '0s' };
  return life === 'close' ? { windows: ['w'], old: 'keep' } : { windows: ['w'], quiet: '0s', retain: '0s' };
}

function dualWrite(mappings: readonly string[], kind: WindowKind, record: boolean): Readonly<Record<string, unknown>> {
  const both = kind === 'both';
  return {
    id: 'w',
    dual_write: { mappings, ...(both && { direction: 'both' }), ...(record && { on_mirror_error: 'record' }) },
    ...(both && { allow: { deadlocks: 'of the oracle' } }),
  };
}

function conversion(draft: Draft): readonly Readonly<Record<string, unknown>>[] {
  const { choice, pairs, soft } = draft;
  const value = choice.one(['random', 'derived', 'derived']);
  draft.shapes.add(`value ${value}`);
  // Keys of rows that others mean without a foreign key do not move, as the plan says.
  if (soft.length > 0) draft.keysMove = false;
  return [
    {
      id: 'w',
      convert_uuid: {
        tables: pairs.map(({ source }) => source),
        value,
        ...(value === 'derived' && { namespace: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' }),
        ...(soft.length > 0 && { references: soft, orphans: 'keep' }),
      },
    },
  ];
}

function mappingOf(draft: Draft, pair: Pair): Readonly<Record<string, unknown>> {
  const { kind } = draft;
  const mapped = pair.columns.filter(({ to }) => to !== null);
  const reverse = Object.fromEntries(
    mapped.flatMap(({ name, reverse: text }) => (text === undefined ? [] : [[name, text]])),
  );
  return {
    ...{ from: pair.source, to: pair.target },
    columns: Object.fromEntries(mapped.map(({ name, to, expression }) => [to!, expression ?? name])),
    ...(pair.where !== null && { where: pair.where }),
    ...(pair.targetWhere !== null && { target_where: pair.targetWhere }),
    ...(kind === 'both' && {
      reverse: { ...(Object.keys(reverse).length > 0 && { columns: reverse }), on_delete: pair.onDelete },
    }),
  };
}

function handMapping(pair: Pair): HandMapping {
  const mapped = pair.columns.filter(({ to }) => to !== null);
  const text = ({ name, expression }: (typeof mapped)[number]): string => expression ?? name;
  return {
    ...{ id: pair.id, source: pair.source, target: pair.target, where: pair.where, targetWhere: pair.targetWhere },
    key: pair.key.map((each) => [each.to!, text(each)]),
    values: mapped.filter((each) => !pair.key.includes(each)).map((each) => [each.to!, text(each)]),
  };
}

function comparedOf({ kind }: Draft, pair: Pair): Compared {
  const counted = pair.columns.filter((each) => each.counted === true).map(({ name }) => name);
  const references = pair.references.flatMap(({ columns }) => columns);
  const converted = kind === 'convert' ? [...pair.key, ...references].map(({ name }) => name) : [];
  return { table: pair.source, columns: pair.columns.map(({ name }) => name), counted, converted, log: false };
}

function convertedColumns({ pairs, others }: Draft): readonly string[] {
  const own = pairs.flatMap(({ key, references }) => [...key, ...references.flatMap(({ columns }) => columns)]);
  return [...new Set([...own.map(({ name }) => name), ...others.flatMap(({ converted }) => converted)])];
}
