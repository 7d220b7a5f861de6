/**
 * Reads the definitions of everything that a DDL can change in the users' schemas; the journal's schema is outside. One
 * query, so that all of it is seen at one time. What is read stands in `fingerprint-relations` and `fingerprint-objects`;
 * comparing belongs to `catalog/fingerprint`.
 */
import { relationIdentity, type Definition, type Definitions } from '../catalog/fingerprint.js';
import type { Session } from '../executor/session.js';
import { relationKey } from '../sql/identifier.js';
import { OBJECT_DEFINITIONS } from './fingerprint-objects.js';
import { RELATION_DEFINITIONS } from './fingerprint-relations.js';
import { withPinnedCatalog } from './pinned-catalog.js';

/**
 * The session must be in a transaction: names come out with their schema because the search path is pinned, locally, for
 * as long as this takes. The server's own functions print the newest definitions, whatever the transaction's snapshot is.
 * Rejects with the session's DatabaseError.
 */
export function readFingerprint(session: Session): Promise<Definitions> {
  return withPinnedCatalog(session, async () => {
    const { rows } = await session.query<DefinitionRow>(QUERY);
    const definitions = new Map<string, Definition>();
    for (const row of rows.map(toEntry).sort(byIdentity)) {
      // Two objects of one identity (a cast is named by its types alone) are one definition of both texts.
      const twin = definitions.get(row.identity);
      const text = twin === undefined ? row.definition.text : `${twin.text}\n${row.definition.text}`;
      definitions.set(row.identity, { ...row.definition, text });
    }
    return Object.fromEntries(definitions);
  });
}

const QUERY = [...RELATION_DEFINITIONS, ...OBJECT_DEFINITIONS].join('\n  UNION ALL');

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
