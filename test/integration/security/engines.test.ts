/** What claims to be PostgreSQL and is not one server. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { readFingerprint } from '../../../src/postgres/read-fingerprint.js';
import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

/** As each of them documents its `version()`. */
const ENGINES = [
  ['CockroachDB', 'CockroachDB CCL v24.1.2 (x86_64-pc-linux-gnu, built 2024/06/28, go1.22.4)'],
  ['YugabyteDB', 'PostgreSQL 15.12-YB-2025.1.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 17.0.6, 64-bit'],
  ['Aurora DSQL', 'PostgreSQL 16'],
  ['Amazon Redshift', 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift 1.0.12103'],
  ['Greenplum', 'PostgreSQL 12.12 (Greenplum Database 7.0.0 build) on x86_64, compiled by gcc, 64-bit'],
] as const;

/** The protocol, as far as a command goes before it is refused: every query is answered with the version. */
async function serverThatSays(version: string): Promise<string> {
  const message = (type: string, body: Buffer): Buffer => {
    const head = Buffer.alloc(5, type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
  const int32 = (value: number): Buffer => Buffer.concat([int16(value >>> 16), int16(value & 0xffff)]);
  const ready = message('Z', Buffer.from('I'));
  const answer = (sql: string): Buffer => {
    const rows = /pg_backend_pid/.test(sql)
      ? ['7']
      : /version\(\)/.test(sql)
        ? [version]
        : /'sys'/.test(sql)
          ? ['1']
          : [];
    const named = /version\(\)/.test(sql) ? 'version' : 'pid';
    const column = Buffer.concat([
      Buffer.from(`${named}\0`),
      int32(0),
      int16(0),
      int32(25),
      int16(-1),
      int32(-1),
      int16(0),
    ]);
    const described = message('T', Buffer.concat([int16(1), column]));
    const data = rows.map((text) => message('D', Buffer.concat([int16(1), int32(text.length), Buffer.from(text)])));
    return Buffer.concat([described, ...data, message('C', Buffer.from('SELECT\0')), ready]);
  };
  const server = createServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (data.length === 8 && data.readInt32BE(4) === 80_877_103) return socket.write('N');
      if (data[0] === 0) {
        const greeting = [message('R', int32(0)), message('K', Buffer.concat([int32(7), int32(1)])), ready];
        return socket.write(Buffer.concat(greeting));
      }
      return data[0] === 0x51 ? socket.write(answer(data.toString('utf8', 5))) : undefined;
    });
  });
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
  onTestFinished(() => void server.close());
  return `postgresql://u@127.0.0.1:${port}/x`;
}

it.each(ENGINES)('%s is refused by name, for what does not hold there', async (name, version) => {
  const database = new PgDatabase({ url: await serverThatSays(version) });
  onTestFinished(() => database.close());
  const steps = [{ id: 'a', sql: { up: 'SELECT 1', down: 'SELECT 1' } }];
  for (const refused of [await planOn(database, { name: 'p', steps }).plan()]) {
    expect([refused.exit, refused.diagnostics.map(({ code }) => code)], told(refused)).toEqual([1, ['LS9080']]);
    expect(told(refused)).toContain(`The server is ${name}: `);
  }
});

for (const major of [18, 15]) {
  const { database, query } = await testDatabase({ major });

  describe(`Citus, as its catalog shows it on ${major}`, () => {
    it('a distributed table is refused, a table of this server is not', async () => {
      await query(`CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (LIKE a INCLUDING ALL); CREATE TABLE c (LIKE a INCLUDING ALL);
        SET allow_system_table_mods = on; CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char");
        INSERT INTO pg_dist_partition VALUES ('a', 'h')`);
      const copy = (from: string, to: string) => ({
        name: `${from}${to}`,
        mappings: { m: { from, to, columns: 'same' } },
        steps: [{ id: 'fill', backfill: { mappings: ['m'] } }],
      });
      for (const [from, to] of [
        ['a', 'b'],
        ['b', 'a'],
      ] as const)
        for (const refused of [
          await planOn(database, copy(from, to)).plan(),
          await planOn(database, copy(from, to)).apply(),
        ]) {
          expect([refused.exit, refused.diagnostics.map(({ code }) => code)], told(refused)).toEqual([1, ['LS9081']]);
          expect(told(refused)).toContain('`public.a` as distributed tables');
        }
      const calls = { name: 'calls', steps: [{ id: 's', sql: { up: 'CALL nobody_knows()', down: 'SELECT 1' } }] };
      await query('CREATE PROCEDURE nobody_knows() LANGUAGE sql BEGIN ATOMIC SELECT 1; END');
      expect(told(await planOn(database, calls).plan())).toContain('LS9081');
      expect(told(await planOn(database, copy('b', 'c')).plan())).toBe('exit 0');
    });
  });

  it(`what a patched server ${major} counts among the options is no part of a definition`, async () => {
    await query(
      'CREATE TABLE t (id int PRIMARY KEY, v text) WITH (fillfactor = 90); CREATE VIEW seen AS SELECT * FROM t; ALTER TABLE t ALTER v SET (n_distinct = 7)',
    );
    const before = await database.transaction((session) => readFingerprint(session));
    await query(`UPDATE pg_attribute SET attoptions = coalesce(attoptions, '{}') || '{pg_attver=5}' WHERE attrelid IN ('seen'::regclass, 't'::regclass) AND attnum > 0;
      UPDATE pg_class SET reloptions = coalesce(reloptions, '{}') || '{pg_relver=5}' WHERE oid IN ('seen'::regclass, 't'::regclass)`);
    expect(await database.transaction((session) => readFingerprint(session))).toEqual(before);
    expect(JSON.stringify(before)).toContain('n_distinct=7');
    expect(JSON.stringify(before)).toContain('fillfactor=90');
  });
}
