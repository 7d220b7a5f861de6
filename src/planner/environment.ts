/** Where a plan is refused whatever it says: servers and settings under which nothing can be promised. */
import type { CatalogSnapshot } from '../catalog/catalog-snapshot.js';
import { report, type Scope } from '../catalog/scope.js';
import { PLANNER_CODES } from './codes.js';

const OLDEST = 15;
const NEWEST = 18;

/** `onlyReads`: nothing will be written, so a standby will do. */
export function refuseEnvironment({ server }: CatalogSnapshot, scope: Pick<Scope, 'report'>, onlyReads = false): void {
  const major = Math.floor(server.versionNum / 10_000);
  const refuse = (code: keyof typeof PLANNER_CODES, detail: string, help: string): void =>
    report(scope, PLANNER_CODES, code, undefined, { detail, help });
  if (major < OLDEST || major > NEWEST) {
    refuse(
      'LS8002',
      `\`${server.database}\` is on PostgreSQL ${server.version}.`,
      `use a server from ${OLDEST} to ${NEWEST}`,
    );
  }
  if (server.standby && !onlyReads)
    refuse('LS8003', `\`${server.database}\` is being recovered from another server.`, 'connect to the primary');
  if (server.publishesAllTables) {
    refuse(
      'LS8004',
      `\`${server.database}\` has a publication FOR ALL TABLES.`,
      'publish named tables or schemas instead',
    );
  }
}
