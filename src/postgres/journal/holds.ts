/** When and why the throttle held a run back: two events of the trail for each hold. What they add up to is read here too. */
import { sql } from 'kysely';

import { FencedError, type HoldRecord, type RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import { isoText, journalTables, jsonParameter, send } from './journal-query.js';

/** Outside of other transactions: a hold is true when it is told. Rejects with a FencedError. */
export async function recordHold(session: Session, run: RunHandle, { reason, heldMs }: HoldRecord): Promise<void> {
  const event = heldMs === null ? 'throttled' : 'throttle ended';
  const told = await send(
    session,
    journalTables
      .insertInto('lockstep.event')
      .columns(['run_id', 'event', 'details'])
      .expression((eb) =>
        eb
          .selectFrom('lockstep.run')
          .select([
            'id',
            sql<typeof event>`${event}::text`.as('event'),
            jsonParameter(heldMs === null ? { reason } : { reason, heldMs }).as('details'),
          ])
          .where('id', '=', run.id)
          .where('epoch', '=', run.epoch),
      )
      .returning('id'),
  );
  if (told.length === 0) throw new FencedError();
}

export interface ThrottleReport {
  /** Holds that have ended, of all turns of the run. */
  readonly holds: number;
  readonly heldMs: number;
  /** Of the last hold. */
  readonly lastReason: string;
  /** Since when it is held back now; null: it is not. A process that was killed then leaves this behind. */
  readonly heldSince: string | null;
}

/** Null: nothing ever held it back. */
export async function throttleReport(session: Session, runId: string): Promise<ThrottleReport | null> {
  const rows = await send(
    session,
    journalTables
      .selectFrom('lockstep.event')
      .select(['event', 'details', isoText('at').as('at')])
      .where('run_id', '=', runId)
      .where('event', 'in', ['throttled', 'throttle ended', 'run taken over', 'run moved'])
      .orderBy('lockstep.event.id'),
  );
  const holds = rows.filter(({ event }) => event === 'throttled' || event === 'throttle ended');
  const last = holds.at(-1);
  if (last === undefined) return null;
  const ended = holds.filter(({ event }) => event === 'throttle ended');
  return {
    holds: ended.length,
    heldMs: ended.reduce((sum, { details }) => sum + Number(details?.['heldMs'] ?? 0), 0),
    lastReason: String(last.details?.['reason'] ?? ''),
    // Whatever came after it, another executor or another status, ended it.
    heldSince: rows.at(-1)!.event === 'throttled' ? last.at : null,
  };
}
