import { expect, test } from 'vitest';

import { describeBlocker, nameBlocker, type Blocker } from '../../../src/executor/blocker.js';

const NOTHING_KNOWN: Blocker = {
  ...{ pid: 4711, role: null, application: null, state: null, openMs: null },
  ...{ holds: null, relation: null, query: null },
};

test.each([
  [{}, 'pid 4711'],
  [{ pid: 0 }, 'a prepared transaction'],
  [{ role: 'app', application: '' }, 'pid 4711 (app)'],
  [{ role: 'app', application: 'billing', state: 'active' }, 'pid 4711 (billing as app, active)'],
  [{ state: 'idle in transaction', openMs: 192_345 }, 'pid 4711 (idle in transaction since 3m12s)'],
  [{ openMs: 999 }, 'pid 4711 (open since 0s)'],
  [{ openMs: 3_725_000 }, 'pid 4711 (open since 1h2m)'],
  [{ openMs: 90_061_000 }, 'pid 4711 (open since 1d1h)'],
])('%j is %s', (facts, name) => expect(nameBlocker({ ...NOTHING_KNOWN, ...facts })).toBe(name));

test.each([
  [{}, 'pid 4711'],
  [{ holds: 'ACCESS SHARE', relation: 'public.users' }, 'pid 4711 holds ACCESS SHARE on public.users'],
  [{ query: 'SELECT …' }, 'pid 4711: SELECT …'],
] as const)('%j is described as %s', (facts, said) =>
  expect(describeBlocker({ ...NOTHING_KNOWN, ...facts })).toBe(said),
);
