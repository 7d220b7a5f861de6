/** What windows in both directions add: the opposite mirror, the cutover, its way back. */
import { back, closing, two, type Rest, type Scenario } from './scenarios.js';

type Named = Pick<Rest, 'state' | 'from' | 'to' | 'first' | 'held'>;

const play = (
  state: Named['state'],
  from: Named['from'],
  to: Named['to'],
  first: Named['first'],
  held: Named['held'],
) => ({
  ...{ state, from, to, first, held },
});

export const SCENARIOS_BOTH: readonly Scenario[] = [
  ...two(
    'a writer of the old side has not committed, the opposite mirror comes',
    play('filled', 'filled', 'joined', 'writer', 'before its commit'),
  ),
  ...two(
    'the opposite mirror has not committed, a writer comes',
    play('filled', 'filled', 'joined', 'run', 'before its commit'),
  ),
  ...two('a mirror reads, both sides are compared', play('joined', 'joined', 'proved', 'writer', 'mirror reads')),
  ...two('a mirror writes, both sides are compared', play('joined', 'joined', 'proved', 'writer', 'mirror writes')),
  ...two(
    'a writer has not committed, both sides are compared',
    play('joined', 'joined', 'proved', 'writer', 'before its commit'),
  ),
  ...two(
    'a writer has not committed, the cutover begins to watch',
    play('joined', 'proved', 'watched', 'writer', 'before its commit'),
  ),
  ...two(
    'that the cutover watches is not committed, a writer comes',
    play('joined', 'proved', 'watched', 'run', 'before its commit'),
  ),
  ...two(
    'a writer has not committed, the cutover comes',
    play('joined', 'watched', 'cut over', 'writer', 'before its commit'),
  ),
  ...two('a mirror reads, the cutover comes', play('joined', 'watched', 'cut over', 'writer', 'mirror reads')),
  ...two(
    'the cutover has not committed, a writer comes',
    play('joined', 'watched', 'cut over', 'run', 'before its commit'),
  ),
  ...two('the new side leads', play('after cutover', 'cut over', null, 'writer', 'nowhere')),
  back(
    'a writer has not committed, the cutover is taken back',
    play('after cutover', 'cut over', 'cut back', 'writer', 'before its commit'),
  ),
  back(
    'that the cutover is taken back is not committed, a writer comes',
    play('after cutover', 'cut over', 'cut back', 'run', 'before its commit'),
  ),
  closing(
    'a writer has not committed, the window closes after a cutover',
    play('after cutover', 'cut over', 'closed', 'writer', 'before its commit'),
  ),
];
