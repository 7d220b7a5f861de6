/** What a run of the oracle met, and what it hardly met: a shape that is rare is not tested. */
import type { OracleCase } from './case.js';
import type { CaseEnd } from './play.js';
import { FEATURES } from './features.js';
import { FORMS } from './draw-statements.js';

/** So often of a hundred cases, at least; asked of runs that are long enough for it. */
const LEAST_PER_HUNDRED = 0.5;
export const ENOUGH_CASES = 300;
/** Of the schemas, at least so many open their windows. */
const LEAST_OPENED = 0.8;
/** A single code that refuses more is argued in a note. */
const MOST_FOR_ONE_CODE = 0.05;

const MUST_MEET: readonly string[] = [
  ...FEATURES.map(({ name }) => name),
  ...FORMS.map(({ name }) => name),
  ...['tree', 'circle', 'parent', 'tree among the targets', 'parent among the targets', 'soft reference'],
  ...['ON DELETE CASCADE', 'ON DELETE SET NULL', 'ON DELETE RESTRICT', 'ON UPDATE CASCADE', 'ON UPDATE SET NULL'],
  ...['not deferrable', 'deferrable', 'deferrable initially deferred', 'unqualified name in a trigger'],
  ...[
    'citext key',
    'numeric key',
    'char(n) key',
    'composite key',
    'key of a domain',
    'key of a nondeterministic collation',
  ],
  ...[
    'key spelled otherwise',
    'key gets another spelling',
    'chain of keys',
    'savepoint',
    'out and in again',
    'RETURNING',
  ],
  ...['read committed', 'repeatable read', 'serializable', 'span: early snapshot', 'span: late commit', 'ROLLBACK'],
  ...['old side', 'new side', 'rows of others', 'new side written on the way back'],
  ...['forward', 'forward, record', 'both', 'convert', 'no window'],
  ...['back', 'close', 'flip and back', 'flip and close'],
];

export class Histogram {
  readonly #met = new Map<string, number>();
  readonly #codes = new Map<string, number>();
  #cases = 0;
  #refused = 0;
  #sent = 0;
  #exempt = 0;
  #failed = 0;

  add({ shapes }: OracleCase, { problem, refused, sent, exempt }: CaseEnd): void {
    this.#cases += 1;
    this.#sent += sent;
    this.#exempt += exempt;
    if (problem !== '') this.#failed += 1;
    for (const shape of shapes) this.#met.set(shape, (this.#met.get(shape) ?? 0) + 1);
    if (refused.length > 0) this.#refused += 1;
    for (const code of refused) this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
  }

  get failed(): number {
    return this.#failed;
  }

  lines(): readonly string[] {
    const sorted = (map: ReadonlyMap<string, number>): string =>
      [...map]
        .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
        .map(([name, n]) => `${n} ${name}`)
        .join(', ');
    return [
      `${this.#cases} schemas, ${this.#sent} statements sent to both, ${this.#exempt} transactions refused by the other side, ${this.#failed} differed`,
      `refused: ${this.#refused} (${sorted(this.#codes) || 'none'})`,
      `met: ${sorted(this.#met)}`,
    ];
  }

  /** What is too rare, and what is refused too often. */
  complaints(): readonly string[] {
    const least = Math.max(1, Math.floor((this.#cases * LEAST_PER_HUNDRED) / 100));
    const rare = MUST_MEET.filter((name) => (this.#met.get(name) ?? 0) < least).map(
      (name) => `hardly met: ${name}, ${this.#met.get(name) ?? 0} of ${this.#cases}`,
    );
    const opened = 1 - this.#refused / Math.max(1, this.#cases);
    const codes = [...this.#codes].filter(([, n]) => n / this.#cases > MOST_FOR_ONE_CODE);
    return [
      ...rare,
      ...(opened < LEAST_OPENED ? [`only ${Math.round(opened * 100)} % of the schemas opened their windows`] : []),
      ...codes
        .map(([code, n]) => `${code} refuses ${n} of ${this.#cases}: argue it in ARGUED of histogram.ts`)
        .filter((line) => !ARGUED.has(line.split(' ')[0]!)),
    ];
  }
}

/** Codes that refuse more than one schema of twenty, with the reason. */
const ARGUED: ReadonlySet<string> = new Set([]);
