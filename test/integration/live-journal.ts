/**
 * The application of the journal at work: the same statements before the cutover and after it, since names change places. Each
 * client has users of its own, so that its log says what must be there, joined over whatever the keys are.
 */
import type { TestDatabase } from '../support/database.js';
import { whileWritten, type Write, type Writes } from '../support/while-written.js';

const CLIENTS = 4;
const USERS_EACH = 12;

/** By address: what was written about the user; null: no such user. */
export type JournalLog = Map<string, Set<string> | null>;

export async function whileJournalsAreKept(
  url: string,
  log: JournalLog,
  work: (writes: Writes) => Promise<void>,
): Promise<void> {
  await whileWritten(url, { clients: CLIENTS, write: (client, turn) => nextWrite(log, client, turn) }, work);
}

function nextWrite(log: JournalLog, client: number, turn: number): Write {
  const email = `live-${client}-${turn % USERS_EACH}@example.com`;
  const known = log.get(email) ?? null;
  const text = crypto.randomUUID();
  if (known === null) {
    const id = crypto.randomUUID();
    return {
      sql: `INSERT INTO users (id, email) VALUES ('${id}', '${email}'); INSERT INTO journal_entries (user_id, content) VALUES ('${id}', '${text}')`,
      done: () => log.set(email, new Set([`entry ${text}`])),
    };
  }
  if (turn % 13 === 12) return { sql: `DELETE FROM users WHERE email = '${email}'`, done: () => log.set(email, null) };
  const writes: readonly (() => Write)[] = [
    () => ({
      sql: `INSERT INTO journal_entries (user_id, content) SELECT id, '${text}' FROM users WHERE email = '${email}'`,
      done: () => known.add(`entry ${text}`),
    }),
    () => ({
      sql: `INSERT INTO tags (user_id, name) SELECT id, '${text}' FROM users WHERE email = '${email}'`,
      done: () => known.add(`tag ${text}`),
    }),
    () => ({
      // First nobody's, then this user's: a reference that is set later.
      sql: `INSERT INTO reminders (remind_at, text) VALUES (now(), '${text}');
        UPDATE reminders SET user_id = (SELECT id FROM users WHERE email = '${email}') WHERE text = '${text}'`,
      done: () => known.add(`reminder ${text}`),
    }),
    () => ({
      sql: `DELETE FROM journal_entries AS e USING users AS u WHERE e.user_id = u.id AND u.email = '${email}'`,
      done: () => [...known].filter((what) => what.startsWith('entry ')).forEach((what) => known.delete(what)),
    }),
    () => ({ sql: `UPDATE users SET updated_at = now() WHERE email = '${email}'` }),
  ];
  return writes[(turn + client) % writes.length]!();
}

/** What the log says and the tables do not, or the other way round. */
export async function journalDifferences(log: JournalLog, { query }: TestDatabase): Promise<readonly string[]> {
  const rows = await query<{ email: string; what: string | null }>(`
    SELECT u.email, w.what FROM users AS u LEFT JOIN LATERAL (
      SELECT 'entry ' || e.content AS what FROM journal_entries AS e WHERE e.user_id = u.id
      UNION ALL SELECT 'tag ' || t.name FROM tags AS t WHERE t.user_id = u.id
      UNION ALL SELECT 'reminder ' || r.text FROM reminders AS r WHERE r.user_id = u.id) AS w ON true
    WHERE u.email LIKE 'live-%'`);
  const found = rows.map(({ email, what }) => `${email} ${what ?? ''}`);
  const expected = [...log].flatMap(([email, known]) =>
    known === null ? [] : known.size === 0 ? [`${email} `] : [...known].map((what) => `${email} ${what}`),
  );
  if (expected.length < CLIENTS) throw new Error('nobody has written anything');
  return [
    ...expected.filter((one) => !found.includes(one)).map((one) => `missing ${one}`),
    ...found.filter((one) => !expected.includes(one)).map((one) => `extra ${one}`),
  ].sort();
}
