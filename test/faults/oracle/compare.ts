/** What both databases hold, and what the sides of the windows say of each other: by SQL that knows nothing of `src`. */
import type { Session } from '../../../src/executor/session.js';
import type { Compared, Hanger, HandMapping, OracleCase } from './case.js';

export interface CompareOptions {
  /** A write came through the other side: how often triggers of this one wrote need not be the same. */
  readonly throughOther: boolean;
  /** Rows that stand on the new side alone may be there besides. */
  readonly more: boolean;
  /** The old columns are gone. */
  readonly closed: boolean;
}

/** The differences between both databases, a line for each row. */
export async function compareTables(
  { compared, references, converted }: OracleCase,
  beside: Session,
  alone: Session,
  options: CompareOptions,
): Promise<readonly string[]> {
  const there = await tablesOf(alone);
  const legacy = converted.length > 0 && (await hasLegacy(beside));
  const tables = compared.filter((each) => there.has(each.table) && !(each.log && options.throughOther));
  const meanings = references.filter((each) => there.has(each.table) && there.has(each.parent)).map(meaningOf);
  const rows = async (session: Session, renamed: boolean): Promise<readonly string[]> => {
    const parts = tables.map((each) => rowsOf(each, options, renamed));
    const all = [...parts, ...meanings];
    if (all.length === 0) return [];
    return (await session.query<{ line: string }>(`${all.join(' UNION ALL ')} ORDER BY 1`)).rows.map(
      ({ line }) => line,
    );
  };
  const [wanted, found] = [await rows(alone, false), await rows(beside, legacy)];
  return differences(wanted, found).filter((line) => !(options.more && line.startsWith('+')));
}

function rowsOf({ table, columns, counted, converted }: Compared, options: CompareOptions, renamed: boolean): string {
  if (columns.includes('*')) return `SELECT '${table} ' || t::text AS line FROM ${table} AS t`;
  const kept = columns.filter(
    (name) => !(options.throughOther && counted.includes(name)) && !(options.closed && converted.includes(name)),
  );
  const called = kept.map((name) => (renamed && converted.includes(name) ? `${name}_legacy` : name));
  return `SELECT '${table} ' || ROW(${called.join(', ')})::text AS line FROM ${table}`;
}

/** What refers to what, by notes; the names mean whichever keys have them. */
function meaningOf({ table, columns, parent, parentColumns }: OracleCase['references'][number]): string {
  const on = columns.map((name, index) => `p.${parentColumns[index]!} = c.${name}`).join(' AND ');
  const unset = columns.map((name) => `c.${name} IS NULL`).join(' OR ');
  return `SELECT '${table}.${columns.join('+')} ' || coalesce(c.note, '-') || ' means ' || coalesce(p.note, CASE WHEN p.${parentColumns[0]!} IS NOT NULL THEN 'a row without note' WHEN ${unset} THEN 'nothing' ELSE '?' END) AS line FROM ${table} AS c LEFT JOIN ${parent} AS p ON ${on}`;
}

export async function hasLegacy(session: Session): Promise<boolean> {
  const { rows } = await session.query(
    `SELECT FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND attname = 'id_legacy' AND NOT attisdropped LIMIT 1`,
  );
  return rows.length > 0;
}

export async function tablesOf(session: Session): Promise<ReadonlySet<string>> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')`,
  );
  return new Set(rows.map(({ name }) => name));
}

function differences(wanted: readonly string[], found: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of wanted) left.set(line, (left.get(line) ?? 0) + 1);
  const extra: string[] = [];
  for (const line of found) {
    const count = left.get(line) ?? 0;
    if (count === 0) extra.push(`+ ${line}`);
    else left.set(line, count - 1);
  }
  const missing = [...left].flatMap(([line, count]) => Array.from({ length: count }, () => `- ${line}`));
  return [...missing, ...extra];
}

