/**
 * Whether the journal is what lockstep made, and whose it is. A trigger, a rule, a default or a CHECK on one of its tables is code
 * that runs with the rights of whoever writes there: a role that made the schema first would have those of every runner.
 */
import type { Session } from '../../executor/session.js';
import { JOURNAL_COLUMNS } from './journal-columns.js';
import { JournalRefusal } from './journal-refusal.js';

/**
 * `read`: nothing that runs when rows are read or written may stand there. `write`: as well, and a superuser writes only to
 * what belongs to him. `own`: all of it belongs to the current user, or to a role that he has.
 */
export type JournalUse = 'read' | 'write' | 'own';

/**
 * In a transaction: what the server prints is read under a pinned search path, which is put back. Only reads; nothing where there
 * is no journal. Rejects with a JournalRefusal (`not ours`) that names everything.
 */
export async function refuseIntruders(session: Session, use: JournalUse): Promise<void> {
  const before = await session.query<{ path: string }>(`SELECT pg_catalog.current_setting('search_path') AS path`);
  await session.query(SET_PATH, ['pg_catalog, pg_temp']);
  const intruders = await session.query<{ what: string }>(INTRUDERS, [
    JSON.stringify(Object.entries(JOURNAL_COLUMNS).map(([table, columns]) => [table, columns.split(' ')])),
    OWN_DEFAULTS,
  ]);
  const strangers = await session.query<Stranger>(STRANGERS);
  await session.query(SET_PATH, [before.rows[0]!.path]);
  if (intruders.rows.length > 0)
    throw new JournalRefusal(
      'not ours',
      `the journal holds what lockstep did not make: ${listed(intruders.rows.map(({ what }) => what))}`,
      'Find out who put it there: it would run with your rights. Drop it, and then try again.',
    );
  const [stranger] = strangers.rows;
  if (stranger === undefined || use === 'read' || (use === 'write' && !stranger.superuser)) return;
  throw new JournalRefusal(
    'not ours',
    `${listed(strangers.rows.map(({ what, owner }) => `${what} belongs to ${owner}`))}, and ${stranger.user} is no member of ${listed([...new Set(strangers.rows.map(({ owner }) => owner))])}`,
    `Run as ${stranger.owner} or as a member of it; or, if you trust what stands there, let an administrator give it to your role: ALTER SCHEMA lockstep OWNER TO …, and its tables.`,
  );
}

interface Stranger {
  readonly what: string;
  readonly owner: string;
  readonly user: string;
  readonly superuser: boolean;
}

const SHOWN = 10;

function listed(all: readonly string[]): string {
  const more = all.length > SHOWN ? `, and ${all.length - SHOWN} more` : '';
  return `${all.slice(0, SHOWN).join(', ')}${more}`;
}

const SET_PATH = `SELECT pg_catalog.set_config('search_path', $1, true)`;

/** As the server prints them under the pinned path: whoever else made a function of that name, it would be qualified. */
const OWN_DEFAULTS = [
  'SESSION_USER',
  'clock_timestamp()',
  'pg_current_xact_id()',
  'transaction_timestamp()',
  'pg_backend_pid()',
  `current_setting('application_name'::text)`,
];

/** A column among words, as all conditions of the journal are: no function of anybody is called. */
const WORDS = `(= ANY|<> ALL) \\(ARRAY\\[''[a-z ]+''::text(, ''[a-z ]+''::text)*\\]\\)`;

