/**
 * Each plan that has goldens compiles to what stands in them, byte by byte, without a server. `npm run goldens` runs this file to
 * write them anew; test/goldens/README.md says how they are read.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { compileGolden } from '../support/goldens/compile-golden.js';
import { readGoldenCatalog } from '../support/goldens/golden-catalog.js';
import { goldenPlans, goldenSchemas, schemaDigest, stems } from '../support/goldens/golden-plans.js';
import { graphText } from '../support/goldens/graph-text.js';
import { layOutSql, withPlainBody } from '../support/goldens/lay-out-sql.js';
import { sentBy, sqlText, withWayBack } from '../support/goldens/sql-text.js';

const WRITE = process.env['WRITE_GOLDENS'] === '1';
const GRAPHS = 'test/goldens/graphs';
const SQL = 'test/goldens/sql';
const REMEDY = 'goldens differ; if that is what the change is meant to do: npm run goldens, and read the diff';

const plans = goldenPlans();

describe('a plan and its goldens', () => {
  it.each(plans)('$name', async ({ name, file, against, shown }) => {
    const compiled = await compileGolden({ file, against });
    const { graph } = compiled;
    const differing = [
      ...(shown === null ? [] : differs(`${SQL}/${name}.sql`, sqlText(graph, shown))),
      ...differs(`${GRAPHS}/${name}.graph`, graphText(compiled)),
    ];
    if (differing.length > 0) throw new Error(`${REMEDY}\n${differing.join('\n')}`);
    // The layout must not hide a change: nothing but blanks differs from what is sent.
    for (const { sql } of graph.operations.flatMap(withWayBack).flatMap(sentBy))
      expect(layOutSql(sql).replaceAll(/\s+/g, '')).toBe(withPlainBody(sql).replaceAll(/\s+/g, ''));
  });
});

describe('goldens', () => {
  it('are those of plans that are there, and every schema has a plan', () => {
    const shapes = plans.filter(({ shown }) => shown !== null);
    const left = [
      ...stems(GRAPHS, '.graph')
        .filter((name) => !plans.some((plan) => plan.name === name))
        .map((name) => `${GRAPHS}/${name}.graph`),
      ...stems(SQL, '.sql')
        .filter((name) => !shapes.some((plan) => plan.name === name))
        .map((name) => `${SQL}/${name}.sql`),
    ];
    if (WRITE) for (const path of left) rmSync(path);
    else expect(left, 'remedy: npm run goldens').toEqual([]);
    expect(goldenSchemas().filter(({ name }) => !plans.some(({ against }) => against === name))).toEqual([]);
  });

  it.each(goldenSchemas())('are compiled against $name as its schema is', (schema) => {
    expect(readGoldenCatalog(schema.name).of, 'the schema has changed; remedy: npm run goldens').toBe(
      schemaDigest(schema),
    );
  });
});

/** What there is to say where the golden is not this text. */
function differs(path: string, text: string): readonly string[] {
  if (WRITE) writeFileSync(path, text);
  if (!existsSync(path)) return [`${path} is missing`];
  return readFileSync(path, 'utf8') === text ? [] : [changesOf(path, text)];
}

function changesOf(path: string, text: string): string {
  const diff = ['diff', '--no-index', '--no-color', '--', path, '-'];
  const { stdout, error } = spawnSync('git', diff, { input: text, encoding: 'utf8' });
  return error === undefined ? stdout : `(no diff: ${error.message})`;
}
