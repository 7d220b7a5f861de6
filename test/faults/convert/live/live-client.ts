/**
 * One client of the application while keys are converted under it: a connection of its own, one transaction after the other. It owns
 * what it creates, so that what it was told is all that can be true of it. Labels say who a row is, whatever its keys are.
 */
import { DatabaseError, type Session } from '../../../../src/executor/session.js';
import { systemClock } from '../../../../src/kernel/clock.js';
import { PgDatabase } from '../../../../src/postgres/pg-database.js';
import { choiceOf, type Choice } from '../../ddl/random-choice.js';
import type { Random } from '../../support/random.js';

export type Isolation = 'read committed' | 'repeatable read' | 'serializable';

/** By which names it writes; `lagging` is tried, and where the names are not there the plain ones are taken. */
export type Habit = 'plain' | 'new beside' | 'old behind';

export interface LiveLog {
  /** By label, of users: whether the client has been told that it is there. */
  readonly users: Set<string>;
  /** By table and label: the label of the user that it refers to; null: nobody. */
  readonly children: Map<string, string | null>;
  acknowledged: number;
  readonly conflicts: Map<string, number>;
  /** Names that were not there any more, or plans that were prepared before: by the state in which it happened. */
  readonly changed: string[];
  readonly errors: string[];
}

export interface LiveClient {
  readonly name: string;
  readonly url: string;
  readonly isolation: Isolation;
  readonly habit: () => Habit;
  readonly random: Random;
  readonly base: readonly string[];
  /** Between two transactions, at most. */
  readonly thinksMs: () => number;
  /** Resolves at once, but while somebody looks. */
  readonly mayWrite: () => Promise<void>;
  readonly stop: AbortSignal;
  readonly log: LiveLog;
}

export const CHILDREN = ['posts', 'votes', 'late'] as const;

/** What a transaction means, once it is acknowledged. */
type Meaning = (log: LiveLog) => void;

interface Turn {
  readonly session: Session;
  readonly choice: Choice;
  readonly own: readonly string[];
  readonly base: readonly string[];
  readonly fresh: () => string;
  readonly children: readonly string[];
  readonly names: { readonly id: string; readonly ref: string };
}

const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01', '55P03']);
/** Undefined column, cached plan, type of a parameter: once for each session when the names have changed. */
const CHANGED: ReadonlySet<string> = new Set(['42703', '0A000', '42804']);

export async function runLiveClient(client: LiveClient): Promise<void> {
  const { stop, log, name, random, url } = client;
  const database = new PgDatabase({ url, maxSessions: 1 });
  const choice = choiceOf(random);
  let made = 0;
  try {
    await database.withSession(async (session) => {
      await session.query(`SET lock_timeout = '20s'`);
      while (!stop.aborted) {
        await client.mayWrite();
        const fresh = (): string => `${name}-${++made}`;
        try {
          await oneTransaction(session, client, choice, fresh);
        } catch (error) {
          await session.query('ROLLBACK');
          if (!(error instanceof DatabaseError)) {
            // Not the server's: a client that ends would be waited for.
            log.errors.push(`${name}: ${String(error)}`);
            continue;
          }
          const { sqlstate = '' } = error.facts;
          if (CONFLICTS.has(sqlstate)) log.conflicts.set(sqlstate, (log.conflicts.get(sqlstate) ?? 0) + 1);
          else if (CHANGED.has(sqlstate)) {
            log.changed.push(`${name}: ${sqlstate} ${error.message}`);
            await session.query('DEALLOCATE ALL');
            prepared.delete(name);
          } else
            log.errors.push(
              `${name} (${client.isolation}, ${client.habit()}): ${sqlstate} ${error.message} ${error.facts.detail ?? ''} ${error.facts.context ?? ''}`,
            );
        }
        await systemClock.sleep(random.below(client.thinksMs()));
      }
    });
  } finally {
    await database.close();
  }
}

const prepared = new Set<string>();

async function oneTransaction(
  session: Session,
  { isolation, habit, log, base, random, name }: LiveClient,
  choice: Choice,
  fresh: () => string,
): Promise<void> {
  await session.query(`BEGIN ISOLATION LEVEL ${isolation}`);
  if (isolation !== 'read committed') {
    // The snapshot of a transaction that reads first is older than what it then writes.
    await session.query('SELECT FROM users LIMIT 1');
    if (choice.chance(0.5)) await systemClock.sleep(random.below(60));
  }
  const suffix = { plain: '', 'new beside': '_uuid', 'old behind': '_legacy' }[habit()];
  const there = await session.query(
    `SELECT FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'id${suffix}' AND NOT attisdropped`,
  );
  const usable = there.count > 0 ? suffix : '';
  const names = { id: `id${usable}`, ref: `user_id${usable}` };
  const turn: Turn = { session, choice, own: [...log.users], base, fresh, names, children: [...log.children.keys()] };
  if (choice.chance(0.1)) await discard(turn);
  const { write } = choice.one(WRITES.filter(({ plain }) => usable === '' || plain !== true));
  const meaning = name.startsWith('prepared') ? await insertPrepared(turn, name) : await write(turn);
  await session.query('COMMIT');
  meaning(log);
  log.acknowledged += 1;
}

/** `plain`: only by the names that lead. */
const WRITES: readonly { readonly write: (turn: Turn) => Promise<Meaning>; readonly plain?: true }[] = [
  { write: family },
  { write: familyAtOnce },
  { write: upsert },
  { write: move },
  { write: moveAway },
  { write: copy, plain: true },
  { write: rekey, plain: true },
  { write: remove },
  { write: childFirst, plain: true },
];

