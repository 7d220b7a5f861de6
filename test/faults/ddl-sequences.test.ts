/** Random definitions on server 18, and the wrong ways back that such sequences must catch. */
import { expect, it, onTestFinished } from 'vitest';

import { testDatabase } from '../support/database.js';
import { told } from '../support/plan-on-database.js';
import { playSequences } from './ddl/play-sequences.js';
import type { Sequence } from './ddl/random-sequence.js';
import { sequencePlan } from './ddl/run-sequence.js';
import { rightGraph, type ChangeGraph } from './seeds/wrong-graphs.js';
import { inDocumentOrder, namesForgotten } from './seeds/wrong-ways-back.js';
import { beginWith } from './support/run-plan.js';

await playSequences(18, 'test/faults/ddl-sequences.test.ts');

const WRONG: readonly (readonly [string, ChangeGraph, Sequence])[] = [
  [
    'a way back in the order of the text',
    inDocumentOrder,
    { schema: ['CREATE TABLE a (n int)'], steps: [['ALTER TABLE a RENAME TO b', 'ALTER TABLE b RENAME TO c']] },
  ],
  [
    'a way back that forgets what a constraint was called',
    namesForgotten,
    {
      schema: ['CREATE TABLE a (n int)', 'ALTER TABLE a ADD CONSTRAINT positive CHECK (n > 0) NOT VALID'],
      steps: [['ALTER TABLE a DROP CONSTRAINT positive']],
    },
  ],
];

it.each(WRONG)('%s is caught', async (_, wrong, sequence) => {
  const test = await testDatabase({ after: onTestFinished });
  await test.query(sequence.schema.join(';\n'));
  const backWith = async (change: ChangeGraph): Promise<string> => {
    const plan = sequencePlan(test, sequence, false);
    await beginWith(plan, test.database, change);
    expect(told(await plan.apply())).toBe('exit 0');
    return told(await plan.rollback());
  };
  expect(await backWith(rightGraph)).toBe('exit 0');
  expect(await backWith(wrong), 'the wrong design was not caught').not.toBe('exit 0');
});
