/** Random definitions on server 15, beside those on server 18: two files, so that they run side by side. */
import { playSequences } from './ddl/play-sequences.js';

await playSequences(15, 'test/faults/ddl-sequences-15.test.ts');
