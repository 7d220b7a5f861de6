/** Random graphs of keys on server 18. */
import { playGraphs } from './graphs/play-graphs.js';

await playGraphs(18, 'test/faults/convert/key-graphs.test.ts');
