import { describe, expect, it } from 'vitest';

import { gateVerdict, type GateFacts } from '../../../src/executor/gate-verdict.js';
import type { AskedCheck } from '../../../src/operation/gate.js';
import { gate } from '../render/report-fixtures.js';

const HOUR_MS = 3_600_000;
const night = { from: '22:00', to: '04:00', timeZone: 'Europe/Berlin' };
const noon = Date.parse('2026-11-21T11:00:00Z');
const midnight = Date.parse('2026-11-21T23:30:00Z');

const facts: GateFacts = { approvedBy: [], waitedMs: 0, nowMs: noon, until: [] };
const plain = { ...gate, approval: null };

function asked(actual: number, more: Partial<AskedCheck> = {}): AskedCheck {
  const answer = { violations: Number(actual !== 60), samples: [], figures: { actual, expected: 60 } };
  return {
    id: 'sign-off/until/1-row_count',
    check: 'row_count',
    name: 'all are here',
    severity: 'error',
    answer,
    ...more,
  };
}

/** The reason that is told. */
function told(of: Partial<typeof gate>, more: Partial<GateFacts>): string {
  const ended = gateVerdict({ ...plain, ...of }, { ...facts, ...more });
  if (ended.state !== 'done' && ended.state !== 'waiting') throw new Error(ended.state);
  return `${ended.state}: ${ended.outcome.reason}`;
}

describe('a gate', () => {
  it('tells all that is missing together, and keeps the answers', () => {
    const all = { ...gate, holdMs: 24 * HOUR_MS, until: [], quietHours: night };
    const until = [asked(59), asked(60)];
    expect(gateVerdict(all, { ...facts, waitedMs: HOUR_MS, until })).toEqual({
      state: 'waiting',
      outcome: {
        reason:
          'waits for approval by dba, 23h of its hold, all are here (actual 59, expected 60) and its hours 22:00–04:00 Europe/Berlin, next from 2026-11-22 21:00Z (2026-11-22 22:00 Europe/Berlin)',
        missing: ['approval', 'hold', 'until', 'quiet_hours'],
        until,
      },
    });
  });

  it('opens when nothing is missing, and says why', () => {
    const all = { ...gate, holdMs: HOUR_MS, quietHours: night };
    const open = { approvedBy: ['anna', 'ben'], waitedMs: HOUR_MS, nowMs: midnight, until: [asked(60)] };
    expect(gateVerdict(all, open)).toEqual({
      state: 'done',
      outcome: {
        reason:
          'approved by anna, ben, the hold has passed, its checks hold and within its hours 22:00–04:00 Europe/Berlin',
        until: open.until,
      },
    });
    expect(told({}, {})).toBe('done: nothing holds it back');
    expect(told({ holdMs: 0 }, {})).toBe('done: the hold has passed');
  });

  it('only reports what is a warning', () => {
    expect(told({}, { until: [asked(59, { severity: 'warning' })] })).toBe('done: nothing holds it back');
  });

  it('leaves out a list of conditions or checks that is not there, as in graphs of older versions', () => {
    expect(gateVerdict(gate, facts)).toEqual({
      state: 'waiting',
      outcome: { reason: 'waits for approval by dba', missing: ['approval'] },
    });
  });
});

describe('the hours of a gate', () => {
  it.each([
    ['2026-11-21T21:00:00.000Z', 'done'],
    ['2026-11-22T02:59:59.999Z', 'done'],
    ['2026-11-22T03:00:00.000Z', 'waiting'],
    ['2026-11-21T20:59:59.999Z', 'waiting'],
    // In summer, an hour earlier.
    ['2026-07-01T20:00:00.000Z', 'done'],
    ['2026-07-01T02:00:00.000Z', 'waiting'],
    // The night that has an hour less, and the one that has one more: the wall decides.
    ['2026-03-29T01:59:59.999Z', 'done'],
    ['2026-03-29T02:00:00.000Z', 'waiting'],
    ['2026-10-25T02:59:59.999Z', 'done'],
    ['2026-10-25T03:00:00.000Z', 'waiting'],
  ])('go over midnight, at %s: %s', (moment, state) => {
    expect(told({ quietHours: night }, { nowMs: Date.parse(moment) })).toMatch(new RegExp(`^${state}:`));
  });

  it.each([
    ['UTC', '2026-11-21T04:00:00Z', '2026-11-21 22:00Z'],
    ['Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-29 20:00Z (2026-03-29 22:00 Europe/Berlin)'],
    ['Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-25 21:00Z (2026-10-25 22:00 Europe/Berlin)'],
    // Another day there than in UTC.
    ['Pacific/Auckland', '2026-06-20T16:30:00Z', '2026-06-21 10:00Z (2026-06-21 22:00 Pacific/Auckland)'],
    ['America/New_York', '2026-12-31T12:00:00Z', '2027-01-01 03:00Z (2026-12-31 22:00 America/New_York)'],
  ])('say when they open, in %s after %s', (timeZone, moment, opens) => {
    expect(told({ quietHours: { ...night, timeZone } }, { nowMs: Date.parse(moment) })).toBe(
      `waiting: waits for its hours 22:00–04:00 ${timeZone}, next from ${opens}`,
    );
  });

  it('are those after the hold', () => {
    // Tonight's would be too early, and are closed again when the hold is over.
    const holding = { quietHours: night, holdMs: 30 * HOUR_MS };
    expect(told(holding, {})).toContain('next from 2026-11-22 21:00Z');
    // Open now, and closed when the hold is over: nobody comes back in vain.
    expect(told({ quietHours: night, holdMs: 8 * HOUR_MS }, { nowMs: midnight })).toBe(
      'waiting: waits for 8h of its hold and its hours 22:00–04:00 Europe/Berlin, next from 2026-11-22 21:00Z (2026-11-22 22:00 Europe/Berlin)',
    );
    // Open then: only the hold is waited for.
    expect(told({ quietHours: night, holdMs: HOUR_MS }, { nowMs: midnight })).toBe('waiting: waits for 1h of its hold');
  });
});
