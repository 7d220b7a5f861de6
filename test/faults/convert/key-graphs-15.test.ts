/** Random graphs of keys on server 15, beside those on server 18: two files, so that they run side by side. */
import { playGraphs } from './graphs/play-graphs.js';

await playGraphs(15, 'test/faults/convert/key-graphs-15.test.ts');
