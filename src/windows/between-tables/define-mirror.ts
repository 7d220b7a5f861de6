/**
 * The functions behind a mirror. What a mapping says in SQL stands in functions of their own, written in SQL: the server
 * resolves their names and operators when they are made, under the search path of the plan, so that they compute exactly
 * what the backfill computes, in whatever session they are called later. Measured: under a pinned path `citext` was
 * compared by case.
 */
import { comparableType, rowsFrom, sqlName, targetCondition, valuesFrom } from '../../mapping/mapping.js';
import { quoteIdentifier, quoteLiteral } from '../../sql/identifier.js';
import { windowFunction, windowTrigger } from '../trigger-function.js';
import { backBody } from './back-body.js';
import { bringFunction, bringSignature } from './bring-parents.js';
import { forwardBody } from './forward-body.js';
import { leavingBody } from './leaving-body.js';
import type { BodyOf } from './mirror-body.js';
import { backWay, followFunctionBody, forwardWay, moveBody, type Way } from './move-rows.js';
import { computes, keyColumns } from './row-parts.js';
import { rowOf, type BackMirror, type Mirror, type TablesWindow } from './tables-window.js';

/** Makes all functions of a mirror; their names must be free. */
export function defineMirror(mirror: Mirror, window: BodyOf): readonly string[] {
  const { names } = mirror;
  return [
    rowFunction(mirror),
    sameKeyFunction(mirror),
    ...(mirror.mapping.targetWhere === null ? [] : [belongsFunction(mirror)]),
    ...followFunctions(mirror, window),
    ...(mirror.isParent === true ? [bringFunction(mirror, window)] : []),
    triggerFunction(mirror, names.mirror, forwardBody(mirror, window)),
    triggerFunction(mirror, names.refuseTruncate, truncateBody(window)),
    ...functionsOf(mirror).map((signature) => `REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC`),
  ];
}

/** What follows keys that change. REPLACE: a window that was opened before they were known gets them where its mirrors change. */
function followFunctions(mirror: Mirror, window: BodyOf): readonly string[] {
  const { names } = mirror;
  const types = keyColumns(mirror).map(({ type }) => type);
  const same = types.map((_, index) => `$${index + 1} = $${index + 1 + types.length}`);
  return [
    `CREATE OR REPLACE FUNCTION ${names.sameRow}(${[...types, ...types].join(', ')}) RETURNS boolean
LANGUAGE sql STABLE BEGIN ATOMIC
SELECT ${same.join(' AND ')};
END`,
    followFunction(forwardWay(mirror), window),
    triggerFunction(mirror, names.move, moveBody(forwardWay(mirror), window.name), 'CREATE OR REPLACE'),
    ...followFunctionsOf(mirror).map((signature) => `REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC`),
  ];
}

function followFunction(way: Way, { name }: BodyOf): string {
  return windowFunction(
    `CREATE OR REPLACE FUNCTION ${way.follow}(bigint) RETURNS void LANGUAGE plpgsql`,
    followFunctionBody(way, name),
    computes(way.mirror),
  );
}

/** The same of the target, where its row and the source row are one. */
function followBackFunctions(mirror: Mirror, back: BackMirror, window: BodyOf): readonly string[] {
  if (back.onDelete !== 'delete') return [];
  const way = backWay(mirror, back);
  return [
    followFunction(way, window),
    triggerFunction(mirror, mirror.names.moveBack, moveBody(way, window.name), 'CREATE OR REPLACE'),
    ...followBackFunctionsOf(mirror, back).map((signature) => `REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC`),
  ];
}

function followBackFunctionsOf({ names }: Mirror, { onDelete }: BackMirror): readonly string[] {
  return onDelete === 'delete' ? [`${names.moveBack}()`, `${names.followBack}(bigint)`] : [];
}

function followFunctionsOf(mirror: Mirror): readonly string[] {
  const types = keyColumns(mirror).map(({ type }) => type);
  return [
    `${mirror.names.move}()`,
    `${mirror.names.follow}(bigint)`,
    `${mirror.names.sameRow}(${[...types, ...types].join(', ')})`,
  ];
}

