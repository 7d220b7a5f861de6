/**
 * Reads the definitions of everything that a DDL can change in the users' schemas; the journal's schema is outside. One
 * query, so that all of it is seen at one time. What is read stands in `fingerprint-relations` and `fingerprint-objects`, and
 * in `fingerprint-among` how it is restricted; comparing belongs to `catalog/fingerprint`.
 */
import { relationIdentity, type Definition, type Definitions } from '../catalog/fingerprint.js';
import type { Session } from '../executor/session.js';
import { parseName, relationKey } from '../sql/identifier.js';
import { DEFINITIONS_AMONG, IN_THE_ORDER_OF_THE_TEXT, NAMED_AND_HANGING } from './fingerprint-among.js';
import { OBJECT_DEFINITIONS } from './fingerprint-objects.js';
import { RELATION_DEFINITIONS } from './fingerprint-relations.js';
import { withPinnedCatalog } from './pinned-catalog.js';

/**
 * The session must be in a transaction: names come out with their schema because the search path is pinned, locally, for
 * as long as this takes. The server's own functions print the newest definitions, whatever the transaction's snapshot is.
 * Rejects with the session's DatabaseError.
 */
export function readFingerprint(session: Session): Promise<Definitions> {
  return withPinnedCatalog(session, async () => definitionsOf((await session.query<DefinitionRow>(ALL)).rows));
}

/**
 * As `readFingerprint`, only of what has one of these keys and what hangs on it: `restrictTo` those keys has all that it
 * would have of the whole. A key may also be that of an index, whose table is meant, or of a function; one that nothing has
 * is passed over. The server looks into no other relation, nor waits for a lock on one, but those that a view reads.
 */
export function readFingerprintOf(session: Session, keys: readonly string[]): Promise<Definitions> {
  const names = keys.flatMap((key) => {
    const parsed = parseName(key);
    return parsed.ok && parsed.parts.length === 2 ? [parsed.parts] : [];
  });
  if (names.length === 0) return Promise.resolve({});
  return withPinnedCatalog(
    session,
    async () => {
      const schemasAndNames = [names.map(([schema]) => schema), names.map(([, name]) => name)];
      const found = await session.query<FoundRow>(NAMED_AND_HANGING, schemasAndNames);
      const { relations, constraints, functions } = found.rows[0]!;
      if (relations.length === 0 && functions.length === 0) return {};
      const oids = [relations, constraints, functions];
      return definitionsOf((await session.query<DefinitionRow>(AMONG, oids)).rows);
    },
    IN_THE_ORDER_OF_THE_TEXT,
  );
}

const ALL = [...RELATION_DEFINITIONS, ...OBJECT_DEFINITIONS].join('\n  UNION ALL');
const AMONG = DEFINITIONS_AMONG.join('\n  UNION ALL');

/** By oid. */
interface FoundRow {
  readonly relations: readonly string[];
  readonly constraints: readonly string[];
  readonly functions: readonly string[];
}

function definitionsOf(rows: readonly DefinitionRow[]): Definitions {
  const definitions = new Map<string, Definition>();
  for (const row of rows.map(toEntry).sort(byIdentity)) {
    // Two objects of one identity (a cast is named by its types alone) are one definition of both texts.
    const twin = definitions.get(row.identity);
    const text = twin === undefined ? row.definition.text : `${twin.text}\n${row.definition.text}`;
    definitions.set(row.identity, { ...row.definition, text });
  }
  return Object.fromEntries(definitions);
}

type NamePair = readonly [schema: string, name: string];

interface DefinitionRow {
  readonly identity: string;
  readonly text: string;
  readonly part_of: NamePair | null;
  readonly depends_on: readonly NamePair[] | null;
}

function toEntry(row: DefinitionRow): { readonly identity: string; readonly definition: Definition } {
  const dependsOn = (row.depends_on ?? []).map(keyOf).sort();
  const partOf = row.part_of === null ? undefined : keyOf(row.part_of);
  // The server's quoting and ours may differ over a key word: the identity of a relation is made of its key.
  const identity = row.identity.startsWith('relation ') ? relationIdentity(partOf) : row.identity;
  return { identity, definition: { text: row.text, ...(partOf !== undefined && { partOf }), dependsOn } };
}

function keyOf([schema, name]: NamePair): string {
  return relationKey({ schema, name });
}

function byIdentity(left: { readonly identity: string }, right: { readonly identity: string }): number {
  return left.identity < right.identity ? -1 : Number(left.identity > right.identity);
}
