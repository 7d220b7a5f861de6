// Fills an empty database for this example: node examples/split-auth-schema/load.js [users]
// The same as: psql -f schema.sql, then PGOPTIONS='-c example.users=…' psql -f data.sql
import { readFile } from 'node:fs/promises';
import { PgDatabase } from 'lockstep';

const users = Number(process.argv[2] ?? 200_000);
const url = process.env.DATABASE_URL;
if (!Number.isSafeInteger(users) || users < 1) throw new Error('how many users? a whole number above 0');
if (url === undefined) throw new Error('DATABASE_URL does not say which database');

const sqlOf = (name) => readFile(new URL(name, import.meta.url), 'utf8');
const database = new PgDatabase({ url });
try {
  await database.transaction(async (session) => {
    await session.query(await sqlOf('schema.sql'));
    await session.query(`SET LOCAL example.users = ${users}`);
    await session.query(await sqlOf('data.sql'));
  });
  console.log(`${users} users`);
} finally {
  await database.close();
}
