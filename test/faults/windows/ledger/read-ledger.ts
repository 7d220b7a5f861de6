/** What both sides hold, read in one snapshot, and where they disagree, by SQL that is written by hand. */
import type { Database, Session } from '../../../../src/executor/session.js';
import { claimSays, keyText, rowSays } from './ledger-log.js';
import { OTHERS } from './ledger-tables.js';

export interface Contents {
  /** Ids of the transactions that it holds. */
  readonly entries: ReadonlySet<number>;
  /** By version, what each says; a version that is there twice has two. */
  readonly row: ReadonlyMap<string, readonly string[]>;
  readonly claim: ReadonlyMap<string, readonly string[]>;
  readonly money: ReadonlyMap<string, { readonly balance: number; readonly n: number }>;
}

export interface BothSides {
  readonly old: Contents;
  readonly new: Contents;
  /** Lines that say where the sides differ. */
  readonly disagreements: readonly string[];
  /** Rows of the targets that are none of the plan's business, and are not as they were. */
  readonly ofOthers: number;
}

export function readLedger(database: Database): Promise<BothSides> {
  return database.transaction(
    async (session) => ({
      old: await contents(session, OLD),
      new: await contents(session, NEW),
      disagreements: (await session.query<{ line: string }>(DISAGREEMENTS)).rows.map(({ line }) => line),
      ofOthers: Number((await session.query<{ n: string }>(OF_OTHERS)).rows[0]!.n) - 2 * OTHERS,
    }),
    { isolation: 'repeatable read', readOnly: true },
  );
}

interface Queries {
  readonly rows: string;
  readonly claims: string;
  readonly entries: string;
}

const OLD: Queries = {
  rows: 'SELECT branch, id, kind, word, version, balance, n FROM account',
  claims: 'SELECT branch, id, handle, claim FROM account WHERE handle IS NOT NULL',
  entries: 'SELECT id FROM entry',
};

const NEW: Queries = {
  rows: `SELECT branch, id, 'person' AS kind, label AS word, version, balance, n FROM person
    UNION ALL SELECT branch, id, 'shop', label, version, balance, n FROM shop WHERE realm = 'main'`,
  claims: `SELECT branch, id, handle, claim FROM handle WHERE provider = 'own'`,
  entries: 'SELECT id FROM ledger',
};

const DISAGREEMENTS = `
  WITH a AS (SELECT branch, id, kind, word, version, balance, n FROM account), b AS (${NEW.rows}),
  difference (line) AS (
    SELECT 'row ' || coalesce(a::text, 'missing') || ' / ' || coalesce(b::text, 'missing')
    FROM a FULL JOIN b USING (branch, id, kind) WHERE a.* IS DISTINCT FROM b.*
    UNION ALL
    SELECT 'handle ' || coalesce(a::text, 'missing') || ' / ' || coalesce(b::text, 'missing')
    FROM (${OLD.claims}) AS a FULL JOIN (${NEW.claims}) AS b USING (handle) WHERE a.* IS DISTINCT FROM b.*
    UNION ALL
    SELECT 'entry ' || coalesce(a::text, 'missing') || ' / ' || coalesce(b::text, 'missing')
    FROM entry AS a FULL JOIN ledger AS b USING (id) WHERE a.* IS DISTINCT FROM b.*
  )
  SELECT line FROM difference LIMIT 20`;

const OF_OTHERS = `SELECT (SELECT count(*) FROM shop WHERE realm <> 'main' AND label = 'of others' AND n = 1)
  + (SELECT count(*) FROM handle WHERE provider <> 'own' AND claim = id) AS n`;

async function contents(session: Session, queries: Queries): Promise<Contents> {
  const rows = await session.query<RowRead>(queries.rows);
  const claims = await session.query<ClaimRead>(queries.claims);
  const entries = await session.query<{ id: string }>(queries.entries);
  return {
    entries: new Set(entries.rows.map(({ id }) => Number(id))),
    row: byVersion(rows.rows.map((row) => [row.version, rowSays(row, row.kind, row.word)])),
    claim: byVersion(claims.rows.map((row) => [row.claim, claimSays(row, row.handle)])),
    money: new Map(rows.rows.map((row) => [keyText(row), { balance: row.balance, n: row.n }])),
  };
}

interface RowRead {
  readonly branch: number;
  readonly id: number;
  readonly kind: string;
  readonly word: string;
  readonly version: string;
  readonly balance: number;
  readonly n: number;
}

interface ClaimRead {
  readonly branch: number;
  readonly id: number;
  readonly handle: string;
  readonly claim: string;
}

function byVersion(found: readonly (readonly [string, string])[]): Map<string, string[]> {
  const versions = new Map<string, string[]>();
  for (const [version, says] of found) versions.set(version, [...(versions.get(version) ?? []), says]);
  return versions;
}
