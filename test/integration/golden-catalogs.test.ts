/**
 * The catalogs that goldens are compiled against are what a server says of their schemas today. `npm run goldens` runs this file
 * to write them anew.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, inject, it } from 'vitest';

import {
  catalogPath,
  goldenCatalogText,
  readGoldenCatalog,
  type GoldenCatalog,
} from '../support/goldens/golden-catalog.js';
import { goldenSchemas, stems, type GoldenSchema } from '../support/goldens/golden-plans.js';
import { createGoldenRoles, dropGoldenRoles, makeGoldenCatalog } from '../support/goldens/read-golden-catalog.js';
import { testDatabase } from '../support/database.js';

const WRITE = process.env['WRITE_GOLDENS'] === '1';
/** The words of the catalog differ between major versions. */
const MAJOR = 18;

const password = randomBytes(12).toString('hex');
const { urls, missing } = inject('servers');
const there = urls[MAJOR] !== undefined;
if (!there && WRITE) throw new Error(`goldens are written on PostgreSQL ${MAJOR}: ${missing[MAJOR]}`);
if (!there) process.stderr.write(`golden catalogs: not compared, no PostgreSQL ${MAJOR}\n`);
const roles = there ? await testDatabase({ major: MAJOR }) : undefined;

it.runIf(there).each(goldenSchemas())('$name', async (schema) => {
  const read = await readOnServer(schema);
  const path = catalogPath(schema.name);
  // A minor version is noted, and makes no difference.
  const { versionNum, version } = (existsSync(path) ? readGoldenCatalog(schema.name) : read).catalog.server;
  const server = { ...read.catalog.server, versionNum, version };
  const text = goldenCatalogText({ ...read, catalog: { ...read.catalog, server } });
  if (WRITE) writeFileSync(path, text);
  expect(existsSync(path) ? readFileSync(path, 'utf8') : '', `${path}; remedy: npm run goldens`).toBe(text);
  expect(goldenCatalogText(readGoldenCatalog(schema.name))).toBe(text);
});

async function readOnServer(schema: GoldenSchema): Promise<GoldenCatalog> {
  await createGoldenRoles(roles!, password);
  try {
    let drop = (): Promise<void> => Promise.resolve();
    const found = await testDatabase({ major: MAJOR, after: (cleanUp) => (drop = cleanUp) });
    try {
      return await makeGoldenCatalog(found, schema, password);
    } finally {
      await drop();
    }
  } finally {
    await dropGoldenRoles(roles!);
  }
}

it('are those of schemas that are there', () => {
  const known = goldenSchemas().map(({ name }) => name);
  const left = stems('test/goldens/catalogs', '.json').filter((name) => !known.includes(name));
  if (WRITE) for (const name of left) rmSync(catalogPath(name));
  else expect(left, 'remedy: npm run goldens').toEqual([]);
});
