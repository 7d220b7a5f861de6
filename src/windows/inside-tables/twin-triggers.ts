/** The functions and triggers that keep twins in step, made and taken away. They fire whatever role a session has for replication. */
import { summarise, type CheckQuery } from '../../operation/check-query.js';
import { quoteIdentifier, quoteLiteral, unquoted } from '../../sql/identifier.js';
import {
  columnNames,
  twinNames,
  type ColumnsWindow,
  type LookedUp,
  type Side,
  type Twin,
  type TwinNames,
  type TwinTable,
} from './columns-window.js';
import { asksParent } from './twin-values.js';
import { windowTrigger } from '../trigger-function.js';
import { fillLevels } from './fill-levels.js';
import { keepBody, keepsMap, ownKey } from './key-map.js';
import { settleBody } from './settle-body.js';
import { twinBody } from './twin-body.js';
import { alsoRead, NOT_BY_US } from './twin-site.js';

/** Functions first, triggers last; their names must be free. */
export function createTwinTriggers(window: ColumnsWindow, table: TwinTable): readonly string[] {
  const names = twinNames(window.name, table.name);
  const { mirror, insertTrigger } = names;
  return [
    ...helperFunctions(window, table),
    ...triggerFunctions(window, table, 'old', 'CREATE'),
    ...functionsOf(window, table).map((signature) => `REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC`),
    `CREATE TRIGGER ${insertTrigger} BEFORE INSERT ON ${table.name} FOR EACH ROW EXECUTE FUNCTION ${mirror}()`,
    createUpdateTrigger(window, table, 'old'),
    ...(settles(table) ? createSettleTriggers(window, table) : []),
    ...(keepsMap(window, table) ? createKeepTriggers(table, names) : []),
    ...triggersOf(window, table).map((trigger) => `ALTER TABLE ${table.name} ENABLE ALWAYS TRIGGER ${trigger}`),
  ];
}

export function dropTwinTriggers(window: ColumnsWindow, table: TwinTable): readonly string[] {
  return [
    ...triggersOf(window, table).map((trigger) => `DROP TRIGGER ${trigger} ON ${table.name}`),
    ...functionsOf(window, table).map((signature) => `DROP FUNCTION ${signature}`),
  ];
}

/** With the names that the columns have once that side leads. */
export function redefineTwins(window: ColumnsWindow, table: TwinTable, leads: Side): readonly string[] {
  const { updateTrigger } = twinNames(window.name, table.name);
  return [
    ...triggerFunctions(window, table, leads, 'CREATE OR REPLACE'),
    `DROP TRIGGER ${updateTrigger} ON ${table.name}`,
    createUpdateTrigger(window, table, leads),
    `ALTER TABLE ${table.name} ENABLE ALWAYS TRIGGER ${updateTrigger}`,
  ];
}

/** Violated by every trigger that is gone, or that some session can keep from firing. */
export function twinsAreIntact(window: ColumnsWindow): CheckQuery {
  const wanted = window.tables.flatMap((table) =>
    triggersOf(window, table).map((trigger) => `(${quoteLiteral(table.name)}, ${quoteLiteral(unquoted(trigger))})`),
  );
  const rows = `SELECT p.relid::pg_catalog.regclass::pg_catalog.text AS "table", w.trigger_name AS "trigger" FROM (VALUES ${wanted.join(', ')}) AS w (table_name, trigger_name)
${EACH_PARTITION}
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = p.relid AND g.tgname = w.trigger_name AND g.tgenabled = 'A')`;
  return {
    check: 'mirror',
    name: `the triggers of ${window.name} are as they were made`,
    severity: 'error',
    rows,
    summary: summarise(rows, 10),
    mask: [],
  };
}

/** For a batch: a condition that holds while the triggers of a table fire in every session. */
export function twinsFire(window: ColumnsWindow, table: TwinTable): string {
  const names = triggersOf(window, table).map((trigger) => quoteLiteral(unquoted(trigger)));
  if (table.relation.kind === 'partitioned table')
    return `NOT EXISTS (SELECT FROM (VALUES ${names.map((name) => `(${quoteLiteral(table.name)}, ${name})`).join(', ')}) AS w (table_name, trigger_name) ${EACH_PARTITION}
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = p.relid AND g.tgname = w.trigger_name AND g.tgenabled = 'A'))`;
  return `(SELECT count(*) FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = ${quoteLiteral(table.name)}::pg_catalog.regclass AND g.tgenabled = 'A' AND g.tgname IN (${names.join(', ')})) = ${names.length}`;
}

