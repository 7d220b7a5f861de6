/** The side that comes: people and shops in tables of their own, and handles in another one. */
import type { Key } from './ledger-tables.js';
import { met, one, type FoundClaim, type FoundRow, type Side } from './side.js';

const AT = 'branch = $1 AND id = $2';
/** Where a row may be, and what is true of those that are ours. */
const TABLES = [
  { kind: 'person', table: 'person', ours: 'true' },
  { kind: 'shop', table: 'shop', ours: `realm = 'main'` },
] as const;

export const newSide: Side = {
  name: 'new',
  async pay(session, { branch, id }, by) {
    for (const { table, ours } of TABLES)
      if (await met(session, `UPDATE ${table} SET balance = balance + $3 WHERE ${AT} AND ${ours}`, [branch, id, by]))
        return true;
    return false;
  },
  async count(session, keys) {
    const counted: Key[] = [];
    for (const { table, ours } of TABLES) {
      const { rows } = await session.query<Key>(
        `UPDATE ${table} AS a SET n = n + 1 FROM unnest($1::int[], $2::int[]) AS k (branch, id)
         WHERE a.branch = k.branch AND a.id = k.id AND ${ours} RETURNING a.branch, a.id`,
        [keys.map(({ branch }) => branch), keys.map(({ id }) => id)],
      );
      counted.push(...rows);
    }
    return counted;
  },
  async look(session, { branch, id }) {
    for (const { kind, table, ours } of TABLES) {
      const sql = `SELECT version, '${kind}' AS kind FROM ${table} WHERE ${AT} AND ${ours} FOR UPDATE`;
      const found = await one<FoundRow>(session, sql, [branch, id]);
      if (found !== undefined) return found;
    }
    return undefined;
  },
  async put(session, { branch, id }, { version, kind, word }) {
    const { table, realm, value } = insertInto(kind);
    const sql = `INSERT INTO ${table} (${realm}branch, id, version, label, balance, n) VALUES (${value}$1, $2, $3, $4, 0, 0)`;
    await session.query(sql, [branch, id, version, word]);
  },
  change: (session, { branch, id }, { kind }, { version, word }) =>
    met(session, `UPDATE ${kind} SET version = $3, label = $4 WHERE ${AT} AND ${oursOf(kind)}`, [
      ...[branch, id, version],
      word,
    ]),
  rekey: (session, { branch, id }, { kind }, to, row) =>
    row.kind === kind
      ? met(
          session,
          `UPDATE ${kind} SET branch = $3, id = $4, version = $5, label = $6 WHERE ${AT} AND ${oursOf(kind)}`,
          [branch, id, to.branch, to.id, row.version, row.word],
        )
      : Promise.resolve(false),
  async remove(session, { branch, id }) {
    for (const { table, ours } of TABLES) {
      const sql = `DELETE FROM ${table} WHERE ${AT} AND ${ours} RETURNING version`;
      const found = await one<{ version: string }>(session, sql, [branch, id]);
      if (found !== undefined) return found.version;
    }
    return undefined;
  },
  lookClaim: (session, { branch, id }) =>
    one<FoundClaim>(session, `SELECT claim, handle FROM handle WHERE provider = 'own' AND ${AT} FOR UPDATE`, [
      branch,
      id,
    ]),
  claim: (session, { branch, id }, handle, claim) =>
    met(session, `INSERT INTO handle (provider, branch, id, handle, claim) VALUES ('own', $1, $2, $3, $4)`, [
      ...[branch, id, handle],
      claim,
    ]),
  swap: (session, _, found, handle, claim) =>
    met(session, `UPDATE handle SET handle = $2, claim = $3 WHERE provider = 'own' AND handle = $1`, [
      found.handle,
      ...[handle, claim],
    ]),
  release: (session, _, { handle }) =>
    met(session, `DELETE FROM handle WHERE provider = 'own' AND handle = $1`, [handle]),
  async enter(session, id, said) {
    await session.query('INSERT INTO ledger (id, said) VALUES ($1, $2)', [id, said]);
  },
};

function insertInto(kind: string): { readonly table: string; readonly realm: string; readonly value: string } {
  return kind === 'person'
    ? { table: 'person', realm: '', value: '' }
    : { table: 'shop', realm: 'realm, ', value: `'main', ` };
}

function oursOf(kind: string): string {
  return TABLES.find((one) => one.kind === kind)!.ours;
}