/** $1: the columns by table; $2: texts of defaults. */
const INTRUDERS = `
  WITH known AS (
    SELECT t.value ->> 0 AS name, array(SELECT json_array_elements_text(t.value -> 1)) AS columns
    FROM json_array_elements($1::json) AS t
  ), own AS (
    SELECT c.*, known.columns FROM pg_class AS c JOIN known ON c.relname = known.name::name
    WHERE c.relnamespace = to_regnamespace('lockstep')
  )
  SELECT what FROM (
    SELECT oid, 'lockstep.' || relname || ' is no table' AS what FROM own WHERE relkind <> 'r'
    UNION ALL SELECT oid, 'row-level security on lockstep.' || relname FROM own WHERE relrowsecurity
    UNION ALL SELECT o.oid, 'the trigger ' || g.tgname || ' on lockstep.' || o.relname FROM own AS o JOIN pg_trigger AS g ON g.tgrelid = o.oid WHERE NOT g.tgisinternal
    UNION ALL SELECT o.oid, 'the rule ' || r.rulename || ' on lockstep.' || o.relname FROM own AS o JOIN pg_rewrite AS r ON r.ev_class = o.oid WHERE o.relkind = 'r'
    UNION ALL SELECT o.oid, 'the policy ' || p.polname || ' on lockstep.' || o.relname FROM own AS o JOIN pg_policy AS p ON p.polrelid = o.oid
    UNION ALL SELECT o.oid, i.inhrelid::regclass || ' inherits from lockstep.' || o.relname FROM own AS o JOIN pg_inherits AS i ON i.inhparent = o.oid
    UNION ALL SELECT o.oid, 'lockstep.' || o.relname || ' inherits from ' || i.inhparent::regclass FROM own AS o JOIN pg_inherits AS i ON i.inhrelid = o.oid
    UNION ALL SELECT o.oid, 'the column lockstep.' || o.relname || '.' || a.attname
      FROM own AS o JOIN pg_attribute AS a ON a.attrelid = o.oid JOIN pg_type AS t ON t.oid = a.atttypid LEFT JOIN pg_attrdef AS d ON d.adrelid = o.oid AND d.adnum = a.attnum
      WHERE a.attnum > 0 AND NOT a.attisdropped AND o.relkind = 'r'
        AND (a.attname::text <> ALL (o.columns) OR t.typnamespace <> to_regnamespace('pg_catalog') OR a.attgenerated <> ''
          OR NOT coalesce(pg_get_expr(d.adbin, d.adrelid) = ANY ($2::text[]) OR pg_get_expr(d.adbin, d.adrelid) ~ '^(''[a-z ]+''::text|[0-9]+|false)$', d.adbin IS NULL))
    UNION ALL SELECT o.oid, 'the constraint ' || k.conname || ' on lockstep.' || o.relname FROM own AS o JOIN pg_constraint AS k ON k.conrelid = o.oid
      WHERE k.contype NOT IN ('n', 'p', 'u') AND NOT (k.contype = 'f' AND k.confrelid IN (SELECT oid FROM own) AND k.confupdtype = 'a' AND k.confdeltype = 'a')
        AND NOT (k.contype = 'c' AND pg_get_constraintdef(k.oid) ~ '^CHECK \\(\\([a-z]+ ${WORDS}\\)\\)$')
    UNION ALL SELECT o.oid, 'the index ' || x.indexrelid::regclass || ' of lockstep.' || o.relname FROM own AS o JOIN pg_index AS x ON x.indrelid = o.oid
      WHERE x.indexprs IS NOT NULL OR x.indpred IS NOT NULL AND pg_get_expr(x.indpred, x.indrelid) !~ '^\\([a-z]+ ${WORDS}\\)$'
  ) AS found ORDER BY what`;

/** A superuser has every role by law, and owns nothing by it: for him only what was granted counts, and other superusers. */
const STRANGERS = `
  WITH RECURSIVE me AS (
    SELECT oid, rolname, rolsuper FROM pg_roles WHERE rolname = current_user
  ), mine AS (
    SELECT oid FROM me
    UNION SELECT m.roleid FROM pg_auth_members AS m JOIN mine ON m.member = mine.oid
  ), owned AS (
    SELECT 'the schema lockstep' AS what, nspowner AS owner, 0 AS place FROM pg_namespace WHERE nspname = 'lockstep'
    UNION ALL
    SELECT 'lockstep.' || relname, relowner, 1 FROM pg_class WHERE relnamespace = to_regnamespace('lockstep') AND relkind IN ('r', 'p', 'v', 'm', 'f')
  )
  SELECT owned.what, o.rolname AS owner, me.rolname AS "user", me.rolsuper AS superuser
  FROM owned CROSS JOIN me JOIN pg_roles AS o ON o.oid = owned.owner
  WHERE owned.owner NOT IN (SELECT oid FROM mine)
    AND CASE WHEN me.rolsuper THEN NOT o.rolsuper ELSE NOT pg_has_role(me.oid, owned.owner, 'MEMBER') END
  ORDER BY owned.place, owned.what`;
