/** What the page says about windows. */
import type { LockHold, MeasuredCutover } from './cutover.js';
import type { MirroredWrite } from './mirrored-writes.js';
import { percentile, spread } from './spread.js';
import { grouped, milliseconds, ratio, ratios, spreadOf, table, verdict } from './table.js';

const HOLD_TARGET_MS = 50;

export function mirroredSection(mirrored: readonly MirroredWrite[]): readonly string[] {
  return [
    '## A write beside an open window',
    '',
    'Four clients, each with transactions of one row, the next as soon as the last was answered; three pairs of tables on one server, in',
    'turns of three seconds. A mirror writes the other side in the same transaction: two rows for one, and the same one COMMIT.',
    '',
    table(
      ['write', 'window', 'transactions a second', 'against no window, median (spread)', 'p99', 'against no window'],
      mirrored.map(({ write, window, tps, p99Ms, againstNone, p99AgainstNone }) => [
        write,
        window,
        grouped(Math.round(tps.median)),
        window === 'no window' ? '–' : ratios(againstNone),
        `${p99Ms.toFixed(1)} ms`,
        window === 'no window' ? '–' : ratio(p99AgainstNone),
      ]),
    ),
    '',
    `Deadlocks: ${mirrored.reduce((sum, { deadlocks }) => sum + deadlocks, 0)}.`,
  ];
}

export function cutoverSection(cutovers: readonly MeasuredCutover[]): readonly string[] {
  const written = cutovers.map(({ writtenMeanwhile }) => writtenMeanwhile);
  return [
    '## A cutover under load',
    '',
    'Eight clients write single rows of both sides of a window (`direction: both`), one transaction as soon as the last was answered; during',
    '`close` they write the new side only, since a window closes when its old side is quiet. *Waited*: how long the attempt that got the lock',
    'asked for it, while writers queue behind it; an attempt that did not get it kept them waiting too. *Held*: from when LOCK returned to COMMIT.',
    'Both by the log of the server (`log_min_duration_statement`), so to the millisecond, and with what COMMIT does after it has let go. *Longest',
    'transaction*: of those that were under way between the first attempt and COMMIT, as their client saw it.',
    '',
    table(
      [
        'transaction',
        'lock',
        'attempts',
        'waited, median (spread)',
        'held, median (spread)',
        'target: longest hold',
        'longest transaction meanwhile',
        'p99 before',
      ],
      cutovers[0]!.holds.map(({ what, mode }, index) => {
        const each = cutovers.map(({ holds }) => holds[index]!);
        const of = (figure: (hold: LockHold) => number): readonly number[] => each.map(figure);
        const [waited, held] = [spread(of(({ waitedMs }) => waitedMs)), spread(of(({ heldMs }) => heldMs))];
        return [
          what,
          mode,
          String(Math.max(...of(({ attempts }) => attempts))),
          `${milliseconds(waited.median)} (${spreadOf(waited)})`,
          `**${milliseconds(held.median)}** (${spreadOf(held)})`,
          verdict(held.max <= HOLD_TARGET_MS, `≤ ${HOLD_TARGET_MS} ms`),
          milliseconds(Math.max(...of(({ longestMs }) => longestMs))),
          `${percentile(
            of(({ p99BeforeMs }) => p99BeforeMs),
            50,
          ).toFixed(1)} ms`,
        ];
      }),
    ),
    '',
    `Transactions between the beginning of the watch and the change, whose keys were compared again, all but the last of them before its lock: ${written.map(grouped).join(', ')}.`,
  ];
}
