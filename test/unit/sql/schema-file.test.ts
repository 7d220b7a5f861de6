/** A file of definitions: what of it is psql's, what is text, and that every offset stays. */
import { describe, expect, it } from 'vitest';
import { readSchemaFile } from '../../../src/sql/schema-file.js';

describe('a file of definitions', () => {
  it('is sent without the harmless lines of psql, every other character where it was', () => {
    const text = `\uFEFF-- Dumped from database version 15.18 (Debian)
\\restrict abc;DROP
\\connect "my db"
CREATE TABLE t (id int);
\\unrestrict abc
`;
    const { sql, passedOver, refused, dumpedFrom } = readSchemaFile(text);
    expect(passedOver.map((part) => part.text)).toEqual([
      '\\restrict abc;DROP',
      '\\connect "my db"',
      '\\unrestrict abc',
    ]);
    expect(refused).toEqual([]);
    expect(dumpedFrom).toBe(15);
    expect(sql).toHaveLength(text.length);
    expect(sql.indexOf('CREATE')).toBe(text.indexOf('CREATE'));
    expect(sql).not.toMatch(/\\|restrict|my db/);
  });

  it.each([
    ['a string', `COMMENT ON TABLE t IS 'it''s\n\\i not.sql\nCOPY t FROM stdin;';`],
    ['an escape string', `SELECT E'\\'\n\\i not.sql\nCOPY t FROM stdin;\n';`],
    [
      'a function body',
      `CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $b$\n\\i not.sql\n-- $$ COPY t FROM stdin;\n$b$;`,
    ],
    ['a body without a tag', `DO $$\n\\i not.sql\n'$x$\nCOPY t FROM STDIN;\n$$;`],
    ['a comment', `/* one /* two */\n\\i not.sql\nCOPY t FROM stdin;\n*/ -- COPY t FROM stdin\nSELECT 1;`],
    ['a name', `CREATE TABLE "a\n\\i not.sql\nCOPY t FROM stdin; ""b" (id int);`],
  ])('has text that only looks like it: in %s', (_, text) => {
    expect(readSchemaFile(text)).toMatchObject({ sql: text, passedOver: [], refused: [] });
  });

  it.each([
    ['COPY public."my; table" (id, "from") FROM stdin;\n1\t2\n\\.\n', 'data'],
    ['copy t from STDIN (FORMAT csv);\n', 'data'],
    ['\\i other.sql\n', 'psql'],
    ['\\copy t FROM file\n', 'psql'],
    ['\\if true\n', 'psql'],
  ])('is refused with rows, and with what only psql can do: %j', (text, why) => {
    expect(readSchemaFile(`SELECT 1;\n${text}`).refused).toMatchObject([{ why, start: 10 }]);
  });

  it('is read in time that grows with its length', () => {
    const long = `/*${' *x/'.repeat(200_000)}*/ SELECT '${`''`.repeat(400_000)}', $a$${'$b'.repeat(400_000)}$a$;`;
    expect(readSchemaFile(long).sql).toBe(long);
  });
});
