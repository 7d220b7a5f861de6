/** Rows that stand aside, in the journal in memory. */
import type { Journal } from '../../../src/executor/journal.js';
import { call, rowsOf } from './journal-rows.js';
import { writeCheckpoint } from './memory-checkpoint.js';
import type { MemoryServer } from './memory-server.js';

export function memoryQuarantine(server: MemoryServer): Pick<Journal, 'standingAside' | 'setAside' | 'setAsideAlso'> {
  return {
    standingAside: (session, run, id) =>
      call(session, 'standingAside', id, (backend) => rowsOf(backend).aside(run, id).length),
    setAside: (session, run, claim, { key, message }) =>
      call(session, 'setAside', claim.operation, async (backend) => {
        const counts = { read: 1, changed: 0, skipped: 0, kept: 0, findings: [], problem: null };
        const batch = { cursor: key, done: false, counts, durationMs: 0, provenance: false, quarantined: 1 };
        await writeCheckpoint(backend, run, claim, batch);
        rowsOf(backend).append(run, 'aside', server.nextNumber(), { operation: claim.operation, key, message });
      }),
    setAsideAlso: (session, run, claim, aside) =>
      call(session, 'setAsideAlso', claim.operation, (backend) => {
        const rows = rowsOf(backend);
        const there = new Set(rows.aside(run, claim.operation).map(({ key }) => JSON.stringify(key)));
        const more = aside.filter(({ key }) => !there.has(JSON.stringify(key)));
        for (const { key, message } of more)
          rows.append(run, 'aside', server.nextNumber(), { operation: claim.operation, key, message });
        return more.length;
      }),
  };
}