/** Each partition has a trigger of its own, of the same name, which can be disabled by itself. */
const EACH_PARTITION = `CROSS JOIN LATERAL (SELECT pg_catalog.to_regclass(w.table_name) AS relid
  UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.table_name)) AS t) AS p`;

function triggersOf(window: ColumnsWindow, table: TwinTable): readonly string[] {
  const { insertTrigger, updateTrigger, settleTrigger, settleChangedTrigger, keepTrigger, keepChangedTrigger } =
    twinNames(window.name, table.name);
  return [
    insertTrigger,
    updateTrigger,
    ...(settles(table) ? [settleTrigger] : []),
    ...(settles(table) && isFilledTwice(window, table) ? [settleChangedTrigger] : []),
    ...(keepsMap(window, table) ? [keepTrigger, keepChangedTrigger] : []),
  ];
}

function settles({ twins }: TwinTable): boolean {
  return twins.some(({ value }) => value.kind === 'looked up');
}

/** The server keeps the columns of a condition by their numbers: renamed, it still says the same. */
function unsettled(twin: Twin): string {
  const names = columnNames(twin, 'old');
  return `(NEW.${names.old} IS NULL) <> (NEW.${names.new} IS NULL)`;
}

/**
 * At COMMIT. Where a table is filled in several passes the rows of an earlier one are left to the later one, which is still to come
 * and takes many at a time: here each would be written once more by itself.
 */
function createSettleTriggers(window: ColumnsWindow, table: TwinTable): readonly string[] {
  const { settle, settleTrigger, settleChangedTrigger } = twinNames(window.name, table.name);
  const create = (trigger: string, events: string, conditions: readonly string[]): string =>
    `CREATE CONSTRAINT TRIGGER ${trigger} AFTER ${events} ON ${table.name} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (${conditions.join(' OR ')}) EXECUTE FUNCTION ${settle}()`;
  const open = table.twins.filter(({ value }) => value.kind === 'looked up');
  if (!isFilledTwice(window, table)) return [create(settleTrigger, 'INSERT OR UPDATE', open.map(unsettled))];
  const levelOf = fillLevels(window);
  const isFilled = (twin: Twin): string => {
    const { new: twinName } = columnNames(twin, 'old');
    return `OLD.${twinName} IS NULL AND NEW.${twinName} IS NOT NULL`;
  };
  const changed = open.map((twin) => {
    const earlier = table.twins.filter((other) => levelOf(table, other) < levelOf(table, twin)).map(isFilled);
    return earlier.length === 0
      ? unsettled(twin)
      : `(${unsettled(twin)}) AND (NOT (${earlier.join(' OR ')}) OR ${NOT_BY_US})`;
  });
  return [create(settleTrigger, 'INSERT', open.map(unsettled)), create(settleChangedTrigger, 'UPDATE', changed)];
}

function isFilledTwice(window: ColumnsWindow, table: TwinTable): boolean {
  const levelOf = fillLevels(window);
  return new Set(table.twins.map((twin) => levelOf(table, twin))).size > 1;
}

/**
 * Where neither side changes there is nothing to do. While the old side leads, a new value that a batch of ours puts where none
 * was is the fill: it has looked the value up, and looking once more would double its work.
 */
function createUpdateTrigger(window: ColumnsWindow, table: TwinTable, leads: Side): string {
  const { mirror, updateTrigger } = twinNames(window.name, table.name);
  const changed = table.twins.flatMap((twin) => {
    const names = columnNames(twin, leads);
    const olds = [names.old, ...(twin.value.kind === 'own' ? [] : alsoRead(twin.value, { table, leads }))];
    return [
      ...olds.map((name) => `OLD.${name} IS DISTINCT FROM NEW.${name}`),
      `(OLD.${names.new} IS DISTINCT FROM NEW.${names.new}${leads === 'old' ? andNotFilled(names.new) : ''})`,
      ...(leads === 'old' && (twin.value.kind === 'own' || !asksParent(twin.value, leads))
        ? walksPast(table, twin)
        : []),
    ];
  });
  return `CREATE TRIGGER ${updateTrigger} BEFORE UPDATE ON ${table.name} FOR EACH ROW WHEN (${[...new Set(changed)].join(' OR ')}) EXECUTE FUNCTION ${mirror}()`;
}

