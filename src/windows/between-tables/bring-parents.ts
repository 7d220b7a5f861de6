/**
 * A row of the target comes before the row that it refers to: in a tree, where the application writes a child before its parent in one
 * statement, and while the targets of the window are not filled yet. The row that is missing is then read from its source and brought
 * first, with all that it refers to itself: the whole branch in one INSERT, since the server looks up foreign keys when a statement ends,
 * so that circles come as well. Source rows are locked as the fill locks them. An old snapshot that does not see a target row which is
 * there ends in 40001, as any conflict of such a writer, where the foreign key itself would say that the row is missing.
 */
import { comparableType, keyArray, sqlName } from '../../mapping/mapping.js';
import { quoteLiteral } from '../../sql/identifier.js';
import { windowFunction } from '../trigger-function.js';
import { computes, echoText, names, overriding, readsOf } from './row-parts.js';
import { mirrorNames, type Mirror, type ParentRow, type TablesWindow } from './tables-window.js';

type OfWindow = Pick<TablesWindow, 'name'>;

/** In a mirror, before it inserts `come`; empty: nothing refers within the window. */
export function bringParents(mirror: Mirror, window: OfWindow): string {
  return (mirror.parents ?? [])
    .map(
      (parent) => `    IF ${allSet(parent, 'come')} THEN
      PERFORM ${bringName(parent, window)}(${given(parent, 'come')});
    END IF;
`,
    )
    .join('');
}

/** What a batch sends so that the rows come first that its own refer to. Empty: none. */
export interface Brought {
  /** Behind `source` in its WITH list. */
  readonly ctes: string;
  /** A WHERE of its INSERT. */
  readonly waits: string;
}

/** For a batch: expressions of its WITH list behind `source`, each behind a comma, and a condition that waits for them. */
export function broughtFor(mirror: Mirror, window: OfWindow): Brought {
  const parents = mirror.parents ?? [];
  const own = (parent: ParentRow): string =>
    parent.mapping === mirror.mapping.name
      ? ` AND NOT EXISTS (SELECT FROM source AS o WHERE ${parent.columns.map(({ name }, index) => `o.${mirror.mapping.key[index]!.name} = s.${name}`).join(' AND ')})`
      : '';
  const ctes = parents.map(
    (parent, index) => `, brought${index} AS MATERIALIZED (
SELECT count(*) AS n FROM (SELECT DISTINCT ${given(parent, 's', true)} FROM source AS s WHERE ${allSet(parent, 's')}${own(parent)}) AS p
CROSS JOIN LATERAL (SELECT ${bringName(parent, window)}(${parent.columns.map((_, at) => `p.k${at}`).join(', ')})) AS b
)`,
  );
  const waits = parents.map((_, index) => `(SELECT n FROM brought${index}) IS NOT NULL`);
  return { ctes: ctes.join(''), waits: waits.length === 0 ? '' : `\nWHERE ${waits.join(' AND ')}` };
}

/** Its signature; for who makes, drops or grants it. */
export function bringSignature({ names: { bring }, mapping }: Mirror): string {
  return `${bring}(${mapping.key.map(({ type }) => comparableType(type)).join(', ')})`;
}

