/**
 * Where a window stands, what the run is about to do there, who of the two is held and where: each scenario is played with
 * every write at every isolation level. The snapshot of a writer is always older than what the run does.
 */
import type { Place } from './stage.js';

/** How far the run has come when a scenario begins. */
export type Stand =
  | 'nothing'
  | 'open'
  | 'filled'
  | 'proved'
  | 'closed'
  | 'leaving'
  | 'taken away'
  | 'gone'
  // Of windows in both directions.
  | 'joined'
  | 'watched'
  | 'cut over'
  | 'cut back';

export interface Scenario {
  readonly name: string;
  readonly state:
    | 'before opening'
    | 'open, not filled'
    | 'fill under way'
    | 'filled'
    | 'joined'
    | 'after cutover'
    | 'leaving'
    | 'closed'
    | 'gone';
  readonly from: Stand;
  /** What the run goes on to; null: it does nothing. */
  readonly to: Stand | null;
  readonly first: 'writer' | 'run';
  /** Where who is first is held, or both: the run first, then the writer; the run is let go before the writer. */
  readonly held: 'nowhere' | Hold | readonly ['batch reads', WriterHold];
  /** Writers began, and looked, before the run came to `from`; that is where it then goes. */
  readonly snapshotAt?: Stand;
  /** How it ends: the window closes, or the way back is taken. */
  readonly end: 'close' | 'way back';
}

export type WriterHold = 'mirror reads' | 'mirror writes' | 'before its commit';
/** `a row before`: somebody holds row 1, by which the batch comes first. */
export type Hold = Place | 'a row before' | 'before its commit';

const FILL = { from: 'open', to: 'filled' } as const;

export const SCENARIOS: readonly Scenario[] = [
  ...two('a writer has not committed, the window opens', {
    ...{ state: 'before opening', from: 'nothing', to: 'open', first: 'writer', held: 'before its commit' },
  }),
  ...two('the opening has not committed, a writer comes', {
    ...{ state: 'before opening', from: 'nothing', to: 'open', first: 'run', held: 'before its commit' },
  }),
  ...two('a mirror reads, the fill begins', {
    ...{ state: 'open, not filled', ...FILL, first: 'writer', held: 'mirror reads' },
  }),
  ...two('a mirror writes, the fill begins', {
    ...{ state: 'open, not filled', ...FILL, first: 'writer', held: 'mirror writes' },
  }),
  ...two('a writer has not committed, the fill begins', {
    ...{ state: 'open, not filled', ...FILL, first: 'writer', held: 'before its commit' },
  }),
  ...two('a batch reads and has not locked the row, a writer comes', {
    ...{ state: 'fill under way', ...FILL, first: 'run', held: 'batch reads' },
  }),
  ...two('a batch has locked the row, a writer comes', {
    ...{ state: 'fill under way', ...FILL, first: 'run', held: 'batch has read' },
  }),
  ...two('a batch writes, a writer comes', {
    ...{ state: 'fill under way', ...FILL, first: 'run', held: 'batch writes' },
  }),
  ...two('a batch has not committed, a writer comes', {
    ...{ state: 'fill under way', ...FILL, first: 'run', held: 'before its commit' },
  }),
  ...two('a batch reads, a writer comes and has not committed, the batch goes on', {
    ...{ state: 'fill under way', ...FILL, first: 'run', held: ['batch reads', 'before its commit'] },
  }),
  ...two('a batch reads, a writer comes as far as what its mirror reads, the batch goes on', {
    ...{ state: 'fill under way', ...FILL, first: 'run', held: ['batch reads', 'mirror reads'] },
  }),
  ...two('a batch reads, a writer comes as far as what its mirror writes, the batch goes on', {
    ...{ state: 'fill under way', ...FILL, first: 'run', held: ['batch reads', 'mirror writes'] },
  }),
  ...two('snapshot before the fill, a mirror reads, both sides are compared', {
    ...{ state: 'filled', from: 'filled', to: 'proved', snapshotAt: 'open', first: 'writer', held: 'mirror reads' },
  }),
  ...two('snapshot before the fill, a mirror writes, both sides are compared', {
    ...{ state: 'filled', from: 'filled', to: 'proved', snapshotAt: 'open', first: 'writer', held: 'mirror writes' },
  }),
  ...two('snapshot before the fill, a writer has not committed, both sides are compared', {
    ...{ state: 'filled', from: 'filled', to: 'proved', snapshotAt: 'open', first: 'writer' },
    held: 'before its commit',
  }),
  back('a writer has not committed, the mirrors learn to leave', {
    ...{ state: 'leaving', from: 'filled', to: 'leaving', first: 'writer', held: 'before its commit' },
  }),
  back('a mirror reads, the mirrors learn to leave', {
    ...{ state: 'leaving', from: 'filled', to: 'leaving', first: 'writer', held: 'mirror reads' },
  }),
  back('that the mirrors leave is not committed, a writer comes', {
    ...{ state: 'leaving', from: 'filled', to: 'leaving', first: 'run', held: 'before its commit' },
  }),
  back('rows are taken away and the row is not locked, a writer comes', {
    ...{ state: 'leaving', from: 'leaving', to: 'taken away', first: 'run', held: 'a row before' },
  }),
  back('rows are taken away and the row is locked, a writer comes', {
    ...{ state: 'leaving', from: 'leaving', to: 'taken away', first: 'run', held: 'batch has read' },
  }),
  back('rows are taken away and that is not committed, a writer comes', {
    ...{ state: 'leaving', from: 'leaving', to: 'taken away', first: 'run', held: 'before its commit' },
  }),
  back('a leaving mirror reads, rows are taken away', {
    ...{ state: 'leaving', from: 'leaving', to: 'taken away', first: 'writer', held: 'mirror reads' },
  }),
  back('a writer has not committed, rows are taken away', {
    ...{ state: 'leaving', from: 'leaving', to: 'taken away', first: 'writer', held: 'before its commit' },
  }),
  back('a writer has not committed, the mirrors go', {
    ...{ state: 'leaving', from: 'taken away', to: 'gone', first: 'writer', held: 'before its commit' },
  }),
  back('that the mirrors go is not committed, a writer comes', {
    ...{ state: 'leaving', from: 'taken away', to: 'gone', first: 'run', held: 'before its commit' },
  }),
  back('nothing of the window is left', {
    ...{ state: 'gone', from: 'gone', to: null, first: 'writer', held: 'nowhere' },
  }),
  closing('a writer has not committed, the window closes', {
    ...{ state: 'filled', from: 'proved', to: 'closed', first: 'writer', held: 'before its commit' },
  }),
  closing('the closing has not committed, a writer comes', {
    ...{ state: 'filled', from: 'proved', to: 'closed', first: 'run', held: 'before its commit' },
  }),
  closing('the window is closed', {
    ...{ state: 'closed', from: 'closed', to: null, first: 'writer', held: 'nowhere' },
  }),
];

export type Rest = Omit<Scenario, 'name' | 'end'>;

/** What leaves the window open is played twice: it closes, and the way back is taken. */
export function two(name: string, rest: Rest): readonly Scenario[] {
  return [closing(name, rest), back(name, rest)];
}

export function closing(name: string, rest: Rest): Scenario {
  return { name, ...rest, end: 'close' };
}

export function back(name: string, rest: Rest): Scenario {
  return { name, ...rest, end: 'way back' };
}