/** Where the sides of a mapping do not say the same; before it is filled, rows may be missing. */
export async function correspondence(
  mapping: HandMapping,
  session: Session,
  filled: boolean,
): Promise<readonly string[]> {
  const { source, target, where, targetWhere, key, values } = mapping;
  const of = (list: HandMapping['key'], side: 0 | 1, prefix: string): string =>
    list.map((pair, index) => `${pair[side]} AS ${prefix}${index}`).join(', ');
  const equal = key.map((_, index) => `s.k${index} = t.k${index}`).join(' AND ');
  const other = values.map((_, index) => `s.v${index} IS DISTINCT FROM t.v${index}`);
  const columns = (side: 0 | 1): string =>
    [of(key, side, 'k'), ...(values.length > 0 ? [of(values, side, 'v')] : [])].join(', ');
  const { rows } = await session.query<{ line: string }>(
    `SELECT '${target}: ' || CASE WHEN t.k0 IS NULL THEN 'missing ' || s::text WHEN s.k0 IS NULL THEN 'nobody''s ' || t::text ELSE 'says ' || t::text || ' for ' || s::text END AS line
     FROM (SELECT ${columns(1)} FROM ${source}${where === null ? '' : ` WHERE ${where}`}) AS s
     FULL JOIN (SELECT ${columns(0)} FROM ${target}${targetWhere === null ? '' : ` WHERE ${targetWhere}`}) AS t ON ${equal}
     WHERE s.k0 IS NULL OR ${filled ? 't.k0 IS NULL' : 'false'} OR (t.k0 IS NOT NULL AND (${[...other, 'false'].join(' OR ')})) ORDER BY 1`,
  );
  return rows.map(({ line }) => line);
}

/** Old and new columns of a conversion, once both are there and filled. */
export async function conversionDiffers(
  { references }: OracleCase,
  session: Session,
  names: 'uuid' | 'legacy',
): Promise<readonly string[]> {
  const there = await tablesOf(session);
  const lines: string[] = [];
  for (const { table, columns, parent, parentColumns } of references) {
    if (!there.has(table) || !there.has(parent)) continue;
    const [old, now] = names === 'uuid' ? ['', '_uuid'] : ['_legacy', ''];
    const on = (suffix: string): string =>
      columns.map((name, at) => `p.${parentColumns[at]!}${suffix} = c.${name}${suffix}`).join(' AND ');
    const { rows } = await session.query<{ line: string }>(
      `SELECT '${table}.${columns.join('+')}: old ' || coalesce(a.note, '-') || ', new ' || coalesce(b.note, '-') || ' of ' || c::text AS line FROM ${table} AS c
       LEFT JOIN LATERAL (SELECT note FROM ${parent} AS p WHERE ${on(old)}) AS a ON true LEFT JOIN LATERAL (SELECT note FROM ${parent} AS p WHERE ${on(now)}) AS b ON true
       WHERE a.note IS DISTINCT FROM b.note ORDER BY 1`,
    );
    lines.push(...rows.map(({ line }) => line));
  }
  return lines;
}

export interface HungRow {
  readonly nr: string;
  readonly note: string;
}

export async function hungRows({ table }: Hanger, session: Session): Promise<readonly HungRow[]> {
  return (await session.query<HungRow>(`SELECT nr::text AS nr, note FROM ${table} ORDER BY nr`)).rows;
}

/** Rows of others whose source row is still there, and which are not, or refer to nothing. `follows`: to that row's key. */
export async function hangerLost(
  { table, columns, mayBeNull }: Hanger,
  mapping: HandMapping,
  rows: readonly HungRow[],
  session: Session,
  follows: boolean,
): Promise<readonly string[]> {
  const own = columns.map((name) => `h.${name}`);
  const differs = own.map((name, at) => `${name} <> s.k${at}`).join(' OR ');
  const unset = own.map((name) => `${name} IS NULL`).join(' OR ');
  const { rows: lost } = await session.query<{ line: string }>(
    `SELECT '${table}: row ' || e.nr || ' of ' || e.note || CASE WHEN h.nr IS NULL THEN ' is gone' ELSE ' says ' || h::text END AS line
     FROM unnest($1::int[], $2::text[]) AS e (nr, note)
     JOIN (SELECT note AS own_note, ${mapping.key.map(([, text], at) => `${text} AS k${at}`).join(', ')} FROM ${mapping.source}) AS s ON s.own_note = e.note
     LEFT JOIN ${table} AS h ON h.nr = e.nr
     WHERE h.nr IS NULL OR (${mayBeNull ? 'false' : unset}) OR (${follows ? differs : 'false'}) ORDER BY 1`,
    [rows.map(({ nr }) => nr), rows.map(({ note }) => note)],
  );
  return lost.map(({ line }) => line);
}
