/**
 * The chain of a run's events: each names the digest of the one before, so that a row that was changed, taken out or put in
 * between is found. Owns the digest, what a new event says of those before it, and the check of the whole.
 *
 * Processes of a run write events in transactions of their own, and none waits for another because of this: a row may name
 * several that no row named yet, or have the same one before it as its neighbour, as commits of a version control do.
 */
import { sql, type RawBuilder } from 'kysely';

import type { Session } from '../../executor/session.js';

/** How far back a new event looks for rows that nobody names: far more than there are processes of a run. */
const LOOKED_AT = 64;

/** The text of a row, whatever the session's time zone; `json` columns keep their bytes. */
const digestSql = (row: string): string =>
  `'sha256:' || encode(sha256(convert_to(json_build_array(${row}.id, ${row}.run_id, to_char(${row}.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ${row}.event, ${row}.operation_id, ${row}.from_state, ${row}.to_state, ${row}.details::text, ${row}.by_user, ${row}.before::text)::text, 'UTF8')), 'hex')`;

/**
 * What a new event of the run has before it: the digests, by id, of all that no other event names yet. Of a run from before
 * digests were kept, its latest event alone.
 */
export function eventsBefore(runId: RawBuilder<unknown> | string): RawBuilder<string> {
  return sql<string>`(
    WITH latest AS MATERIALIZED (
      SELECT * FROM lockstep.event AS e WHERE e.run_id = ${runId} ORDER BY e.id DESC LIMIT ${sql.lit(LOOKED_AT)}
    ), named AS (
      SELECT n.id::bigint AS id FROM latest AS l, json_object_keys(l.before) AS n (id) WHERE l.before IS NOT NULL
    )
    SELECT coalesce(json_object_agg(l.id, ${sql.raw(digestSql('l'))} ORDER BY l.id), '{}') FROM latest AS l
    WHERE l.id NOT IN (SELECT id FROM named) AND (l.before IS NOT NULL OR l.id = (SELECT max(id) FROM latest)))`;
}

export interface EventChain {
  readonly events: number;
  /** From before digests were kept: nothing tells whether they were changed. */
  readonly withoutDigest: number;
  /** What does not fit, a sentence each; empty: every event is as it was written. */
  readonly broken: readonly string[];
}

interface ChainRow {
  readonly id: string;
  readonly digest: string;
  readonly before: Readonly<Record<string, string>> | null;
}

/** Only reads. The digests are computed here and not by anything that stands in the journal. */
export async function eventChain(session: Session, runId: string): Promise<EventChain> {
  if (!(await chainIsKept(session))) {
    const { rows } = await session.query<{ events: string }>(
      'SELECT count(*)::text AS events FROM lockstep.event WHERE run_id = $1',
      [runId],
    );
    const events = Number(rows[0]!.events);
    return { events, withoutDigest: events, broken: [] };
  }
  const broken = await lastMove(session, runId);
  const { rows } = await session.query<ChainRow>(
    `SELECT e.id::text AS id, ${digestSql('e')} AS digest, e.before FROM lockstep.event AS e WHERE e.run_id = $1 ORDER BY e.id`,
    [runId],
  );
  const judged = judge(rows);
  return { ...judged, broken: [...judged.broken, ...broken] };
}

/** Nothing names the latest event, but what a run's status is it says itself. */
async function lastMove(session: Session, runId: string): Promise<readonly string[]> {
  const { rows } = await session.query<{ status: string; told: string | null }>(
    `SELECT r.status, (SELECT e.to_state FROM lockstep.event AS e WHERE e.run_id = r.id
       AND e.event IN ('run begun', 'run moved', 'rollback begun') ORDER BY e.id DESC LIMIT 1) AS told
     FROM lockstep.run AS r WHERE r.id = $1`,
    [runId],
  );
  return rows.flatMap(({ status, told }) =>
    status === told ? [] : [`the run is ${status}, and its last event about that says ${told ?? 'nothing'}`],
  );
}

/** False for a journal of a version that did not write it. */
export async function chainIsKept(session: Session): Promise<boolean> {
  const { rows } = await session.query<{ there: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = 'lockstep.event'::pg_catalog.regclass
       AND attname = 'before' AND NOT attisdropped) AS there`,
  );
  return rows[0]!.there;
}

function judge(rows: readonly ChainRow[]): EventChain {
  const digests = new Map(rows.map(({ id, digest }) => [id, digest]));
  const linked = rows.filter(({ before }) => before !== null);
  const broken: string[] = [];
  if (rows.length === 0) broken.push('the run has no events, and each run begins with one');
  const first = linked[0];
  for (const { id, before } of rows) {
    if (before === null) {
      if (first !== undefined && BigInt(id) > BigInt(first.id))
        broken.push(`event ${id} carries no digest, and events before it do`);
      continue;
    }
    const named = Object.entries(before);
    if (named.length === 0 && id !== rows[0]!.id) broken.push(`event ${id} says that it is the first one`);
    for (const [other, digest] of named) {
      const found = digests.get(other);
      if (found === undefined) broken.push(`event ${other}, which event ${id} names, is not there`);
      else if (found !== digest) broken.push(`event ${other} is not as it was when event ${id} was written`);
    }
  }
  return { events: rows.length, withoutDigest: rows.length - linked.length, broken: [...new Set(broken)] };
}