export function bringFunction(mirror: Mirror, window: OfWindow): string {
  const { mapping, names: own } = mirror;
  const [source, target] = [sqlName(mapping.source), sqlName(mapping.target)];
  const key = mapping.key.map(({ name, type }, index) => ({ name, type: comparableType(type), at: index }));
  const list = (text: (at: number) => string): string => key.map(({ at }) => text(at)).join(', ');
  const isKey = (row: string, other: string): string =>
    `${own.sameKey}(${[...key.map(({ name }) => `${row}.${name}`), ...key.map(({ at, type }) => `${other}k${at}::${type}`)].join(', ')})`;
  const rows = `${source} AS s CROSS JOIN LATERAL ${own.row}(${readsOf(mirror, 's')}) AS r`;
  // With its schema, the server takes one array in a call.
  const wanted = `ROWS FROM (${list((at) => `pg_catalog.unnest($${at + 1})`)}) AS w (${list((at) => `k${at}`)})`;
  const there = (of: string): string => `EXISTS (SELECT FROM ${target} AS t WHERE ${isKey('t', of)})`;
  const self = (mirror.parents ?? []).filter((parent) => parent.mapping === mapping.name);
  const others = (mirror.parents ?? []).filter((parent) => !self.includes(parent));
  const first = `SELECT ${list((at) => `$${at + 1} AS k${at}`)}`;
  const next = `UNION
SELECT ${list((at) => `u.k${at}`)} FROM above AS a CROSS JOIN LATERAL (SELECT r.* FROM ${rows} WHERE ${isKey('r', 'a.')} OFFSET 0) AS r
CROSS JOIN LATERAL (VALUES ${self.map((parent) => `(${given(parent, 'r')})`).join(', ')}) AS u (${list((at) => `k${at}`)})
WHERE ${list((at) => `u.k${at} IS NOT NULL`).replaceAll(', ', ' AND ')} AND NOT ${there('u.')}`;
  const branch = `WITH RECURSIVE above AS (${first}\n${self.length === 0 ? '' : next})
SELECT ${list((at) => `pg_catalog.array_agg(k${at} ORDER BY ${list((by) => `k${by}`)})`)} FROM above`;
  const lock = `SELECT FROM ${wanted} JOIN (${rows}) ON ${isKey('r', 'w.')} FOR NO KEY UPDATE OF s`;
  const echoed =
    mirror.back === null
      ? ''
      : ` WHERE pg_catalog.set_config('lockstep.echo', ${echoText(`${own.echo} >`, keyArray(mapping.key, 'k'))}, true) IS NOT NULL`;
  const insert = `WITH k AS MATERIALIZED (SELECT r.* FROM ${wanted} JOIN (${rows}) ON ${isKey('r', 'w.')})
INSERT INTO ${target} (${names(mapping.columns)})${overriding(mapping.columns)} SELECT ${names(mapping.columns)} FROM k${echoed} ON CONFLICT (${names(mapping.key)}) DO NOTHING`;
  const ofOthers = others.map(
    (parent) =>
      `  EXECUTE ${quoteLiteral(`SELECT ${bringName(parent, window)}(${given(parent, 'r')}) FROM ${wanted} JOIN (${rows}) ON ${isKey('r', 'w.')} WHERE ${allSet(parent, 'r')}`)} USING ${list((at) => `keys${at}`)};\n`,
  );
  const body = `
DECLARE
${key.map(({ at, type }) => `  keys${at} ${type}[];\n  found${at} ${type}[];\n`).join('')}  n bigint;
BEGIN
  EXECUTE ${quoteLiteral(`SELECT FROM ${target} AS t WHERE ${own.sameKey}(${[...key.map(({ name }) => `t.${name}`), ...key.map(({ at }) => `$${at + 1}`)].join(', ')})`)} USING ${list((at) => `$${at + 1}`)};
  GET DIAGNOSTICS n = ROW_COUNT;
  IF n > 0 THEN
    RETURN;
  END IF;
  -- Until what is locked is all that is needed: a row may have got another parent before it was locked.
  LOOP
    EXECUTE ${quoteLiteral(branch)} INTO ${list((at) => `found${at}`)} USING ${list((at) => `$${at + 1}`)};
    EXIT WHEN ${key.map(({ at }) => `found${at} IS NOT DISTINCT FROM keys${at}`).join(' AND ')};
    EXECUTE ${quoteLiteral(lock)} USING ${list((at) => `found${at}`)};
    ${key.map(({ at }) => `keys${at} := found${at};`).join(' ')}
  END LOOP;
${ofOthers.join('')}  EXECUTE ${quoteLiteral(insert)} USING ${list((at) => `keys${at}`)};
END`;
  return windowFunction(
    `CREATE FUNCTION ${bringSignature(mirror)} RETURNS void LANGUAGE plpgsql`,
    body,
    computes(mirror),
  );
}

function bringName({ mapping }: ParentRow, { name }: OfWindow): string {
  return mirrorNames(name, mapping).bring;
}

function allSet({ columns }: ParentRow, of: string): string {
  return columns.map(({ name }) => `${of}.${name} IS NOT NULL`).join(' AND ');
}

function given({ columns }: ParentRow, of: string, named = false): string {
  return columns
    .map(({ name, type }, at) => `${of}.${name}::${comparableType(type)}${named ? ` AS k${at}` : ''}`)
    .join(', ');
}
