/**
 * The statements that make the grants on an object what they were. Owns the order of grants that pass on grants, and what a
 * new object may have been granted before them.
 */
import { quoteIdentifier } from '../sql/identifier.js';

/** A null grantee is PUBLIC. */
export type Grant = readonly [grantor: string, grantee: string | null, privilege: string, withGrantOption: boolean];

export interface GrantedObject {
  /** As GRANT names it: `TABLE public.v`, `FUNCTION public.f(integer)`. */
  readonly on: string;
  readonly owner: string;
  /** All that are wanted. */
  readonly grants: readonly Grant[];
  /** To whom a new object of this kind may be granted by default; PUBLIC is null. */
  readonly byDefault: readonly (string | null)[];
}

/**
 * A new object has the privileges of its kind, and whatever ALTER DEFAULT PRIVILEGES says for the role that makes it and the
 * schema: all of that goes first.
 */
export function grantStatements({ on, owner, grants, byDefault }: GrantedObject): readonly string[] {
  const before = [...new Set([null, owner, ...byDefault])].map(roleName);
  return [`REVOKE ALL ON ${on} FROM ${before.join(', ')}`, ...grantsOn(on, owner, grants, undefined)];
}

/** Columns have no privileges of their own unless somebody grants them. */
export function columnGrants(
  table: string,
  column: string,
  owner: string,
  grants: readonly Grant[],
): readonly string[] {
  return grantsOn(`TABLE ${table}`, owner, grants, column);
}

function grantsOn(on: string, owner: string, grants: readonly Grant[], column: string | undefined): readonly string[] {
  return inOrder(owner, grouped(grants)).flatMap(({ grantor, grantee, privileges, option }) => {
    const what = privileges.map((each) => (column === undefined ? each : `${each} (${quoteIdentifier(column)})`));
    const grant = `GRANT ${what.join(', ')} ON ${on} TO ${roleName(grantee)}${option ? ' WITH GRANT OPTION' : ''}`;
    // GRANT … GRANTED BY takes nobody but the current role; an owner's grants are the owner's, whoever of its members speaks.
    return grantor === owner ? [grant] : [`SET LOCAL ROLE ${quoteIdentifier(grantor)}`, grant, 'RESET ROLE'];
  });
}

interface Grants {
  readonly grantor: string;
  readonly grantee: string | null;
  readonly option: boolean;
  readonly privileges: readonly string[];
}

function grouped(grants: readonly Grant[]): readonly Grants[] {
  const groups = new Map<string, { readonly group: Omit<Grants, 'privileges'>; readonly privileges: string[] }>();
  for (const [grantor, grantee, privilege, option] of grants) {
    const key = JSON.stringify([grantor, grantee, option]);
    const found = groups.get(key);
    if (found === undefined) groups.set(key, { group: { grantor, grantee, option }, privileges: [privilege] });
    else found.privileges.push(privilege);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { group, privileges }]) => ({ ...group, privileges: privileges.sort() }));
}

/** Who passes a privilege on must have it by then; grants go in no circle. */
function inOrder(owner: string, groups: readonly Grants[]): readonly Grants[] {
  const done: Grants[] = [];
  let left = groups;
  for (let size = -1; size !== left.length;) {
    size = left.length;
    const ready = left.filter(
      ({ grantor, privileges }) =>
        grantor === owner ||
        privileges.every((privilege) =>
          done.some((other) => other.option && other.grantee === grantor && other.privileges.includes(privilege)),
        ),
    );
    done.push(...ready);
    left = left.filter((group) => !ready.includes(group));
  }
  return [...done, ...left];
}

function roleName(role: string | null): string {
  return role === null ? 'PUBLIC' : quoteIdentifier(role);
}