async function family({ session, names, fresh }: Turn): Promise<Meaning> {
  const [user, post, vote] = [fresh(), fresh(), fresh()];
  await session.query('INSERT INTO users (label) VALUES ($1)', [user]);
  await session.query(`INSERT INTO posts (${names.ref}, label) SELECT ${names.id}, $1 FROM users WHERE label = $2`, [
    post,
    user,
  ]);
  await session.query(
    `INSERT INTO votes (${names.ref}, n, label) SELECT ${names.id}, 1, $1 FROM users WHERE label = $2`,
    [vote, user],
  );
  return (log) => {
    log.users.add(user);
    log.children.set(`posts ${post}`, user).set(`votes ${vote}`, user);
  };
}

async function familyAtOnce({ session, names, fresh }: Turn): Promise<Meaning> {
  const [user, post] = [fresh(), fresh()];
  await session.query(
    `WITH u AS (INSERT INTO users (label) VALUES ($1) RETURNING ${names.id}) INSERT INTO posts (${names.ref}, label) SELECT ${names.id}, $2 FROM u`,
    [user, post],
  );
  return (log) => {
    log.users.add(user);
    log.children.set(`posts ${post}`, user);
  };
}

async function upsert({ session, names, fresh, choice, children, own, base }: Turn): Promise<Meaning> {
  const post = choice.maybeOne(children.filter((child) => child.startsWith('posts ')))?.slice(6) ?? fresh();
  const user = choice.one([...own, ...base]);
  await session.query(
    `INSERT INTO posts (${names.ref}, label) SELECT ${names.id}, $1 FROM users WHERE label = $2 ON CONFLICT (label) DO UPDATE SET ${names.ref} = EXCLUDED.${names.ref}`,
    [post, user],
  );
  return (log) => void log.children.set(`posts ${post}`, user);
}

async function move({ session, names, choice, children, own, base }: Turn): Promise<Meaning> {
  const child = choice.maybeOne(children.filter((each) => !each.startsWith('votes ')));
  if (child === undefined) return () => undefined;
  const user = choice.one([...own, ...base]);
  const [table, label] = child.split(' ') as [string, string];
  await session.query(
    `UPDATE ${table} SET ${names.ref} = (SELECT ${names.id} FROM users WHERE label = $1) WHERE label = $2`,
    [user, label],
  );
  return (log) => void log.children.set(child, user);
}

async function moveAway({ session, names, choice, children }: Turn): Promise<Meaning> {
  const child = choice.maybeOne(children.filter((each) => each.startsWith('late ')));
  if (child === undefined) return () => undefined;
  await session.query(`UPDATE late SET ${names.ref} = NULL WHERE label = $1`, [child.slice(5)]);
  return (log) => void log.children.set(child, null);
}

async function copy({ session, fresh, choice, own, base }: Turn): Promise<Meaning> {
  const user = choice.one([...own, ...base]);
  const labels = [fresh(), fresh()];
  const { rows } = await session.query<{ id: string }>('SELECT id::text FROM users WHERE label = $1 FOR KEY SHARE', [
    user,
  ]);
  const lines = labels.map((label) => `${label}\\t${rows[0]!.id}\\n`).join('');
  await session.query(`COPY posts (label, user_id) FROM PROGRAM $$printf '${lines}'$$`);
  return (log) => labels.forEach((label) => log.children.set(`posts ${label}`, user));
}

async function rekey({ session, choice, own }: Turn): Promise<Meaning> {
  const user = choice.maybeOne(own);
  if (user !== undefined) await session.query('UPDATE users SET id = DEFAULT WHERE label = $1', [user]);
  return () => undefined;
}

async function remove({ session, choice, own }: Turn): Promise<Meaning> {
  const user = choice.maybeOne(own);
  if (user === undefined) return () => undefined;
  await session.query('DELETE FROM users WHERE label = $1', [user]);
  return (log) => {
    log.users.delete(user);
    for (const [child, of] of log.children) if (of === user) log.children.delete(child);
  };
}

/** A deferred foreign key lets the child come first. */
async function childFirst({ session, fresh }: Turn): Promise<Meaning> {
  const [user, child] = [fresh(), fresh()];
  const { rows } = await session.query<{ id: string }>(
    // Of the table, not of the catalog: an old snapshot shows that as it was.
    `SELECT CASE pg_typeof(id)::text WHEN 'uuid' THEN gen_random_uuid()::text ELSE nextval('more_keys')::text END AS id FROM users LIMIT 1`,
  );
  await session.query(`INSERT INTO late (user_id, label) VALUES ('${rows[0]!.id}', $1)`, [child]);
  await session.query(`INSERT INTO users (id, label) VALUES ('${rows[0]!.id}', $1)`, [user]);
  return (log) => {
    log.users.add(user);
    log.children.set(`late ${child}`, user);
  };
}

/** With a plan that was made for the names of before. */
async function insertPrepared({ session, fresh, choice, base }: Turn, name: string): Promise<Meaning> {
  const [post, user] = [fresh(), choice.one(base)];
  if (!prepared.has(name)) {
    await session.query(
      'PREPARE one AS INSERT INTO posts (user_id, label) SELECT id, $2 FROM users WHERE label = $1 RETURNING *',
    );
    prepared.add(name);
  }
  await session.query(`EXECUTE one ('${user}', '${post}')`);
  return (log) => void log.children.set(`posts ${post}`, user);
}

/** Rolled back to a savepoint: as if it had never been. */
async function discard({ session, names, fresh, base, choice }: Turn): Promise<void> {
  await session.query('SAVEPOINT before');
  await session.query(`INSERT INTO posts (${names.ref}, label) SELECT ${names.id}, $1 FROM users WHERE label = $2`, [
    fresh(),
    choice.one(base),
  ]);
  await session.query('ROLLBACK TO before');
}
