/**
 * Bodies of a window's functions run under the plan's path: a function that they call by its bare name could be one of that path, which
 * fits better than the server's. Asked of the goldens, which hold every shape of a body.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Grammar of SQL, no functions: that of types, too (`character varying(9)`). */
const SYNTAX = new Set([
  'coalesce',
  'nullif',
  'greatest',
  'least',
  'row',
  'array',
  'exists',
  'values',
  'in',
  'cast',
  'any',
  'operator',
  'varying',
]);

const folder = new URL('../../goldens/sql/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));

it.each(files)('%s: every function that a PL/pgSQL body calls is named with its schema', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const functions = [...text.matchAll(/LANGUAGE plpgsql([\s\S]*?)AS \$body\$([\s\S]*?)\$body\$/g)];
  const bare = functions.flatMap(([, , body]) =>
    [...body!.matchAll(/(?<![\w."]|::)([a-z_]+)\(/gi)].map(([, called]) => called!),
  );
  expect(bare.filter((called) => !SYNTAX.has(called.toLowerCase()))).toEqual([]);
  for (const [, frame] of functions) expect(frame!.replace(/\s+/g, ' ')).toContain('SET search_path FROM CURRENT');
});

it('the goldens have such bodies', () => {
  const all = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('');
  expect(all.match(/LANGUAGE plpgsql/g)!.length).toBeGreaterThan(50);
});
