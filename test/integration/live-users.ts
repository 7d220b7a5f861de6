/**
 * The application of scenario 1 at work while its plan runs: clients that write users, and later the new tables too, and keep a
 * log of what was acknowledged. Each client has users of its own, so the log says what each row must be.
 */
import { parse, stringify } from 'yaml';

import { DatabaseError, type Session } from '../../src/executor/session.js';
import { PgDatabase } from '../../src/postgres/pg-database.js';
import type { TestDatabase } from '../support/database.js';

const CLIENTS = 4;
/** Of each client, behind those of the example: few, so that they are met again and again. */
const USERS_EACH = 40;
/** Of each client, between two writes. */
const PAUSE_MS = 10;
/** What a writer under a lock or a conflict tries again. */
const AGAIN = new Set(['40001', '40P01', '55P03']);

/** By the user's number: what the last acknowledged write left; null: no such user. */
export type UserLog = ReadonlyMap<number, { readonly hash: string | null; readonly name: string | null } | null>;

export interface LiveUsers {
  /** Resolves when so many more writes were acknowledged. */
  written(count: number): Promise<void>;
  /** Half of the writes go to the new tables from now on. */
  alsoNewSide(): void;
  onlyOldSide(): void;
}

/** Writes go on while `work` does. `before`: the log of an earlier time, whose users are there. */
export async function whileUsersLive(
  url: string,
  users: number,
  work: (traffic: LiveUsers) => Promise<void>,
  before: UserLog = new Map(),
): Promise<UserLog> {
  const database = new PgDatabase({ url });
  const log: Log = new Map(before);
  const state = { over: false, newSide: false, acknowledged: 0, failed: undefined as unknown };
  const clients = Array.from({ length: CLIENTS }, (_, client) =>
    database
      .withSession(async (session) => {
        for (let turn = 0; !state.over && turn < 100_000; turn++) {
          const number = users + 1 + client * USERS_EACH + ((turn * 7) % USERS_EACH);
          const text = `${client}.${turn}`;
          const side = state.newSide && turn % 2 === 0;
          await (side ? writeNew(session, number, text, log) : writeOld(session, number, text, turn, log));
          state.acknowledged += 1;
          // Whoever never pauses leaves no moment in which a table is nobody's.
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      })
      .catch((error: unknown) => {
        state.failed ??= error;
      }),
  );
  const traffic: LiveUsers = {
    async written(count) {
      const until = state.acknowledged + count;
      while (state.acknowledged < until && state.failed === undefined)
        await new Promise((resolve) => setTimeout(resolve, 5));
      if (state.failed !== undefined) throw state.failed as Error;
    },
    alsoNewSide: () => {
      state.newSide = true;
    },
    onlyOldSide: () => {
      state.newSide = false;
    },
  };
  try {
    await work(traffic);
  } finally {
    state.over = true;
    await Promise.all(clients);
    await database.close();
  }
  if (state.failed !== undefined) throw state.failed as Error;
  return log;
}

type Log = Map<number, { hash: string | null; name: string | null } | null>;

async function writeOld(session: Session, number: number, text: string, turn: number, log: Log): Promise<void> {
  const id = `md5('user ${number}')::uuid`;
  // New ones: what the example's users have besides must not go with them.
  const known = log.get(number) ?? null;
  if (known === null) {
    await acknowledged(
      session,
      `INSERT INTO users (id, email, password_hash, real_name) VALUES (${id}, 'user${number}@example.com', '${text}', '${text}')`,
    );
    log.set(number, { hash: text, name: text });
  } else if (turn % 11 === 0) {
    await acknowledged(session, `DELETE FROM users WHERE id = ${id}`);
    log.set(number, null);
  } else {
    const hash = turn % 5 === 0 ? null : text;
    await acknowledged(
      session,
      `UPDATE users SET password_hash = ${hash === null ? 'NULL' : `'${hash}'`}, real_name = '${text}', updated_at = now() WHERE id = ${id}`,
    );
    log.set(number, { hash, name: text });
  }
}

/** One of the new tables, where the user is there. */
async function writeNew(session: Session, number: number, text: string, log: Log): Promise<void> {
  const known = log.get(number);
  if (known === undefined || known === null) return;
  const id = `md5('user ${number}')::uuid`;
  await acknowledged(
    session,
    `INSERT INTO user_credentials (user_id, password_hash, password_updated_at, created_at) SELECT id, '${text}', updated_at, created_at FROM users WHERE id = ${id}
     ON CONFLICT (user_id) DO UPDATE SET password_hash = EXCLUDED.password_hash`,
  );
  log.set(number, { ...known, hash: text });
}

async function acknowledged(session: Session, sql: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await session.query(sql);
      return;
    } catch (error) {
      if (!(error instanceof DatabaseError) || !AGAIN.has(error.facts.sqlstate ?? '') || tries === 50) throw error;
    }
  }
}

/** Rows of users, and of the new tables where these are filled and in step, that are not what the log says. */
export async function differencesFrom(
  log: UserLog,
  query: TestDatabase['query'],
  inStep = true,
): Promise<readonly unknown[]> {
  const entries = [...log].map(([number, user]) => ({
    number,
    there: user !== null,
    hash: user?.hash ?? null,
    name: user?.name ?? null,
  }));
  if (entries.length < CLIENTS) throw new Error('nobody has written anything');
  return query(
    `SELECT l.*, u.password_hash, u.real_name, c.password_hash AS credential FROM json_to_recordset('${JSON.stringify(entries)}') AS l (number int, there boolean, hash text, name text)
     LEFT JOIN users AS u ON u.id = md5('user ' || l.number)::uuid LEFT JOIN user_credentials AS c ON c.user_id = md5('user ' || l.number)::uuid
     WHERE (u.id IS NOT NULL) <> l.there OR u.password_hash IS DISTINCT FROM l.hash OR u.real_name IS DISTINCT FROM l.name
       OR (${inStep} AND EXISTS (SELECT FROM user_credentials) AND c.password_hash IS DISTINCT FROM l.hash)`,
  );
}

/** The plan with a cutover in it: what a team would add to move its code over step by step. */
export function inBothDirections(plan: string): string {
  const read = parse(plan) as {
    name: string;
    mappings: Record<string, Record<string, unknown>>;
    steps: ({ id: string } & Record<string, unknown>)[];
  };
  const onDelete: Record<string, unknown> = {
    credentials: { set: { password_hash: 'NULL' } },
    logins: { set: { google_user_id: 'NULL' } },
    profiles: { set: { real_name: 'NULL' } },
    preferences: 'delete',
  };
  for (const [name, mapping] of Object.entries(read.mappings)) mapping['reverse'] = { on_delete: onDelete[name] };
  const steps = read.steps.flatMap((step) => {
    if (step.id === 'in-step')
      return [
        {
          ...step,
          dual_write: { ...(step['dual_write'] as object), direction: 'both' },
          allow: { deadlocks: 'the application tries again' },
        },
      ];
    if (step.id !== 'done') return [step];
    return [{ id: 'flip', cutover: { windows: ['in-step'] } }, { id: 'soak', gate: { approval: 'dba' } }, step];
  });
  return stringify({ ...read, name: `${read.name}-both`, steps });
}