/** Makes what answers writes to the target; the functions of `defineMirror` must be there. */
export function defineBack(mirror: Mirror, back: BackMirror, window: BodyOf): readonly string[] {
  const { names } = mirror;
  return [
    backFunction(mirror, back),
    sameSourceFunction(mirror, back),
    ...(typeof back.onDelete === 'string' ? [] : [unsetFunction(mirror, back, back.onDelete)]),
    ...followBackFunctions(mirror, back, window),
    triggerFunction(mirror, names.mirrorBack, backBody(mirror, back, window)),
    ...backFunctionsOf(mirror, back).map((signature) => `REVOKE ALL ON FUNCTION ${signature} FROM PUBLIC`),
  ];
}

export function dropBack(mirror: Mirror, back: BackMirror): readonly string[] {
  return [
    ...backFunctionsOf(mirror, back).map((signature) => `DROP FUNCTION ${signature}`),
    ...followBackFunctionsOf(mirror, back).map((signature) => `DROP FUNCTION IF EXISTS ${signature}`),
  ];
}

function backFunctionsOf({ names }: Mirror, { reads, key, onDelete }: BackMirror): readonly string[] {
  const keys = key.map(({ type }) => type);
  return [
    `${names.mirrorBack}()`,
    `${names.back}(${reads.map(({ type }) => type).join(', ')})`,
    `${names.sameSource}(${[...keys, ...keys].join(', ')})`,
    ...(typeof onDelete === 'string' ? [] : [`${names.unset}(${keys.join(', ')})`]),
  ];
}

/** Both bodies as they are while this side leads: who writes the other one is noted. */
export function redefineLeading(mirror: Mirror, window: BodyOf): readonly string[] {
  return [
    ...followFunctions(mirror, window),
    triggerFunction(mirror, mirror.names.mirror, forwardBody(mirror, window), 'CREATE OR REPLACE'),
    ...(mirror.back === null
      ? []
      : [
          ...followBackFunctions(mirror, mirror.back, window),
          triggerFunction(mirror, mirror.names.mirrorBack, backBody(mirror, mirror.back, window), 'CREATE OR REPLACE'),
        ]),
  ];
}

function backFunction({ names, mapping }: Mirror, { reads, computes, columns }: BackMirror): string {
  const from = `(${rowOf(
    { reads, computes },
    reads.map((_, index) => `$${index + 1}`),
  )}) AS ${quoteIdentifier(mapping.target.name)}`;
  const returns = columns.map(({ name, type }) => `${name} ${comparableType(type)}`);
  return `CREATE FUNCTION ${names.back}(${reads.map(({ type }) => type).join(', ')}) RETURNS TABLE (${returns.join(', ')})
LANGUAGE sql STABLE BEGIN ATOMIC
${valuesFrom(from, columns)};
END`;
}

function sameSourceFunction({ names }: Mirror, { key }: BackMirror): string {
  const types = key.map(({ type }) => type);
  const same = key.map((_, index) => `$${index + 1} = $${index + 1 + key.length}`);
  return `CREATE FUNCTION ${names.sameSource}(${[...types, ...types].join(', ')}) RETURNS boolean
LANGUAGE sql STABLE BEGIN ATOMIC
SELECT ${same.join(' AND ')};
END`;
}

function unsetFunction(
  { names, mapping: { source } }: Mirror,
  { key }: BackMirror,
  set: Exclude<BackMirror['onDelete'], string>,
): string {
  const assigned = set.map(({ name, expression }) => `${name} = (${expression}\n)`).join(', ');
  const own = quoteIdentifier(source.name);
  return `CREATE FUNCTION ${names.unset}(${key.map(({ type }) => type).join(', ')}) RETURNS bigint
LANGUAGE sql VOLATILE BEGIN ATOMIC
WITH changed AS (UPDATE ${sqlName(source)} SET ${assigned} WHERE ${key.map(({ name }, index) => `${own}.${name} = $${index + 1}`).join(' AND ')} RETURNING 1)
SELECT count(*) FROM changed;
END`;
}

