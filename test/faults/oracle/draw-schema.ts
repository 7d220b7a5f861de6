/** Draws the pairs of tables, then features from the list; makes SQL of both. Owns the order: tables, rows, what stands on them. */
import type { Choice } from '../ddl/random-choice.js';
import { column, type Column, type Draft, type KeyType, type Pair, type WindowKind } from './draft.js';
import { FEATURES } from './features.js';
import { KEY_TYPES, OLD_KEY_TYPES, REGION_LIST } from './key-types.js';
import { addReference } from './features/references.js';

export const FIRST_ROWS = 12;

export function drawSchema(choice: Choice, major: number, kind: WindowKind): Draft {
  const draft: Draft = {
    ...{ choice, major, kind, record: false, pairs: [], types: [], after: [], others: [], hangers: [], references: [] },
    ...{ soft: [], shapes: new Set<string>(), probes: [], role: null, owner: null, targetTriggers: false },
    ...{ keysMove: true, numbers: FIRST_ROWS, edits: false, open: false },
  };
  const count = choice.weighted([
    [4, 1],
    [5, 2],
    [2, 3],
  ] as const);
  for (let index = 0; index < count; index++) addPair(draft, ['item', 'part', 'bit'][index]!);
  const [first, second, third] = draft.pairs;
  if (second !== undefined) addReference(draft, second, first!, {});
  if (third !== undefined) addReference(draft, third, choice.one([first!, second!]), {});
  if (choice.chance(0.35)) addReference(draft, first!, first!, {});
  if (second !== undefined && choice.chance(0.15)) addReference(draft, first!, second, { circle: true });
  drawFeatures(draft);
  return draft;
}

function drawFeatures(draft: Draft): void {
  const { choice, kind } = draft;
  let left = FEATURES.filter(({ kinds }) => (kinds ?? ['forward', 'both', 'no window']).includes(kind));
  for (let wanted = choice.between(1, 5); wanted > 0 && left.length > 0;) {
    const feature = choice.weighted(left.map((each) => [each.weight, each] as const));
    left = left.filter((each) => each !== feature);
    if (!feature.add(draft)) continue;
    draft.shapes.add(feature.name);
    wanted -= 1;
  }
}

function addPair(draft: Draft, id: string): void {
  const { choice, kind, shapes, types, pairs } = draft;
  const convert = kind === 'convert';
  // What refers to another table has a key of its own kind; one type for all keys of a conversion.
  const keyType = convert
    ? (pairs[0]?.keyType ?? choice.weighted(OLD_KEY_TYPES))
    : choice.weighted(pairs.length === 0 ? KEY_TYPES : [...KEY_TYPES, [10, KEY_TYPES[0]![1]]]);
  shapes.add(keyType.name);
  for (const sql of keyType.before ?? []) if (!types.includes(sql)) types.push(sql);
  const key = keyColumns(choice, keyType);
  const to = (name: string, other: string): string => (choice.chance(0.4) ? other : name);
  pairs.push({
    ...{ id, source: `${id}s`, target: `new_${id}s`, keyType, key, references: [] },
    ...{ where: null, targetWhere: null, live: null, sourcePartitions: 'none', targetPartitions: 'none' },
    ...{ identity: 'none', sourceIdentity: convert && keyType.name !== 'text key', made: false, view: null },
    onDelete: 'delete',
    targetExtra: [],
    columns: [
      ...key,
      column('word', to('word', 'title'), 'text', " NOT NULL DEFAULT 'w'", (n) => `'Word ${n}'`),
      column('n', to('n', 'amount'), 'int', ' NOT NULL DEFAULT 0', (n) => String(n)),
      // Says which row it is, whatever becomes of its key; no mapping reads it.
      column('note', null, 'text', '', (n) => `'note ${n}'`),
    ],
  });
}

function keyColumns(choice: Choice, { types, values }: KeyType): readonly Column[] {
  const own = types.length === 1 ? ['id'] : ['region', 'id'];
  const theirs = types.length === 1 ? [choice.one(['id', 'code'])] : ['region', choice.one(['id', 'nr'])];
  return own.map((name, index) => column(name, theirs[index]!, types[index]!, ' NOT NULL', values[index]!));
}

