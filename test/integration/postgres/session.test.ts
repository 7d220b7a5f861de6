import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';

import { DatabaseError } from '../../../src/executor/session.js';
import { PgDatabase } from '../../../src/postgres/pg-database.js';
import { sessionContract } from '../../contracts/sessions.js';
import { testDatabase, urlOfDatabase } from '../../support/database.js';
import { postgresSessions } from './postgres-sessions.js';
import { listen } from './swallowing-proxy.js';

for (const major of [18, 15]) {
  describe(`on PostgreSQL ${major}`, async () => {
    const { database, query, value, url } = await testDatabase({ major });
    await query(
      'CREATE TABLE item (id int PRIMARY KEY, label text NOT NULL CONSTRAINT short CHECK (length(label) < 9))',
    );

    sessionContract(await postgresSessions(database, query, url));

    it('hands out text where a JavaScript value would say less', async () => {
      const { rows } = await database.withSession((session) =>
        session.query(
          `SELECT 9007199254740993::bigint AS big, 0.10000000000000000555::numeric AS exact, 1.1::float8 AS float,
             timestamptz '2026-03-29 02:30:00.123456+02' AS moment, date '2026-03-29' AS day, '\\xdeadbeef'::bytea AS bytes,
             ARRAY[1, 2] AS list, true AS flag, 7::smallint AS small, -2147483648 AS whole, '{"a": [1]}'::jsonb AS doc,
             '"x"'::json AS word, NULL::bigint AS nothing, 'ü''"\\' AS text`,
        ),
      );
      expect(rows).toEqual([
        {
          big: '9007199254740993',
          exact: '0.10000000000000000555',
          float: '1.1',
          moment: '2026-03-29 00:30:00.123456+00',
          day: '2026-03-29',
          bytes: '\\xdeadbeef',
          list: '{1,2}',
          flag: true,
          small: 7,
          whole: -2147483648,
          doc: { a: [1] },
          word: 'x',
          nothing: null,
          text: `ü'"\\`,
        },
      ]);
    });

    it('takes parameters back as the text it handed out, and counts rows', async () => {
      const { rows, count } = await database.withSession((session) =>
        session.query(`SELECT $1::bigint = 9007199254740993 AS same, $2::timestamptz AS moment`, [
          '9007199254740993',
          '2026-03-29 00:30:00.123456+00',
        ]),
      );
      expect(rows).toEqual([{ same: true, moment: '2026-03-29 00:30:00.123456+00' }]);
      expect(count).toBe(1);
    });

    it('answers several statements with the last result', async () => {
      const { rows } = await database.withSession((session) => session.query('SELECT 1 AS a; SELECT 2 AS b'));
      expect(rows).toEqual([{ b: 2 }]);
    });

    it('opens transactions as asked', async () => {
      const settings = await database.transaction(
        (session) =>
          session.query(
            `SELECT current_setting('transaction_isolation') AS i, current_setting('transaction_read_only') AS r`,
          ),
        { isolation: 'repeatable read', readOnly: true },
      );
      expect(settings.rows).toEqual([{ i: 'repeatable read', r: 'on' }]);
    });

    it('maps a refused statement with all its facts', async () => {
      const error = await failure(
        database.withSession((session) => session.query(`INSERT INTO item VALUES ($1, $2)`, [4, 'far too long'])),
      );
      expect(error.message).toContain('violates check constraint "short"');
      expect(error.facts).toEqual({
        kind: 'statement',
        sqlstate: '23514',
        detail: 'Failing row contains (4, far too long).',
        schema: 'public',
        table: 'item',
        constraint: 'short',
      });
      const typo = await failure(database.withSession((session) => session.query('SELECT wrong FROM item')));
      expect(typo.facts).toEqual({ kind: 'statement', sqlstate: '42703', position: 8 });
      const inside = await failure(
        database.withSession((session) =>
          session.query(`DO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = 'd', HINT = 'h', COLUMN = 'c'; END $$`),
        ),
      );
      expect(inside.facts).toEqual({
        kind: 'statement',
        sqlstate: 'P0001',
        detail: 'd',
        hint: 'h',
        column: 'c',
        context: 'PL/pgSQL function inline_code_block line 1 at RAISE',
      });
    });

    it('gives no holder the settings, locks or open transaction of the one before', async () => {
      const single = new PgDatabase({ url, maxSessions: 1 });
      onTestFinished(() => single.close());
      await single.withSession(async (session) => {
        await session.query(
          `SET lock_timeout = '7s'; SELECT pg_advisory_lock(4711); CREATE TEMP TABLE scratch (n int)`,
        );
      });
      await single.withSession((session) => session.query(`BEGIN; INSERT INTO item VALUES (5, 'open')`));
      const { rows } = await single.withSession((session) =>
        session.query(
          `SELECT current_setting('lock_timeout') AS l, to_regclass('pg_temp.scratch') AS t, pg_current_xact_id_if_assigned() AS x,
             (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711) AS a`,
        ),
      );
      expect(rows).toEqual([{ l: '0', t: null, x: null, a: 0 }]);
      expect(await value('SELECT count(*)::int FROM item WHERE id = 5')).toBe(0);
    });

    it('is visible to administrators under its name, whatever the URL says', async () => {
      const other = new PgDatabase({ url: `${url}?application_name=other` });
      onTestFinished(() => other.close());
      const { rows } = await other.withSession((session) => session.query(`SHOW application_name`));
      expect(rows).toEqual([{ application_name: 'lockstep' }]);
    });

    it('survives the end of an idle session that somebody holds; the next statement says why', async () => {
      const facts = await database.withSession(async (session) => {
        await session.query('BEGIN');
        const pid = await ownPid(session);
        await query('SELECT pg_terminate_backend($1)', [pid]);
        await until(
          async () => (await value('SELECT count(*)::int FROM pg_stat_activity WHERE pid = $1', [pid])) === 0,
        );
        return (await failure(session.query('COMMIT'))).facts.kind;
      });
      // The end may be noticed before COMMIT is sent (then it never was) or by its missing answer.
      expect(['connection', 'in-doubt']).toContain(facts);
    });

    it('keeps the reason of an unreachable database', async () => {
      const cases = [
        [withPassword(url, 'wrong'), '28P01'],
        [urlOfDatabase(url, 'nowhere'), '3D000'],
        ['postgresql://postgres:secret@127.0.0.1:1/postgres', undefined],
        ['postgresql://postgres:secret@localhost:1/postgres', undefined],
        ['postgresql://postgres:secret@name.invalid/postgres', undefined],
      ] as const;
      for (const [unreachable, sqlstate] of cases) {
        const other = new PgDatabase({ url: unreachable });
        const error = await failure(other.withSession((session) => session.query('SELECT 1')));
        await other.close();
        expect(error.facts).toMatchObject({ kind: 'unreachable', ...(sqlstate !== undefined && { sqlstate }) });
        expect(error.facts.sqlstate).toBe(sqlstate);
        expect(error.message).not.toBe('');
        expect(error.message).not.toContain('secret');
      }
    });

    it('gives up on a server that takes the connection and says nothing', async () => {
      const silent = createServer(() => undefined);
      const port = await listen(silent);
      onTestFinished(() => void silent.close());
      const other = new PgDatabase({ url: `postgresql://x@127.0.0.1:${port}/x`, connectTimeoutMs: 200 });
      expect((await failure(other.withSession((session) => session.query('SELECT 1')))).facts.kind).toBe('unreachable');
      await other.close();
    });

    it('leaves a defect of ours a defect, and the session usable', async () => {
      const circular: Record<string, unknown> = {};
      circular['self'] = circular;
      await database.withSession(async (session) => {
        const error: unknown = await session.query('SELECT $1::json', [circular]).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(TypeError);
        expect((await session.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
      });
    });

    it('close cancels what runs, ends every session and leaves nothing behind', async () => {
      const other = new PgDatabase({ url, maxSessions: 3 });
      const pids: number[] = [];
      const running = failure(
        other.transaction(async (session) => {
          pids.push(await ownPid(session));
          await session.query(`INSERT INTO item VALUES (8, 'no')`);
          await session.query('SELECT pg_sleep(600)');
        }),
      );
      let wake = (): void => undefined;
      const held = failure(
        other.withSession(async (session) => {
          pids.push(await ownPid(session));
          await new Promise<void>((resolve) => (wake = resolve));
          await session.query('SELECT 1');
        }),
      );
      const idle = other.withSession(async (session) => pids.push(await ownPid(session)));
      await idle;
      await until(
        async () => (await value(`SELECT count(*)::int FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)) === 1,
      );
      await until(() => Promise.resolve(pids.length === 3));
      const third = failure(
        other.withSession(() => new Promise((_, reject) => setTimeout(reject, 50, new Error('late')))),
      );
      const waiting = failure(other.withSession((session) => session.query('SELECT 1')));
      await other.close();
      // Cancelled on the server (57014), not just hung up on: a statement without a peer would run to its end.
      expect((await running).facts).toEqual({ kind: 'statement', sqlstate: '57014' });
      wake();
      expect((await held).facts.kind).toBe('connection');
      expect((await waiting).facts.kind).toBe('connection');
      await third.catch(() => undefined);
      await until(
        async () => (await value('SELECT count(*)::int FROM pg_stat_activity WHERE pid = ANY ($1)', [pids])) === 0,
      );
      expect(await value('SELECT count(*)::int FROM item WHERE id = 8')).toBe(0);
      expect((await failure(other.withSession((session) => session.query('SELECT 1')))).facts.kind).toBe('connection');
      await other.close();
    });
  });
}

async function ownPid(session: {
  query(sql: string): Promise<{ readonly rows: readonly unknown[] }>;
}): Promise<number> {
  return ((await session.query('SELECT pg_backend_pid() AS pid')).rows[0] as { readonly pid: number }).pid;
}

/** The DatabaseError that it rejects with. */
async function failure(work: Promise<unknown>): Promise<DatabaseError> {
  const outcome: unknown = await work.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (outcome instanceof DatabaseError) return outcome;
  throw outcome;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`never: ${isTrue.toString()}`);
}

function withPassword(url: string, password: string): string {
  const changed = new URL(url);
  changed.password = password;
  return changed.href;
}
