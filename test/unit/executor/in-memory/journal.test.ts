/** The journal in memory keeps the contract of journals. */
import { journalContract } from '../../../contracts/journals.js';
import { takeoverContract } from '../../../contracts/takeovers.js';
import type { JournalWorld } from '../../../contracts/journal-world.js';
import { rowsOf } from '../../../support/in-memory/journal-rows.js';
import { MemoryDatabase } from '../../../support/in-memory/memory-database.js';
import { memoryJournal } from '../../../support/in-memory/memory-journal.js';
import { approve, beginRun, takeOver } from '../../../support/in-memory/memory-runs.js';
import { MemoryServer } from '../../../support/in-memory/memory-server.js';
import { gate, graphOf } from '../../../support/in-memory/operations.js';
import { NOTHING } from '../../../support/in-memory/backend.js';

const server = new MemoryServer(
  () => undefined,
  () => NOTHING,
);

const world: JournalWorld = {
  database: new MemoryDatabase(server),
  journal: memoryJournal(server),
  begin: (session, ...operations) => beginRun(server, session, graphOf(operations.map((id) => gate(id)))),
  takeOver: (session, run) => takeOver(session, run, 0),
  approve: (session, run, operation) => approve(server, session, run, operation),
  moves: (run) => Promise.resolve(rowsOf({ transaction: server.store.begin() }).appended(run, 'moves')),
  written: ({ id }) =>
    Promise.resolve(
      server.store
        .keys()
        .filter((key) => key.split('/')[1] === id)
        .map((key) => [key, server.store.read(key)]),
    ),
  pass: (_, ms) => {
    server.clock.pass(ms);
    return Promise.resolve();
  },
  waiting: () => Promise.resolve(server.store.waiting),
  pause: () => Promise.resolve(),
};

journalContract('in memory', world);
takeoverContract('in memory', world);
