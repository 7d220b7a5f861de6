/** docs/benchmarks.md: the targets, what was measured, and how to measure it again. */
import { SETTINGS } from './bench-server.js';
import type { FillComparison } from './fills.js';
import type { Joined } from './joining.js';
import type { MemoryUse } from './memory.js';
import type { SideBySide } from './side-by-side.js';
import { percentile, type Spread } from './spread.js';
import type { StartUp } from './start-up.js';
import type { Latency } from './traffic.js';

export interface Measured {
  readonly machine: string;
  readonly rows: number;
  readonly rounds: number;
  readonly fills: readonly { readonly comparison: FillComparison; readonly result: SideBySide }[];
  readonly joining: Joined;
  readonly memory: readonly MemoryUse[];
  readonly traffic: readonly Latency[];
  readonly commands: readonly StartUp[];
}

/** The default of `batch.target`. */
const TARGET_MS = 250;

export function renderPage(measured: Measured): string {
  const { machine, rows, rounds, fills, joining, memory, traffic, commands } = measured;
  const settings = Object.entries(SETTINGS).map(([name, value]) => `\`${name} = ${value}\``);
  return [
    '# Benchmarks',
    '',
    '<!-- written by npm run bench -->',
    '',
    `${grouped(rows)} rows, ${rounds} rounds, each side in turn on the same server; ${machine}.`,
    `The server is durable: ${settings.join(', ')}. Times differ from machine to machine; the ratios of one run are what counts.`,
    '',
    '```sh',
    'npm run bench',
    `LOCKSTEP_BENCH_ROWS=200000 LOCKSTEP_BENCH_ROUNDS=1 npm run bench   # smaller`,
    '```',
    '',
    '## Work beside the statement that people write by hand',
    '',
    table(
      ['work', 'ours', 'by hand', 'ratio, median (spread)', 'target'],
      fills.map(({ comparison, result }) => [
        `${comparison.name}<br>\`${comparison.ours.how}\` against \`${comparison.theirs.how}\``,
        seconds(result.oursMs.median),
        seconds(result.theirsMs.median),
        `**${ratio(result.ratio.median)}** (${ratio(result.ratio.min)}–${ratio(result.ratio.max)})`,
        comparison.target === null
          ? '–'
          : verdict(result.ratio.median <= comparison.target, `≤ ${ratio(comparison.target)}`),
      ]),
    ),
    '',
    'Ours is the whole command: compiling, asking the server, the journal, ranges, batches with checkpoints, the end.',
    '',
    '## Batches',
    '',
    table(
      ['work', 'batches', 'median', 'p99', 'target: p99 at most twice the batch target'],
      fills.map(({ comparison, result }) => {
        const p99 = percentile(result.batchesMs, 99);
        return [
          comparison.name,
          String(result.batchesMs.length),
          milliseconds(percentile(result.batchesMs, 50)),
          milliseconds(p99),
          verdict(p99 <= 2 * TARGET_MS, `≤ ${2 * TARGET_MS} ms`),
        ];
      }),
    ),
    '',
    '## A second process joins (`lockstep work`)',
    '',
    table(
      ['one process, one worker', 'with a second process that joins', 'ratio', 'batches of the second'],
      [
        [
          seconds(joining.aloneMs),
          seconds(joining.joinedMs),
          `**${ratio(joining.joinedMs / joining.aloneMs)}**`,
          `${joining.batchesOfSecond} of ${joining.batches}`,
        ],
      ],
    ),
    '',
    '## Memory of the process',
    '',
    table(
      ['rows', 'most that was resident', 'target'],
      memory.map(({ rows: count, peakMegabytes }) => [
        grouped(count),
        peakMegabytes === null ? 'this system does not say' : `${Math.round(peakMegabytes)} MB`,
        peakMegabytes === null ? '–' : verdict(peakMegabytes <= 150, '≤ 150 MB'),
      ]),
    ),
    '',
    '## An application beside a backfill',
    '',
    'Four clients, each with an UPDATE of one row every 20 ms whether the last was answered or not, on the table that is filled.',
    '',
    table(
      ['beside', 'transactions', 'median', 'p99', 'target: p99 against none running'],
      traffic.map(({ beside, transactions, medianMs, p99Ms }, index) => [
        beside,
        String(transactions),
        `${medianMs.toFixed(1)} ms`,
        `${p99Ms.toFixed(1)} ms`,
        index === traffic.length - 1 && index > 0
          ? verdict(p99Ms <= 2 * traffic[0]!.p99Ms, `${ratio(p99Ms / traffic[0]!.p99Ms)}, ≤ 2.00`)
          : index === 0
            ? '–'
            : ratio(p99Ms / traffic[0]!.p99Ms),
      ]),
    ),
    '',
    '## Commands',
    '',
    table(
      ['command', 'median (spread)', 'target'],
      commands.map(({ command, ms, targetMs }) => [
        `\`${command}\``,
        `${milliseconds(ms.median)} (${spreadOf(ms)})`,
        verdict(ms.median <= targetMs, `≤ ${targetMs} ms`),
      ]),
    ),
    '',
    'Not measured yet, because they are not built: a fill beside an open window, rebuilding a table, converting keys, the hold of a',
    'cutover.',
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function verdict(reached: boolean, target: string): string {
  return reached ? target : `${target}: **missed**`;
}

function grouped(count: number): string {
  return count.toLocaleString('en');
}

function ratio(value: number): string {
  return value.toFixed(2);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function milliseconds(ms: number): string {
  return `${Math.round(ms)} ms`;
}

function spreadOf({ min, max }: Spread): string {
  return `${Math.round(min)}–${Math.round(max)}`;
}
