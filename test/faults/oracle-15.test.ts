/** The Transparency oracle on server 15. */
import { runOracle } from './oracle/oracle-run.js';

await runOracle(15, 'test/faults/oracle-15.test.ts');
