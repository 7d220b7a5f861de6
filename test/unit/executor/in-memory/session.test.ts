/** Sessions in memory keep the contract of sessions. */
import { describe } from 'vitest';

import { sessionContract, type SessionWorld } from '../../../contracts/sessions.js';
import { NOTHING } from '../../../support/in-memory/backend.js';
import { MemoryDatabase } from '../../../support/in-memory/memory-database.js';
import { MemoryServer } from '../../../support/in-memory/memory-server.js';
import { LOST_ANSWER, LOST_REQUEST, refused, STUCK } from '../../../support/in-memory/script.js';
import { ServerError } from '../../../support/in-memory/server-error.js';

const server = new MemoryServer(
  (sql) => ({ part: sql.split(' ')[0]! }),
  async ({ sql }, backend) => {
    const [word, n] = sql.split(' ');
    if (word !== 'put') return { ...NOTHING, rows: [{ pid: backend.pid }] };
    await backend.lock(`row ${n!}`);
    backend.transaction.set(`row ${n!}`, true);
    return NOTHING;
  },
);
server.script.always('', 'refused', refused('23514')).always('', 'stuck', STUCK);

const world: SessionWorld = {
  database: new MemoryDatabase(server),
  open: () => new MemoryDatabase(server),
  unreachable: () => {
    server.refusals.push(new ServerError('', 'connect ECONNREFUSED'));
    return new MemoryDatabase(server);
  },
  losing: (statement, at) => {
    server.script.at('', statement.toLowerCase(), at === 'answer' ? LOST_ANSWER : LOST_REQUEST);
    return Promise.resolve(new MemoryDatabase(server));
  },
  put: (n) => `put ${n}`,
  isPut: (n) => Promise.resolve(server.store.read(`row ${n}`) === true),
  refused: 'refused',
  nothing: 'nothing',
  stuck: 'stuck',
  stuckOnes: () => Promise.resolve(server.backends.filter(({ isWaiting }) => isWaiting).length),
  pidOf: async (session) => (await session.query<{ pid: number }>('pid')).rows[0]!.pid,
  terminate: (pid) => Promise.resolve(server.backends.find((backend) => backend.pid === pid)?.end()),
  waiting: () => Promise.resolve(server.store.waiting),
  pause: () => Promise.resolve(),
};

describe('a session in memory', () => sessionContract(world));