/** From now on the mirror only takes away what it put there. */
export function redefineLeaving(mirror: Mirror, noted: string): string {
  return triggerFunction(mirror, mirror.names.mirror, leavingBody(mirror, noted), 'CREATE OR REPLACE');
}

/** They are called, and do nothing. */
export function silence(mirror: Mirror): readonly string[] {
  const { names, back } = mirror;
  const nothing = '\nBEGIN\n  RETURN NULL;\nEND';
  return [names.mirror, ...(back === null ? [] : [names.mirrorBack])].map((name) =>
    triggerFunction(mirror, name, nothing, 'CREATE OR REPLACE'),
  );
}

export function dropFunctions(mirror: Mirror): readonly string[] {
  return [
    ...functionsOf(mirror).map((signature) => `DROP FUNCTION ${signature}`),
    ...followFunctionsOf(mirror).map((signature) => `DROP FUNCTION IF EXISTS ${signature}`),
  ];
}

function functionsOf(mirror: Mirror): readonly string[] {
  const { names, reads, mapping, belongsBy } = mirror;
  const keys = mapping.key.map(({ type }) => type);
  const types = (list: readonly { readonly type: string }[]): string => list.map(({ type }) => type).join(', ');
  return [
    `${names.mirror}()`,
    ...(mirror.isParent === true ? [bringSignature(mirror)] : []),
    `${names.refuseTruncate}()`,
    `${names.row}(${types(reads)})`,
    `${names.sameKey}(${[...keys, ...keys].join(', ')})`,
    ...(mapping.targetWhere === null ? [] : [`${names.belongs}(${types(belongsBy)})`]),
  ];
}

function rowFunction({ names, reads, computes, mapping }: Mirror): string {
  const parameters = reads.map((_, index) => `$${index + 1}`);
  const returns = mapping.columns.map(({ name, type }) => `${name} ${comparableType(type)}`);
  const from = `(${rowOf({ reads, computes }, parameters)}) AS ${quoteIdentifier(mapping.source.name)}`;
  return `CREATE FUNCTION ${names.row}(${reads.map(({ type }) => type).join(', ')}) RETURNS TABLE (${returns.join(', ')})
LANGUAGE sql STABLE BEGIN ATOMIC
${rowsFrom(from, mapping)};
END`;
}

/** The server puts its expression in place of the call, so that an index of the key is used. */
function sameKeyFunction({ names, mapping: { key } }: Mirror): string {
  const types = key.map(({ type }) => type);
  const same = key.map((_, index) => `$${index + 1} = $${index + 1 + key.length}`);
  return `CREATE FUNCTION ${names.sameKey}(${[...types, ...types].join(', ')}) RETURNS boolean
LANGUAGE sql STABLE BEGIN ATOMIC
SELECT ${same.join(' AND ')};
END`;
}

function belongsFunction({ names, belongsBy, mapping }: Mirror): string {
  const row = belongsBy.map(({ name }, index) => `$${index + 1} AS ${quoteIdentifier(name)}`);
  return `CREATE FUNCTION ${names.belongs}(${belongsBy.map(({ type }) => type).join(', ')}) RETURNS boolean
LANGUAGE sql STABLE BEGIN ATOMIC
SELECT ${targetCondition(mapping)} IS TRUE FROM (SELECT ${row.join(', ')}) AS ${quoteIdentifier(mapping.target.name)};
END`;
}

function triggerFunction(mirror: Mirror, name: string, body: string, create?: 'CREATE OR REPLACE'): string {
  return windowTrigger({ name, body, computes: computes(mirror), create });
}

function truncateBody({ name }: Pick<TablesWindow, 'name'>): string {
  return `
BEGIN
  RAISE EXCEPTION 'lockstep window %: TRUNCATE of % would leave the other side behind', ${quoteLiteral(quoteIdentifier(name))}, TG_RELID::pg_catalog.regclass
    USING ERRCODE = 'object_in_use', HINT = 'Use DELETE, or close the window first.';
END`;
}

/** For who reads an error of a mirror. */
export function describeMirror({ mapping }: Mirror): string {
  return `${sqlName(mapping.source)} → ${sqlName(mapping.target)}`;
}
