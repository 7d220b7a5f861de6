/** Whose approval counts for a group, and why one does not; as the configuration says it and reports show it. */

/** What the configuration says of a group. */
export interface ApproverRule {
  /** Who has one of these may approve. Absent: members of the role that is called like the group. */
  readonly roles?: readonly string[];
  /** Whether the role that began the run may approve it. Default `refuse`. */
  readonly own?: 'allow' | 'refuse';
}

/** By group. */
export type Approvers = Readonly<Record<string, ApproverRule>>;

export interface ApprovalStanding {
  readonly counts: boolean;
  /** Why it does not count, or what was not looked at. Null: nothing is to be said. */
  readonly note: string | null;
  readonly why: 'own' | 'no member' | 'another graph' | 'not checked' | null;
}

export interface ApprovalFacts {
  readonly group: string;
  readonly rule: ApproverRule;
  /** A role is called like the group. */
  readonly groupIsRole: boolean;
  /** The approver has one of the roles of the rule; without such a rule, the role that is called like the group. */
  readonly member: boolean;
  /** The approver's role began the run. */
  readonly own: boolean;
  /** It is of the graph that is run. */
  readonly sameGraph: boolean;
}

export function approvalStanding({
  group,
  rule,
  groupIsRole,
  member,
  own,
  sameGraph,
}: ApprovalFacts): ApprovalStanding {
  if (!sameGraph) return { counts: false, note: 'of another graph', why: 'another graph' };
  if (rule.roles === undefined && !groupIsRole) {
    const began = own ? ', and began the run' : '';
    return { counts: true, note: `not checked: no group ${group}${began}`, why: 'not checked' };
  }
  if (!member) return { counts: false, note: `no member of ${(rule.roles ?? [group]).join(', ')}`, why: 'no member' };
  if (own && rule.own !== 'allow') return { counts: false, note: 'began the run', why: 'own' };
  return { counts: true, note: null, why: null };
}

/** `anna (not checked: no group dba)`. */
export function approverText(by: string, note: string | null): string {
  return note === null ? by : `${by} (${note})`;
}
