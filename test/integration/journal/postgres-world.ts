/** The journal in PostgreSQL, as the contracts of journals play it. */
import type { RunHandle } from '../../../src/executor/journal.js';
import { postgresJournal } from '../../../src/postgres/journal/journal.js';
import { beginRun } from '../../../src/postgres/journal/runs.js';
import { takeOver } from '../../../src/postgres/journal/take-over.js';
import { approve, events } from '../../../src/postgres/journal/trail.js';
import type { JournalWorld } from '../../contracts/journal-world.js';
import type { TestDatabase } from '../../support/database.js';
import { graphOf, newRun } from './journal-fixture.js';

export function postgresWorld(
  database: TestDatabase['database'],
  query: TestDatabase['query'],
  value: TestDatabase['value'],
): JournalWorld {
  let plans = 0;
  return {
    database,
    journal: postgresJournal,
    begin: (session, ...operations) => beginRun(session, newRun(graphOf(`plan ${++plans}`, ...operations))),
    takeOver: (session, run) => takeOver(session, run.id, { executor: 'other pid 2', waitMs: 0 }),
    approve: (session, run, operation) => approve(session, run.id, operation),
    moves: async (run) =>
      (await database.withSession((session) => events(session, run.id)))
        .filter(({ event }) => event === 'operation moved')
        .map(({ operation, from, to }) => [operation, from, to]),
    written: (run) => writtenOf(query, run),
    pass: async (run, ms) => {
      await query(
        `UPDATE lockstep.operation SET first_left_pending_at = first_left_pending_at - interval '${ms} milliseconds' WHERE run_id = ${run.id}`,
      );
    },
    waiting: async () =>
      (await value(
        `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )) as number,
    pause: () => new Promise((resolve) => setTimeout(resolve, 10)),
  };
}

/** All that the journal has of the run, with the versions of the rows. */
export function writtenOf(query: TestDatabase['query'], run: RunHandle): Promise<readonly unknown[]> {
  return query(
    `SELECT 'run' AS of, xmin, to_json(t)::text AS row FROM lockstep.run t WHERE id = ${run.id}
     UNION ALL SELECT 'operation', xmin, to_json(t)::text FROM lockstep.operation t WHERE run_id = ${run.id}
     UNION ALL SELECT 'range', xmin, to_json(t)::text FROM lockstep.range t WHERE run_id = ${run.id}
     UNION ALL SELECT 'batch', xmin, to_json(t)::text FROM lockstep.batch t WHERE run_id = ${run.id}
     UNION ALL SELECT 'quarantined', xmin, to_json(t)::text FROM lockstep.quarantined t WHERE run_id = ${run.id}
     UNION ALL SELECT 'event', xmin, to_json(t)::text FROM lockstep.event t WHERE run_id = ${run.id}
     ORDER BY 1, 3`,
  );
}
