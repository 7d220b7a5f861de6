/**
 * Makes a schema on a server and reads what a golden catalog keeps of it. Owns the roles that do so, and what differs from
 * database to database and says nothing: OIDs, names, times.
 */
import { readFileSync } from 'node:fs';

import type { CatalogSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import type { WindowOfPlan } from '../../../src/planner/other-windows.js';
import { windowsOfPlans } from '../../../src/postgres/journal/windows-of-plans.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { readCatalog } from '../../../src/postgres/read-catalog.js';
import type { TestDatabase } from '../database.js';
import { planAt, told } from '../plan-on-database.js';
import { GOLDEN_ROLE, OTHER_ROLE, type GoldenCatalog } from './golden-catalog.js';
import { schemaDigest, type GoldenSchema } from './golden-plans.js';

/** They are of the whole server, and what a schema grants them there must not be there for the next one. */
export async function createGoldenRoles({ query }: Pick<TestDatabase, 'query'>, password: string): Promise<void> {
  await query(`CREATE ROLE ${GOLDEN_ROLE} LOGIN PASSWORD '${password}'; CREATE ROLE ${OTHER_ROLE}`);
}

/** Their database is gone. */
export async function dropGoldenRoles({ query }: Pick<TestDatabase, 'query'>): Promise<void> {
  await query(`DROP OWNED BY ${GOLDEN_ROLE}, ${OTHER_ROLE}; DROP ROLE ${GOLDEN_ROLE}, ${OTHER_ROLE}`);
}

/** `found` is empty. Rejects where a plan that belongs to the schema does not come to its end. */
export async function makeGoldenCatalog(
  found: TestDatabase,
  schema: GoldenSchema,
  password: string,
): Promise<GoldenCatalog> {
  await found.query(`ALTER DATABASE ${found.name} OWNER TO ${GOLDEN_ROLE}`);
  await found.database.transaction(async (session) => {
    await session.query(`SET LOCAL ROLE ${GOLDEN_ROLE}`);
    for (const file of schema.files) await session.query(readFileSync(file, 'utf8'));
  });
  const url = new URL(found.url);
  url.username = GOLDEN_ROLE;
  url.password = password;
  const database = new PgDatabase({ url: url.href });
  try {
    for (const plan of schema.applied) {
      const applied = await planAt(database, plan, plan).apply();
      if (applied.exit !== 0) throw new Error(`${plan} was not applied to ${schema.name}: ${told(applied)}`);
    }
    return await database.transaction(
      async (session) => {
        const catalog = sameEverywhere(await readCatalog(session), schema.name);
        const windows = (await windowsOfPlans(session, '', [])).map(withoutTime);
        return { of: schemaDigest(schema), catalog, windows };
      },
      { readOnly: true, isolation: 'repeatable read' },
    );
  } finally {
    await database.close();
  }
}

/** By key, so that what stands in the file does not depend on the order in which a server finds it. */
function sameEverywhere(catalog: CatalogSnapshot, database: string): CatalogSnapshot {
  const relations = sorted(catalog.relations).map(([key, relation], index) => [
    key,
    { ...relation, oid: index + 1, bytes: 0 },
  ]);
  return {
    ...catalog,
    server: { ...catalog.server, database },
    relations: Object.fromEntries(relations) as CatalogSnapshot['relations'],
    functions: Object.fromEntries(sorted(catalog.functions)),
    objects: Object.fromEntries(sorted(catalog.objects)),
    types: [...catalog.types].sort(),
  };
}

function sorted<T>(record: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function withoutTime(window: WindowOfPlan): WindowOfPlan {
  return { ...window, moved: window.moved === null ? null : { ...window.moved, at: '2026-01-01T00:00:00.000000Z' } };
}
