/** When and why the throttle held a run back: two events of the trail for each hold. What they add up to is read here too. */
import { sql } from 'kysely';

import { FencedError, type HoldRecord, type RunHandle } from '../../executor/journal.js';
import type { Session } from '../../executor/session.js';
import { eventsBefore } from './event-chain.js';
import type { EventName } from './event-name.js';
import { isoText, journalTables, jsonParameter, send } from './journal-query.js';

/** Outside of other transactions: a hold is true when it is told. Rejects with a FencedError. */
export function recordHold(session: Session, run: RunHandle, { reason, heldMs }: HoldRecord): Promise<void> {
  return heldMs === null
    ? append(session, run, 'throttled', { reason })
    : append(session, run, 'throttle ended', { reason, heldMs });
}

/** By the session's user, who said so. Rejects with a FencedError. */
export function recordIgnored(session: Session, run: RunHandle, signals: readonly string[]): Promise<void> {
  return append(session, run, 'throttle ignored', { signals });
}

async function append(session: Session, run: RunHandle, event: EventName, details: object): Promise<void> {
  const told = await send(
    session,
    journalTables
      .insertInto('lockstep.event')
      .columns(['run_id', 'event', 'details', 'before'])
      .expression((eb) =>
        eb
          .selectFrom('lockstep.run')
          .select([
            'id',
            sql<EventName>`${event}::text`.as('event'),
            jsonParameter(details).as('details'),
            eventsBefore(run.id).as('before'),
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
  readonly lastReason: string | null;
  /** Why it was stopped, where the throttle did that and nobody has gone on since. */
  readonly stoppedBecause: string | null;
  /** Since when it is held back now; null: it is not. A process that was killed then leaves this behind. */
  readonly heldSince: string | null;
}

/** Null: nothing ever held it back or stopped it. */
export async function throttleReport(session: Session, runId: string): Promise<ThrottleReport | null> {
  const rows = await send(
    session,
    journalTables
      .selectFrom('lockstep.event')
      .select(['event', 'to_state as to', 'details', isoText('at').as('at')])
      .where('run_id', '=', runId)
      .where('event', 'in', ['throttled', 'throttle ended', 'run taken over', 'run moved'])
      .orderBy('lockstep.event.id'),
  );
  const holds = rows.filter(({ event }) => event === 'throttled' || event === 'throttle ended');
  const latest = rows.at(-1);
  const stoppedBecause = latest?.event === 'run moved' && latest.to === 'stopped' ? textOf(latest.details) : null;
  if (holds.length === 0 && stoppedBecause === null) return null;
  const ended = holds.filter(({ event }) => event === 'throttle ended');
  return {
    holds: ended.length,
    heldMs: ended.reduce((sum, { details }) => sum + Number(details?.['heldMs'] ?? 0), 0),
    lastReason: textOf(holds.at(-1)?.details ?? null),
    stoppedBecause,
    // Whatever came after it, another executor or another status, ended it.
    heldSince: latest?.event === 'throttled' ? latest.at : null,
  };
}

function textOf(details: Readonly<Record<string, unknown>> | null): string | null {
  const reason = details?.['reason'];
  return typeof reason === 'string' ? reason : null;
}
