import { expect, test } from 'vitest';

import { createSlots } from '../../../src/executor/slots.js';

test('hands out so many permits, in the order in which they were asked for, also after a failure', async () => {
  const slots = createSlots(2);
  const log: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string): Promise<void> =>
    slots.with(() => {
      log.push(name);
      return new Promise((resolve, reject) =>
        ends.set(name, (error) => (error === undefined ? resolve() : reject(error))),
      );
    });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const all = ['a', 'b', 'c', 'd'].map((name) => work(name));
  await settle();
  expect(log).toEqual(['a', 'b']);
  ends.get('b')!(new Error('b failed'));
  await expect(all[1]).rejects.toThrow('b failed');
  await settle();
  expect(log).toEqual(['a', 'b', 'c']);
  ends.get('a')!();
  await settle();
  expect(log).toEqual(['a', 'b', 'c', 'd']);
  ends.get('c')!();
  ends.get('d')!();
  await Promise.all([all[0], all[2], all[3]]);
});
