/** docs/benchmarks.md: the targets, what was measured, and how to measure it again. */
import { SETTINGS } from './bench-server.js';
import type { MeasuredCutover } from './cutover.js';
import type { FillComparison } from './fills.js';
import type { Joined } from './joining.js';
import type { MemoryUse } from './memory.js';
import type { MirroredWrite } from './mirrored-writes.js';
import type { SideBySide } from './side-by-side.js';
import { percentile } from './spread.js';
import type { StartUp } from './start-up.js';
import { grouped, milliseconds, ratio, ratios, seconds, spreadOf, table, verdict } from './table.js';
import type { Latency } from './traffic.js';
import { cutoverSection, mirroredSection } from './window-sections.js';

export interface Setting {
  readonly machine: string;
  readonly rows: number;
  readonly rounds: number;
}

export interface Measured {
  readonly fills: readonly { readonly comparison: FillComparison; readonly result: SideBySide }[];
  readonly keys: Measured['fills'];
  readonly joining: Joined;
  readonly memory: readonly MemoryUse[];
  readonly traffic: readonly Latency[];
  readonly mirrored: readonly MirroredWrite[];
  readonly cutovers: readonly MeasuredCutover[];
  readonly commands: readonly StartUp[];
}

/** The default of `batch.target`. */
const TARGET_MS = 250;

export function renderPage({ machine, rows, rounds }: Setting, measured: Measured): string {
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
    `npm run bench -- ${Object.keys(SECTIONS).join(' ')}   # some of it, shown and not written`,
    '```',
    '',
    renderSections(measured),
    'Not measured yet, because it is not built: rebuilding a table.',
    '',
  ].join('\n');
}

/** In the order of the page. */
export function renderSections(measured: Partial<Measured>): string {
  const names = Object.keys(SECTIONS) as (keyof Measured)[];
  return names.flatMap((name) => sectionOf(name, measured)).join('\n');
}

function sectionOf<Name extends keyof Measured>(name: Name, measured: Partial<Measured>): readonly string[] {
  const part: Measured[Name] | undefined = measured[name];
  return part === undefined ? [] : [...SECTIONS[name](part), ''];
}

const SECTIONS: { readonly [Name in keyof Measured]: (part: Measured[Name]) => readonly string[] } = {
  fills: fillSections,
  keys: keySection,
  joining: joiningSection,
  memory: memorySection,
  traffic: trafficSection,
  mirrored: mirroredSection,
  cutovers: cutoverSection,
  commands: commandsSection,
};

export const PARTS: readonly string[] = Object.keys(SECTIONS);

function fillSections(fills: Measured['fills']): readonly string[] {
  return [
    '## Work beside the statement that people write by hand',
    '',
    besideByHand(fills),
    '',
    'Ours is the whole command: compiling, asking the server, the journal, ranges, batches with checkpoints, the end. Where a step is named',
    'alone, it is that step by the journal, with its ranges, batches and checkpoints; opening a window is not in it.',
    '',
    '## Batches',
    '',
    table(
      ['work', 'batches', 'median', 'p99', 'target: p99 at most twice the batch target'],
      fills
        .filter(({ result }) => result.batchesMs.length > 0)
        .map(({ comparison, result }) => {
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
  ];
}

function besideByHand(fills: Measured['fills']): string {
  return table(
    ['work', 'ours', 'by hand', 'ratio, median (spread)', 'target'],
    fills.map(({ comparison, result }) => [
      `${comparison.name}<br>\`${comparison.ours.how}\` against \`${comparison.theirs.how}\``,
      seconds(result.oursMs.median),
      seconds(result.theirsMs.median),
      ratios(result.ratio),
      comparison.target === null
        ? '–'
        : verdict(result.ratio.median <= comparison.target, `≤ ${ratio(comparison.target)}`),
    ]),
  );
}

function keySection(keys: Measured['fills']): readonly string[] {
  return [
    '## Keys that become uuids, beside the script that people write by hand',
    '',
    besideByHand(keys),
    '',
    'Ours is the whole command with its window: triggers, fill, table of pairs, indexes, foreign keys, NOT NULL proved; nobody who writes meanwhile',
    'is kept out. The script fills the same columns and builds the same indexes and keys, with the locks of the plain statements; it has no triggers.',
  ];
}

function joiningSection({ aloneMs, joinedMs, batches, batchesOfSecond }: Joined): readonly string[] {
  return [
    '## A second process joins (`lockstep work`)',
    '',
    table(
      ['one process, one worker', 'with a second process that joins', 'ratio', 'batches of the second'],
      [[seconds(aloneMs), seconds(joinedMs), `**${ratio(joinedMs / aloneMs)}**`, `${batchesOfSecond} of ${batches}`]],
    ),
  ];
}

function memorySection(memory: readonly MemoryUse[]): readonly string[] {
  return [
    '## Memory of the process',
    '',
    table(
      ['rows', 'most that was resident', 'target'],
      memory.map(({ rows, peakMegabytes }) => [
        grouped(rows),
        peakMegabytes === null ? 'this system does not say' : `${Math.round(peakMegabytes)} MB`,
        peakMegabytes === null ? '–' : verdict(peakMegabytes <= 150, '≤ 150 MB'),
      ]),
    ),
  ];
}

function trafficSection(traffic: readonly Latency[]): readonly string[] {
  return [
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
  ];
}

function commandsSection(commands: readonly StartUp[]): readonly string[] {
  return [
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
  ];
}
