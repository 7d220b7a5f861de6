// Fills an empty database for an example: node examples/load.js EXAMPLE [rows]
// or runs one more file of the example: node examples/load.js EXAMPLE FILE.sql
// The same as: psql -f EXAMPLE/schema.sql, then PGOPTIONS='-c example.rows=…' psql -f EXAMPLE/data.sql
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { PgDatabase } from 'lockstep';

const [example = '', what = '200000'] = process.argv.slice(2);
const url = process.env.DATABASE_URL;
const fileOf = (name) => new URL(`${example}/${name}`, import.meta.url);
const rows = Number(what);
const isFile = what.endsWith('.sql');
if (!/^[a-z0-9-]+$/.test(example) || !existsSync(fileOf('schema.sql'))) throw new Error('which example?');
if (!isFile && (!Number.isSafeInteger(rows) || rows < 1)) throw new Error('how many rows? a whole number above 0');
if (url === undefined) throw new Error('DATABASE_URL does not say which database');

const database = new PgDatabase({ url });
try {
  await database.transaction(async (session) => {
    await session.query(`SET LOCAL example.rows = ${isFile ? 0 : rows}`);
    for (const name of isFile ? [what] : ['schema.sql', 'data.sql'])
      await session.query(await readFile(fileOf(name), 'utf8'));
  });
  console.log(isFile ? what : `${example}: ${rows} users`);
} finally {
  await database.close();
}
