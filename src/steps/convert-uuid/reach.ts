/** What a conversion takes along, for whoever reads the plan: the keys as a forest, and what becomes of what stands on them. */
import { sqlName } from '../../mapping/mapping.js';
import type { ReachedColumn, ReachedObject, StepReach } from '../../operation/step-reach.js';
import { quoteIdentifier, relationKey } from '../../sql/identifier.js';
import { affectedPolicies } from '../../windows/inside-tables/affected-policies.js';
import { affectedViews } from '../../windows/inside-tables/affected-views.js';
import {
  namesOfParts,
  type ColumnsWindow,
  type Counterpart,
  type Twin,
  type TwinTable,
} from '../../windows/inside-tables/columns-window.js';
import { defaultOf } from '../../windows/inside-tables/swap-columns.js';
import type { LowerContext } from '../step-definition.js';
import type { KeyNode } from './key-node.js';
import { functionsThatName } from './refuse-dependents.js';

export function reachOf(window: ColumnsWindow, nodes: readonly KeyNode[], context: LowerContext): StepReach {
  return {
    columns: nodes.map(reachedColumn),
    objects: [
      ...window.tables.flatMap((table) => [
        ...table.twins.flatMap((twin) => ofColumn(table, twin)),
        ...window.counterparts
          .filter((one) => [table.name, ...namesOfParts(table)].includes(one.table))
          .map(ofCounterpart),
        ...ofTriggers(table),
        ...ofPublications(table),
      ]),
      ...ofMadeAgain(window, context),
      ...functionsThatName(window.tables, context).map(ofFunction),
    ],
  };
}

function reachedColumn({ relation, column, from }: KeyNode): ReachedColumn {
  const of = from === null ? null : `${from.parent}.${quoteIdentifier(from.parentColumn)}`;
  return {
    column: `${sqlName(relation)}.${quoteIdentifier(column.name)}`,
    type: column.type,
    of,
    by: from === null ? 'named in the plan' : from.by,
  };
}

function ofColumn({ name, relation }: TwinTable, twin: Twin): readonly ReachedObject[] {
  const { old, new: twinName, legacy, swaps, value, type } = twin;
  const object = (kind: string, of: string, becomes: string): ReachedObject => ({
    relation: name,
    kind,
    name: of,
    becomes,
  });
  const made = value.kind === 'own' ? VALUES[value.by.how] : `that of ${value.parent}`;
  const then = swaps
    ? `at a cutover that is called \`${old}\`, and this one \`${legacy}\``
    : 'both keep their names at a cutover';
  const column = relation.columns.find((one) => one.name === old)!;
  const given = defaultOf(twin);
  const numbered = column.identity !== 'no' || /^nextval\(/.test(twin.default ?? '');
  return [
    object('column', old, `${type}; \`${twinName}\` uuid beside it, ${made}; ${then}`),
    ...(twin.default === null || value.kind !== 'own' || value.by.how !== 'cast'
      ? []
      : [object('default', old, 'moves to the new key at a cutover, as uuid, and back')]),
    ...(numbered
      ? [object('sequence', old, 'stays with the old key, and numbers rows that come with a new key alone')]
      : []),
    ...(given === null || (value.kind === 'own' && value.by.how === 'cast')
      ? []
      : [object('default', twinName, `${given} from a cutover on`)]),
    ...(value.kind === 'looked up' && !value.upheld
      ? [
          object(
            'reference',
            old,
            `nothing proves that it refers to a row: what refers to none is counted first, and ${ORPHANS[value.orphans]}`,
          ),
        ]
      : []),
  ];
}

const ORPHANS = {
  fail: 'stops the run',
  keep: 'has no new value',
  set_null: 'becomes NULL',
  quarantine: 'is set aside',
} as const;

const VALUES = {
  cast: 'the same text',
  random: 'random',
  v7: 'by time',
  derived: 'computed from it',
} as const;

function ofCounterpart({ kind, table, name, twin, legacy }: Counterpart): ReachedObject {
  return { relation: table, kind, name, becomes: COUNTERPARTS[kind](twin, legacy) };
}

/** What `swapThere` does to each. */
const COUNTERPARTS: { readonly [Kind in Counterpart['kind']]: (twin: string, legacy: string) => string } = {
  index: (twin, legacy) =>
    `\`${twin}\` is built beside it, CONCURRENTLY; at a cutover that takes the name, and this one is \`${legacy}\``,
  'primary key': (twin) => `\`${twin}\` is built beside it, CONCURRENTLY; at a cutover it becomes the primary key`,
  unique: (twin, legacy) =>
    `\`${twin}\` is built beside it, CONCURRENTLY; at a cutover that takes the name, and this one is \`${legacy}\``,
  'not null': (twin) => `\`${twin}\` is proved beside it; at a cutover that takes the name`,
  'foreign key': (twin) =>
    `\`${twin}\` is proved beside it; at a cutover that takes the name, and this one goes until a way back`,
};

function ofTriggers({ name, relation, twins }: TwinTable): readonly ReachedObject[] {
  return relation.triggers.map((trigger) => ({
    relation: name,
    kind: 'trigger',
    name: trigger.name,
    becomes: `stays; its function means the new ${twins.length === 1 ? 'column' : 'columns'} by the old ${twins.length === 1 ? 'name' : 'names'} from a cutover on`,
  }));
}

function ofPublications({ name, relation }: TwinTable): readonly ReachedObject[] {
  return (relation.publications ?? []).map((publication) => ({
    relation: name,
    kind: 'publication',
    name: publication,
    becomes: 'sends the new columns too; names that subscribers do not have stop them',
  }));
}

function ofMadeAgain({ tables }: ColumnsWindow, { catalog, statementsOf }: LowerContext): readonly ReachedObject[] {
  const views = affectedViews(tables, catalog, statementsOf);
  const becomes = 'made again in the cutover, with the same text, and so over the new keys';
  return [
    ...views.map(({ kind, name }) => ({ relation: null, kind, name, becomes })),
    ...affectedPolicies(tables, views, catalog, statementsOf).map(({ name, relation }) => ({
      ...{ relation: relationKey(relation), kind: 'policy', name },
      becomes: `${becomes}: read it`,
    })),
  ];
}

function ofFunction(key: string): ReachedObject {
  const at = key.indexOf(' ');
  return {
    relation: null,
    kind: key.slice(0, at),
    name: key.slice(at + 1),
    becomes: 'stays as text, which means the new keys from a cutover on: read it',
  };
}
