/** A parent without a new key has a name of its own, with cause and remedy: when a plan is compiled, in a batch, and in a write of the application. */
import { afterEach, describe, expect, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { testDatabase } from '../../support/database.js';
import { ON_NEW } from '../../support/majors.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { stopAfterOperation } from './stop-after-operation.js';
import { forgetTables } from './whole-cycle.js';

const SCHEMA = `CREATE TABLE users (id serial PRIMARY KEY, name text); CREATE TABLE clinics (id serial PRIMARY KEY);
  CREATE TABLE orders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users);
  INSERT INTO users (name) SELECT 'u' || g FROM generate_series(1, 9) AS g; INSERT INTO clinics DEFAULT VALUES;
  INSERT INTO orders SELECT g, g FROM generate_series(1, 5) AS g`;

/** As somebody does who knows better: past all triggers of the table. */
function past(table: string, sql: string): string {
  const each = (state: string): string => `DO $$ DECLARE t text; BEGIN
    FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = '${table}'::regclass AND tgname LIKE '~ lockstep%' LOOP
      EXECUTE format('ALTER TABLE ${table} ${state} TRIGGER %I', t); END LOOP; END $$`;
  return `${each('DISABLE')}; ${sql}; ${each('ENABLE ALWAYS')}`;
}

for (const major of ON_NEW) {
  const db = await testDatabase({ major });
  const { database, query, value } = db;
  const plan = (more: Readonly<Record<string, unknown>> = {}) =>
    planOn(database, {
      name: 'keys',
      steps: [{ id: 'keys', convert_uuid: { table: 'users', value: 'random', ...more } }],
    });

  describe(`parents without a new key, on server ${major}`, () => {
    afterEach(() => forgetTables(db));

    test.each([
      [
        'that a reference names',
        'ALTER TABLE orders ADD COLUMN clinic int',
        { references: [{ column: 'orders.clinic', to: 'clinics' }] },
      ],
      ['of a foreign key', 'ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES clinics NOT VALID', {}],
    ])('a table %s and that is not converted', async (_, schema, more) => {
      await query(`${SCHEMA}; ${schema}`);
      const { exit, diagnostics } = await plan(more).plan();
      expect(exit).toBe(EXIT.planInvalid);
      expect(diagnostics).toMatchObject([{ code: 'LS6610' }]);
      expect(diagnostics[0]!.detail).toMatch(/orders.*clinics.*has no new key/);
      expect(diagnostics[0]!.help).toMatch(/tables: \[/);
    });

    test('in a batch: the run stops, says which, and goes on once the key is there', async () => {
      await query(SCHEMA);
      const keys = plan();
      expect((await keys.apply(stopAfterOperation('keys/fill/public.users'))).exit).toBe(EXIT.stopped);
      await query(past('users', 'UPDATE users SET id_uuid = NULL WHERE id = 3'));
      const { exit, diagnostics } = await keys.apply();
      expect(exit).toBe(EXIT.failed);
      expect(diagnostics).toMatchObject([{ code: 'LS6610' }]);
      expect(diagnostics[0]!.detail).toMatch(/public\.orders\.user_id_uuid[\s\S]*public\.users[\s\S]*"user_id":3/);
      expect(await value(`SELECT count(*)::int FROM lockstep.quarantined`)).toBe(0);
      await query(/`(UPDATE [^`]*)`/.exec(diagnostics[0]!.help!)![1]!);
      expect(told(await keys.apply())).toBe('exit 0');
      const agree = `SELECT count(*)::int FROM orders AS o JOIN users AS u ON (u.id, u.id_uuid) = (o.user_id, o.user_id_uuid)`;
      expect(await value(agree)).toBe(5);
    });

    test('in a write of the application, which its NOT NULL would refuse without a reason', async () => {
      await query(SCHEMA);
      expect(told(await plan().apply())).toBe('exit 0');
      await query('ALTER TABLE users ALTER id_uuid DROP NOT NULL');
      await query(past('users', 'UPDATE users SET id_uuid = NULL WHERE id = 9'));
      const written = query('INSERT INTO orders VALUES (9, 9)');
      await expect(written).rejects.toThrow(
        'lockstep window "keys/keys": the row of public.users that user_id of public.orders refers to has no new key',
      );
      await expect(written).rejects.toMatchObject({
        facts: { sqlstate: '23502', hint: expect.stringContaining('LS6610') as string },
      });
      await query('INSERT INTO orders VALUES (8, 8)');
      await query('UPDATE users SET id_uuid = pg_catalog.gen_random_uuid() WHERE id_uuid IS NULL');
      await query('INSERT INTO orders VALUES (9, 9)');
    });
  });
}
