/** The side from before: one table of accounts. */
import type { Session } from '../../../../src/executor/session.js';
import type { Key } from './ledger-tables.js';
import { met, one, type FoundClaim, type FoundRow, type Side } from './side.js';

const AT = 'branch = $1 AND id = $2';

export const oldSide: Side = {
  name: 'old',
  pay: (session, { branch, id }, by) =>
    met(session, `UPDATE account SET balance = balance + $3 WHERE ${AT}`, [branch, id, by]),
  async count(session, keys) {
    const counted = await session.query<Key>(
      `UPDATE account AS a SET n = n + 1 FROM unnest($1::int[], $2::int[]) AS k (branch, id)
       WHERE a.branch = k.branch AND a.id = k.id RETURNING a.branch, a.id`,
      [keys.map(({ branch }) => branch), keys.map(({ id }) => id)],
    );
    return counted.rows;
  },
  look: (session, { branch, id }) =>
    one<FoundRow>(session, `SELECT version, kind FROM account WHERE ${AT} FOR UPDATE`, [branch, id]),
  put: (session, { branch, id }, { version, kind, word }) =>
    inserted(session, 'INSERT INTO account (branch, id, version, kind, word) VALUES ($1, $2, $3, $4, $5)', [
      ...[branch, id, version],
      ...[kind, word],
    ]),
  change: (session, { branch, id }, _, { version, kind, word }) =>
    met(session, `UPDATE account SET version = $3, kind = $4, word = $5 WHERE ${AT}`, [
      ...[branch, id, version],
      ...[kind, word],
    ]),
  rekey: (session, { branch, id }, _, to, { version, kind, word }) =>
    met(session, `UPDATE account SET branch = $3, id = $4, version = $5, kind = $6, word = $7 WHERE ${AT}`, [
      ...[branch, id, to.branch, to.id],
      ...[version, kind, word],
    ]),
  remove: async (session, { branch, id }) =>
    (await one<{ version: string }>(session, `DELETE FROM account WHERE ${AT} RETURNING version`, [branch, id]))
      ?.version,
  lookClaim: (session, { branch, id }) =>
    one<FoundClaim>(session, `SELECT claim, handle FROM account WHERE ${AT} AND handle IS NOT NULL FOR UPDATE`, [
      branch,
      id,
    ]),
  claim: (session, { branch, id }, handle, claim) =>
    met(session, `UPDATE account SET handle = $3, claim = $4 WHERE ${AT} AND handle IS NULL`, [
      ...[branch, id, handle],
      claim,
    ]),
  swap: (session, { branch, id }, _, handle, claim) =>
    met(session, `UPDATE account SET handle = $3, claim = $4 WHERE ${AT}`, [branch, id, handle, claim]),
  release: (session, { branch, id }) =>
    met(session, `UPDATE account SET handle = NULL, claim = NULL WHERE ${AT}`, [branch, id]),
  enter: (session, id, said) => inserted(session, 'INSERT INTO entry (id, said) VALUES ($1, $2)', [id, said]),
};

async function inserted(session: Session, sql: string, parameters: readonly unknown[]): Promise<void> {
  await session.query(sql, parameters);
}
