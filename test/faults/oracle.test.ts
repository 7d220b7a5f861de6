/** The Transparency oracle on server 18: with a window or without, an application cannot tell. */
import { runOracle } from './oracle/oracle-run.js';

await runOracle(18, 'test/faults/oracle.test.ts');
