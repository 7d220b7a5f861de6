/** `gate`: ends the turn until somebody approves and its time has passed; holds back what shares no table with what came before. */
import { describe, expect, it } from 'vitest';

import { testDatabase } from '../../support/database.js';
import { planOn, told } from '../../support/plan-on-database.js';

for (const major of [18, 15]) {
  const found = await testDatabase({ major });
  const { query, value, database } = found;

  describe(`on server ${major}`, () => {
    it('holds back a step that shares no table with what came before, until somebody approves', async () => {
      await query('CREATE TABLE before_gate (n int); CREATE TABLE after_gate (n int)');
      const plan = planOn(database, {
        name: 'signing',
        steps: [
          { id: 'first', sql: { up: 'INSERT INTO before_gate VALUES (1)', down: 'DELETE FROM before_gate' } },
          { id: 'sign-off', gate: { approval: 'dba' } },
          { id: 'second', sql: { up: 'INSERT INTO after_gate VALUES (1)', down: 'DELETE FROM after_gate' } },
        ],
      });
      const counts = async (): Promise<readonly unknown[]> => [
        await value('SELECT count(*) FROM before_gate'),
        await value('SELECT count(*) FROM after_gate'),
      ];
      // Nothing to approve before the gate was reached.
      expect((await plan.approve('sign-off')).diagnostics[0]).toMatchObject({ code: 'LS9008' });

      const waiting = await plan.apply();
      expect(waiting.exit, told(waiting)).toBe(6);
      expect(waiting.report!.outcome).toBe('waiting');
      expect(waiting.next).toContain(`lockstep approve ${plan.file} --gate sign-off`);
      expect(await counts()).toEqual(['1', '0']);
      // Asking again changes nothing.
      expect((await plan.apply()).exit).toBe(6);
      expect(await counts()).toEqual(['1', '0']);

      expect((await plan.approve('first')).diagnostics[0]).toMatchObject({ code: 'LS9009' });
      const user = await value('SELECT session_user::text');
      expect((await plan.approve('sign-off')).report).toMatchObject({ gate: 'sign-off', by: user, recorded: true });
      expect((await plan.approve('sign-off')).report).toMatchObject({ recorded: false });
      const done = await plan.apply();
      expect(done.exit, told(done)).toBe(0);
      expect(await counts()).toEqual(['1', '1']);
      const gate = done.report!.run.operations.find(({ id }) => id === 'sign-off/gate');
      expect(gate).toMatchObject({ state: 'done', approvals: [expect.objectContaining({ by: user })] });
      // The word was for this gate of this run: it cannot be given again.
      expect((await plan.approve('sign-off')).diagnostics[0]).toMatchObject({ code: 'LS9009' });

      expect((await plan.rollback()).exit).toBe(0);
      expect(await counts()).toEqual(['0', '0']);
    });

    it('waits out its hold by the clock of the database, also after an approval', async () => {
      await query('CREATE TABLE soaked (n int)');
      const plan = planOn(database, {
        name: 'soaking',
        steps: [
          { id: 'soak', gate: { approval: 'dba', hold: '2h' } },
          { id: 'done', sql: { up: 'INSERT INTO soaked VALUES (1)', down: 'DELETE FROM soaked' } },
        ],
      });
      expect((await plan.apply()).exit).toBe(6);
      expect((await plan.approve('soak')).exit).toBe(0);
      const early = await plan.apply();
      expect(early.exit).toBe(6);
      expect(JSON.stringify(early.report!.run.operations)).toContain('of its hold');
      expect(await value('SELECT count(*) FROM soaked')).toBe('0');

      // Two hours go by, as the journal sees them.
      await query(`UPDATE lockstep.operation SET first_left_pending_at = first_left_pending_at - interval '3 hours'`);
      await query(`UPDATE lockstep.event SET at = at - interval '3 hours'`);
      const late = await plan.apply();
      expect(late.exit, told(late)).toBe(0);
      expect(await value('SELECT count(*) FROM soaked')).toBe('1');
    });

    it('without an approval lets pass whoever comes when its hold is over', async () => {
      const plan = planOn(database, { name: 'no-hold', steps: [{ id: 'pause', gate: { hold: '0s' } }] });
      const done = await plan.apply();
      expect(done.exit, told(done)).toBe(0);
    });

    it('can be left for good: what ran before it is taken back while it waits', async () => {
      await query('CREATE TABLE undecided (n int)');
      const plan = planOn(database, {
        name: 'undecided',
        steps: [
          { id: 'first', sql: { up: 'INSERT INTO undecided VALUES (1)', down: 'DELETE FROM undecided' } },
          { id: 'sign-off', gate: { approval: 'dba' } },
        ],
      });
      expect((await plan.apply()).exit).toBe(6);
      const back = await plan.rollback();
      expect(back.exit, told(back)).toBe(0);
      expect(await value('SELECT count(*) FROM undecided')).toBe('0');
    });
  });
}
