/**
 * The lock that each form of ALTER TABLE takes on its own table. After the PostgreSQL documentation, ALTER TABLE: ACCESS
 * EXCLUSIVE unless noted there; ALTER INDEX for the storage parameters of indexes.
 */
import type { LockMode } from './lock-mode.js';
import { nodeAs, type FieldsOf } from './tree-walk.js';

type Command = FieldsOf<'AlterTableCmd'>;

const WEAKER: Readonly<Partial<Record<NonNullable<Command['subtype']>, LockMode>>> = {
  AT_SetStatistics: 'SHARE UPDATE EXCLUSIVE',
  AT_SetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ResetOptions: 'SHARE UPDATE EXCLUSIVE',
  AT_ValidateConstraint: 'SHARE UPDATE EXCLUSIVE',
  AT_ClusterOn: 'SHARE UPDATE EXCLUSIVE',
  AT_DropCluster: 'SHARE UPDATE EXCLUSIVE',
  AT_AttachPartition: 'SHARE UPDATE EXCLUSIVE',
  AT_DetachPartitionFinalize: 'SHARE UPDATE EXCLUSIVE',
  AT_EnableTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableAlwaysTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableReplicaTrig: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrig: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigAll: 'SHARE ROW EXCLUSIVE',
  AT_EnableTrigUser: 'SHARE ROW EXCLUSIVE',
  AT_DisableTrigUser: 'SHARE ROW EXCLUSIVE',
};

export function alterTableLock(command: Command): LockMode {
  switch (command.subtype) {
    case 'AT_AddConstraint':
      return nodeAs(command.def, 'Constraint')?.contype === 'CONSTR_FOREIGN'
        ? 'SHARE ROW EXCLUSIVE'
        : 'ACCESS EXCLUSIVE';
    case 'AT_DetachPartition':
      return nodeAs(command.def, 'PartitionCmd')?.concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
    case 'AT_SetRelOptions':
    case 'AT_ResetRelOptions':
      return storageParametersLock(command);
    default:
      return (command.subtype && WEAKER[command.subtype]) ?? 'ACCESS EXCLUSIVE';
  }
}

/** Parameters that only vacuum, planner and later inserts look at. */
const QUIET_PARAMETER =
  /^(fillfactor|parallel_workers|toast_tuple_target|deduplicate_items|(log_)?autovacuum_.*|vacuum_.*)$/;

function storageParametersLock(command: Command): LockMode {
  const items = nodeAs(command.def, 'List')?.items ?? [];
  const quiet = items.every((item) => {
    const parameter = nodeAs(item, 'DefElem');
    return parameter?.defnamespace === 'toast' || QUIET_PARAMETER.test(parameter?.defname ?? '');
  });
  return quiet ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE';
}
