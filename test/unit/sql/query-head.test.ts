import fc from 'fast-check';
import { expect, test } from 'vitest';

import { queryHead } from '../../../src/sql/query-head.js';

test.each([
  ['SELECT a\n  FROM t', 'SELECT a FROM t'],
  ["SELECT * FROM users WHERE email = 'a@example.org' AND n = 1", 'SELECT * FROM users WHERE email = …'],
  ['UPDATE account2 SET n = n WHERE id = $1', 'UPDATE account2 SET n = …'],
  ['SELECT $1, v2.x FROM v2 WHERE k = 17', 'SELECT $1, v2.x FROM v2 WHERE k = …'],
  ['SELECT $tag$secret$tag$', 'SELECT …'],
  ["SELECT E'secret'", 'SELECT E …'],
  ["ALTER ROLE app PASSWORD 'secret'", 'ALTER ROLE app PASSWORD …'],
  ['SET my.token = secret', 'SET my.token = …'],
  ['SET LOCAL my.token TO secret', 'SET LOCAL my.token TO …'],
  ['/* token=secret */ SELECT a', '…'],
  ['SELECT a -- secret', 'SELECT a …'],
  ['SELECT "it\'s 1" FROM t', 'SELECT "it\'s 1" FROM t'],
  ['SELECT "open and secret', 'SELECT …'],
  ['SELECT 0x1F', 'SELECT …'],
  ['', ''],
])('%j is shown as %j', (query, head) => expect(queryHead(query)).toBe(head));

test('is short, in one line, and without what follows a quote', () => {
  const secret = 'secret';
  fc.assert(
    fc.property(fc.string(), fc.constantFrom("'", '$$', '$q$', '--', '/*'), (before, open) => {
      const head = queryHead(`${before.replaceAll('"', '')} ${open}${secret}`);
      expect(head).not.toContain(secret);
      expect(head).not.toMatch(/\n/);
      expect(head.length).toBeLessThanOrEqual(82);
    }),
  );
  expect(queryHead('SELECT a; '.repeat(20))).toBe(`${'SELECT a; '.repeat(8).trimEnd()} …`);
});
