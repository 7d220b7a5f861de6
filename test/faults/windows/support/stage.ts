/**
 * The tables of all cases in one database, one plan over them, and places at which whoever comes by is held: functions of
 * the application in the mapping and in a CHECK of the target, which wait for an advisory lock. The product knows none of it.
 */
import { OLD_SIDE, ROWS, type Write } from './writes.js';

export const ISOLATIONS = ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const;
export type Isolation = (typeof ISOLATIONS)[number];

export interface Case {
  /** Of its tables `s…`, `t…`, `f…` and its mapping `m…`. */
  readonly n: number;
  readonly write: Write;
  readonly isolation: Isolation;
  /** The target holds row 98 before the window opens: the fill meets a row. */
  readonly there: boolean;
}

export function casesOf(isolations: readonly Isolation[], writes: readonly Write[] = OLD_SIDE): readonly Case[] {
  const all = isolations.flatMap((isolation) => writes.map((write) => ({ write, isolation })));
  return all.map((one, index) => ({ ...one, n: index + 1, there: meetsRow(one, index) }));
}

/**
 * Where the fill meets a row it begins again, and whoever waited for it comes in between: what an older snapshot then meets is
 * chance, but for writes that meet nothing of the fill's.
 */
function meetsRow({ write, isolation }: Omit<Case, 'n' | 'there'>, index: number): boolean {
  if (ASIDE.has(write.name)) return true;
  return index % 2 === 1 && isolation === 'READ COMMITTED' && write.name !== 'TRUNCATE';
}

const ASIDE: ReadonlySet<string> = new Set(['insert', 'enters where', 'COPY', 'update, unmapped']);

/** Second key of the advisory lock that holds whoever comes there; the first is the case's number. */
export const PLACES = {
  /** Row 50 is still ahead of it, and not locked; its snapshot is taken. */
  'batch reads': 1,
  /** Row 50 is behind it, and locked. */
  'batch has read': 2,
  /** Of the target. */
  'batch writes': 3,
  /** It computes what the target row should be. */
  'mirror reads': 4,
  'mirror writes': 5,
} as const;
export type Place = keyof typeof PLACES;

/** Where a session is by what it is called: the run, or the application. Everybody else passes. */
const PLACE_OF = `
CREATE FUNCTION held_at(n int, id int, writes boolean) RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
  name text := pg_catalog.current_setting('application_name');
  place int := CASE
    WHEN name LIKE 'app %' AND id NOT IN (1, 99) THEN CASE WHEN writes THEN 5 ELSE 4 END
    WHEN name NOT LIKE 'lockstep run %' THEN NULL
    WHEN writes AND id = 1 THEN 3
    WHEN NOT writes AND id = 1 THEN 1
    WHEN NOT writes AND id = 99 THEN 2 END;
BEGIN
  IF place IS NOT NULL THEN PERFORM pg_catalog.pg_advisory_xact_lock_shared(n, place); END IF;
END $$;
CREATE FUNCTION mapped_word(n int, id int, word text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM public.held_at(n, id, false);
  RETURN word;
END $$;
CREATE FUNCTION may_write(n int, id int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  PERFORM public.held_at(n, id, true);
  RETURN true;
END $$;
CREATE FUNCTION app_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.word := NEW.word || ', before';
  RETURN NEW;
END $$;
CREATE FUNCTION app_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE pg_catalog.format('UPDATE %s SET word = word || '', after'' WHERE id = $1', TG_RELID::regclass) USING NEW.id;
  RETURN NULL;
END $$;`;

export function tablesSql(cases: readonly Case[]): string {
  return [PLACE_OF, ...cases.map(tablesOf)].join('\n');
}

function tablesOf({ n, write, there }: Case): string {
  const rows = Object.entries(ROWS).map(
    ([id, { word, live }]) => `(${id}, '${word}', ${live}, ${id === '50' ? '7' : 'NULL'})`,
  );
  const triggers: Readonly<Record<string, string>> = {
    'through a BEFORE trigger': `CREATE TRIGGER app_before BEFORE UPDATE ON s${n} FOR EACH ROW EXECUTE FUNCTION app_before();`,
    'through an AFTER trigger': `CREATE TRIGGER app_after AFTER UPDATE ON s${n} FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION app_after();`,
  };
  return `CREATE TABLE f${n} (id int PRIMARY KEY);
INSERT INTO f${n} VALUES (7);
CREATE TABLE s${n} (id int PRIMARY KEY, word text NOT NULL, note text, live boolean NOT NULL DEFAULT true, family int REFERENCES f${n} ON DELETE CASCADE);
INSERT INTO s${n} (id, word, live, family) VALUES ${rows.join(', ')};
CREATE TABLE t${n} (id int PRIMARY KEY, word text NOT NULL, extra text, CHECK (may_write(${n}, id)));
${there ? `INSERT INTO t${n} (id, word) VALUES (98, 'there');` : ''}
${triggers[write.name] ?? ''}`;
}

export type Direction = 'forward' | 'both';

/** What follows the plan's name. */
export function planText(cases: readonly Case[], direction: Direction): string {
  const both = direction === 'both';
  const names = `[${cases.map(({ n }) => `m${n}`).join(', ')}]`;
  const mappings = cases.map(
    ({ n }) =>
      `  m${n}: { from: s${n}, to: t${n}, where: live, columns: { id: id, word: "mapped_word(${n}, id, word)" }${both ? ', reverse: { columns: { word: word }, on_delete: delete }' : ''} }`,
  );
  return `defaults: { workers: 1, lock_timeout: 20s, batch: { rows: 100, target: "off" } }
mappings:
${mappings.join('\n')}
steps:
  - id: in-step
    dual_write: { mappings: ${names}, direction: ${direction} }${both ? '\n    allow: { deadlocks: cases have rows of their own }' : ''}
  - id: fill
    backfill: { mappings: ${names} }
  - id: proof
    verify:
      - in_sync: ${names}
${both ? '  - id: flip\n    cutover: { windows: [in-step] }\n' : ''}  - id: done
    close: { windows: [in-step]${both ? ', quiet: 1ms' : ''} }
`;
}