/** A row without a new value that it needs nobody for, which gets another place in the order of the fill: nobody may come to it any more. */
function walksPast({ key, twins }: TwinTable, { new: twinName }: Twin): readonly string[] {
  const others = key.map(({ name }) => name).filter((name) => !twins.some(({ old }) => old === name));
  if (others.length === 0) return [];
  const moves = others.map((name) => `OLD.${quoteIdentifier(name)} IS DISTINCT FROM NEW.${quoteIdentifier(name)}`);
  return [`(NEW.${quoteIdentifier(twinName)} IS NULL AND (${moves.join(' OR ')}))`];
}

/**
 * Asked of a row before anything is called for it: the fill keeps the pairs that it makes by itself, many at a time. The server
 * keeps the columns of a condition by their numbers; after the cutover no key is missing, and nothing is the fill's any more.
 */
function createKeepTriggers(table: TwinTable, names: TwinNames): readonly string[] {
  const { keep, keepTrigger, keepChangedTrigger } = names;
  const { old, new: twinName } = columnNames(ownKey(table)!, 'old');
  return [
    `CREATE TRIGGER ${keepTrigger} AFTER INSERT OR DELETE ON ${table.name} FOR EACH ROW EXECUTE FUNCTION ${keep}()`,
    `CREATE TRIGGER ${keepChangedTrigger} AFTER UPDATE ON ${table.name} FOR EACH ROW WHEN (OLD.${old} IS DISTINCT FROM NEW.${old} OR OLD.${twinName} IS DISTINCT FROM NEW.${twinName}${andNotFilled(twinName)}) EXECUTE FUNCTION ${keep}()`,
  ];
}

/** Of a new value that changes. */
function andNotFilled(twinName: string): string {
  return ` AND (OLD.${twinName} IS NOT NULL OR ${NOT_BY_US})`;
}

function triggerFunctions(
  window: ColumnsWindow,
  table: TwinTable,
  leads: Side,
  create: 'CREATE' | 'CREATE OR REPLACE',
): readonly string[] {
  const names = twinNames(window.name, table.name);
  const define = (name: string, body: string): string => windowTrigger({ name, body, computes: false, create });
  return [
    define(names.mirror, twinBody(window, table, leads)),
    ...(settles(table) ? [define(names.settle, settleBody(window, table, leads))] : []),
    ...(keepsMap(window, table) ? [define(names.keep, keepBody(window, table, leads))] : []),
  ];
}

/** What a plan says in SQL: parsed when it is made, under the plan's search path. */
function helperFunctions(window: ColumnsWindow, table: TwinTable): readonly string[] {
  const names = twinNames(window.name, table.name);
  return table.twins.flatMap((twin) => {
    if (twin.value.kind === 'own') {
      const { oldValue } = twin.value;
      if (oldValue === null) return [];
      return [
        `CREATE FUNCTION ${names.oldValue(twin)}() RETURNS ${twin.type} LANGUAGE sql VOLATILE BEGIN ATOMIC\nSELECT (${oldValue}\n)::${twin.type};\nEND`,
      ];
    }
    return twin.value.where === null ? [] : [partFunction(names.part(twin), twin.value, table)];
  });
}

function partFunction(name: string, { where, whereReads }: LookedUp, { relation }: TwinTable): string {
  const row = whereReads.map((column, index) => `$${index + 1} AS ${quoteIdentifier(column.name)}`);
  return `CREATE FUNCTION ${name}(${whereReads.map(({ type }) => type).join(', ')}) RETURNS boolean LANGUAGE sql STABLE BEGIN ATOMIC
SELECT (${where!}\n) IS TRUE FROM (SELECT ${row.join(', ')}) AS ${quoteIdentifier(relation.name)};
END`;
}

function functionsOf(window: ColumnsWindow, table: TwinTable): readonly string[] {
  const names = twinNames(window.name, table.name);
  const helper = (twin: Twin): readonly string[] => {
    const { value } = twin;
    if (value.kind === 'own') return value.oldValue === null ? [] : [`${names.oldValue(twin)}()`];
    return value.where === null ? [] : [`${names.part(twin)}(${value.whereReads.map(({ type }) => type).join(', ')})`];
  };
  return [
    `${names.mirror}()`,
    ...(settles(table) ? [`${names.settle}()`] : []),
    ...(keepsMap(window, table) ? [`${names.keep}()`] : []),
    ...table.twins.flatMap(helper),
  ];
}
