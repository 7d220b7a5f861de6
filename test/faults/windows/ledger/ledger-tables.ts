/**
 * The tables of the ledger workload and the plan that splits them: accounts go to two tables by a condition, their handles
 * to a third under a literal, entries to a fourth. Every transaction of a client leaves one entry: whether an unknown one
 * was committed is read from there, and of the other side, which transactions it holds.
 *
 * Every third key of each branch may be deleted, made, and changed to another key; half of those are free at first. The
 * others stay for ever, and their money and their counters with them.
 */
export interface LedgerSize {
  readonly branches: number;
  readonly perBranch: number;
  /** Rows of a batch. */
  readonly batch: number;
}

export interface Key {
  readonly branch: number;
  readonly id: number;
}

export function isSlot({ id }: Key): boolean {
  return id % 3 === 0;
}

/** A key that comes and goes always has one kind; that of the others changes. */
export function slotKind({ branch, id }: Key): 'person' | 'shop' {
  return (branch + id) % 2 === 0 ? 'person' : 'shop';
}

export const OTHERS = 50;

export function ledgerTables({ branches, perBranch }: LedgerSize): string {
  return `
  CREATE TABLE account (
    branch int NOT NULL, id int NOT NULL, kind text NOT NULL CHECK (kind IN ('person', 'shop')), word text NOT NULL,
    version bigint NOT NULL, balance int NOT NULL DEFAULT 0, n int NOT NULL DEFAULT 0,
    handle text, claim bigint, note text,
    PRIMARY KEY (branch, id), CONSTRAINT account_handle UNIQUE (handle)
  ) WITH (fillfactor = 70);
  CREATE TABLE entry (id bigint PRIMARY KEY, said text NOT NULL);
  CREATE TABLE person (
    branch int NOT NULL, id int NOT NULL, label text NOT NULL, version bigint NOT NULL, balance int NOT NULL, n int NOT NULL,
    PRIMARY KEY (branch, id)
  );
  CREATE TABLE shop (
    realm text NOT NULL, branch int NOT NULL, id int NOT NULL, label text NOT NULL, version bigint NOT NULL,
    balance int NOT NULL, n int NOT NULL, PRIMARY KEY (realm, branch, id)
  );
  CREATE TABLE handle (
    provider text NOT NULL, handle text NOT NULL, branch int NOT NULL, id int NOT NULL, claim bigint NOT NULL,
    PRIMARY KEY (provider, handle)
  );
  CREATE INDEX ON handle (branch, id);
  CREATE TABLE ledger (id bigint PRIMARY KEY, said text NOT NULL);
  INSERT INTO account (branch, id, kind, word, version, balance, handle, claim)
  SELECT b, i, CASE (b + i) % 2 WHEN 0 THEN 'person' ELSE 'shop' END, 'at first', -(b * 1000000 + i),
    CASE i % 3 WHEN 0 THEN 0 ELSE 1000 END,
    CASE WHEN i % 3 > 0 AND i % 5 = 0 THEN 'first ' || b || ' ' || i END, CASE WHEN i % 3 > 0 AND i % 5 = 0 THEN -(b * 1000000 + i) END
  FROM generate_series(1, ${branches}) AS b, generate_series(1, ${perBranch}) AS i
  WHERE i % 6 <> 3;
  INSERT INTO shop SELECT 'elsewhere', 1, i, 'of others', i, 1, 1 FROM generate_series(1, ${OTHERS}) AS i;
  INSERT INTO handle SELECT 'elsewhere', 'first 1 ' || i, 1, i, i FROM generate_series(1, ${OTHERS}) AS i;
  ANALYZE account`;
}

export type Direction = 'forward' | 'both';

function mappings(direction: Direction): string {
  const reverse = (what: string): string => (direction === 'both' ? `\n    reverse: { ${what} }` : '');
  return `mappings:
  people:
    from: account
    to: person
    where: kind = 'person'
    columns: { branch: branch, id: id, label: word, version: version, balance: balance, n: n }${reverse(`columns: { kind: "'person'" }, on_delete: delete`)}
  shops:
    from: account
    to: shop
    where: kind = 'shop'
    target_where: realm = 'main'
    columns: { realm: { value: main }, branch: branch, id: id, label: word, version: version, balance: balance, n: n }${reverse(`columns: { kind: "'shop'" }, on_delete: delete`)}
  handles:
    from: account
    to: handle
    where: handle IS NOT NULL
    target_where: provider = 'own'
    columns: { provider: { value: own }, handle: handle, branch: branch, id: id, claim: claim }${reverse('on_delete: { set: { handle: "NULL", claim: "NULL" } }')}
  entries:
    from: entry
    to: ledger
    columns: same${reverse('on_delete: delete')}
`;
}

const ALL = '[people, shops, handles, entries]';

/** What follows the plan's name. It waits for an approval before the cutover, and before the window is closed. */
export function ledgerPlan(
  { batch }: LedgerSize,
  { direction, proof = true }: { readonly direction: Direction; readonly proof?: boolean },
): string {
  const both = direction === 'both';
  // By default for all: in small batches the way back takes its time, and is killed in the midst of them.
  return `defaults: { workers: 2, batch: { rows: ${batch}, target: "off" } }
${mappings(direction)}steps:
  - id: in-step
    dual_write: { mappings: ${ALL}${both ? ', direction: both' : ''} }
${both ? '    allow: { deadlocks: the clients try again }\n' : ''}  - id: fill
    backfill: { mappings: ${ALL}, workers: 2 }
${proof ? '  - id: proof\n    verify: [{ in_sync: [in-step] }]\n' : ''}  - { id: soak, gate: { approval: somebody } }
${both ? '  - { id: flip, cutover: { windows: [in-step], attempts: 40 } }\n  - { id: settled, gate: { approval: somebody } }\n' : ''}  - id: done
    close: { windows: [in-step]${both ? ', quiet: 1s' : ''} }
`;
}