/** All of it, in the order in which a server takes it. */
export function schemaSql(draft: Draft): readonly string[] {
  const { pairs, types, after, kind } = draft;
  const tables = pairs.flatMap((pair) => [
    ...createSql(pair, 'old'),
    ...(kind === 'convert' || pair.made ? [] : createSql(pair, 'new')),
  ]);
  const rows = pairs.flatMap((pair) => rowsSql(draft, pair));
  const set = pairs
    .filter(({ sourceIdentity }) => sourceIdentity)
    .map(({ source, key }) => `SELECT setval(pg_get_serial_sequence('${source}', '${key[0]!.name}'), 5000)`);
  return [...types, ...tables, ...rows, ...set, ...after, ...rightsSql(draft)];
}

/** The statements that make one side of a pair. */
export function createSql(pair: Pair, side: 'old' | 'new'): readonly string[] {
  const [name, parts] = side === 'old' ? [pair.source, pair.sourcePartitions] : [pair.target, pair.targetPartitions];
  const called = (column: Column): string => (side === 'old' ? column.name : column.to!);
  const columns = pair.columns
    .filter(({ to }) => side === 'old' || to !== null)
    .map((each) => {
      const text = `${called(each)} ${side === 'old' ? `${each.type}${each.more}` : `${each.toType}${each.toMore}`}`;
      if (each !== pair.key.at(-1)) return text;
      if (side === 'old') return pair.sourceIdentity ? `${text} GENERATED BY DEFAULT AS IDENTITY` : text;
      return pair.identity === 'none' ? text : `${text} GENERATED ${pair.identity} AS IDENTITY`;
    });
  const keys = pair.key.map(called).join(', ');
  const extra = side === 'new' ? pair.targetExtra : [];
  const by = { none: '', list: ` PARTITION BY LIST (${called(pair.key[0]!)})`, hash: ` PARTITION BY HASH (${keys})` };
  return [
    `CREATE TABLE ${name} (${[...columns, ...extra, `PRIMARY KEY (${keys})`].join(', ')})${by[parts]}`,
    ...(parts === 'list'
      ? REGION_LIST.map(
          (region, index) => `CREATE TABLE ${name}_${index} PARTITION OF ${name} FOR VALUES IN (${region})`,
        )
      : []),
    ...(parts === 'hash'
      ? [0, 1].map((n) => `CREATE TABLE ${name}_${n} PARTITION OF ${name} FOR VALUES WITH (MODULUS 2, REMAINDER ${n})`)
      : []),
  ];
}

function rowsSql({ choice }: Draft, pair: Pair): readonly string[] {
  const upwards = choice.chance(0.5);
  return Array.from({ length: FIRST_ROWS }, (_, index) => {
    const n = index + 1;
    const references = new Map<Column, string>();
    for (const { parent, columns, nullable } of pair.references) {
      const self = parent === pair;
      const above = self ? (upwards ? Math.floor(n / 2) : n + 1) : 1 + ((n * 5) % FIRST_ROWS);
      const none = above === 0 || above > FIRST_ROWS || (nullable && !self && choice.chance(0.2));
      for (const [at, each] of columns.entries()) {
        if (!references.has(each)) references.set(each, none ? 'NULL' : parent.key[at]!.value(above));
      }
    }
    const given = pair.columns.filter((each) => each.counted !== true && each.generated !== true);
    const values = given.map((each) => references.get(each) ?? each.value(n));
    return `INSERT INTO ${pair.source} (${given.map(({ name }) => name).join(', ')}) VALUES (${values.join(', ')})`;
  });
}

/** Everything to its owner; and what the application needs. */
function rightsSql({ role, owner }: Draft): readonly string[] {
  if (role === null) return [];
  const given = `DO $$ DECLARE it record; BEGIN
  FOR it IN SELECT c.oid::regclass AS name, relkind FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition LOOP
    EXECUTE format('ALTER %s %s OWNER TO ${owner ?? ''}', CASE it.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, it.name);
  END LOOP;
  FOR it IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e') LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO ${owner ?? ''}', it.name);
  END LOOP;
END $$`;
  return [
    ...(owner === null ? [] : [`GRANT USAGE, CREATE ON SCHEMA public TO ${owner}`, given]),
    `GRANT USAGE ON SCHEMA public TO ${role}`,
    `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`,
    `GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
  ];
}
