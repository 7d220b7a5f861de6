/** Between the end of the plan that opened a window and the plan that cuts it over everybody goes on: what has come to its tables since. */
import { describe, expect, test } from 'vitest';

import { EXIT } from '../../../src/commands/command-result.js';
import { planOn, told } from '../../support/plan-on-database.js';
import { begun, INSIDE } from './later-plan-kinds.js';

describe.each([18, 15])('what has come to a converted key since, on server %i', (major) => {
  test.each([
    ['an index', 'CREATE INDEX late ON posts (user_id, title)', 'DROP INDEX late'],
    [
      'a foreign key of another table',
      'CREATE TABLE likes (user_id int CONSTRAINT late REFERENCES users)',
      'ALTER TABLE likes DROP CONSTRAINT late',
    ],
    ['a check', 'ALTER TABLE posts ADD CONSTRAINT late CHECK (user_id > 0)', 'ALTER TABLE posts DROP CONSTRAINT late'],
    ['a policy', 'CREATE POLICY late ON posts USING (user_id = 3)', 'DROP POLICY late ON posts'],
  ])('%s is named before a cutover, and may go first', async (_, sql, drop) => {
    const found = await begun({ ...INSIDE, major });
    await found.query(sql);
    const flip = { id: 'flip', cutover: { windows: [INSIDE.window] } };
    const refused = await planOn(found.database, { name: 'second-plan', steps: [flip] }).plan();
    expect(refused.exit).toBe(EXIT.planInvalid);
    expect(told(refused)).toMatch(/LS(6514|6606) .*late.*(make it again behind)/);
    const first = { id: 'first', ddl: drop };
    const done = await planOn(found.database, { name: 'second-plan', steps: [first, flip] }).apply();
    expect(told(done)).toBe('exit 0');
  });
});
