/** What each form of ALTER TABLE changes, as facts for the catalog. */
import type { ColumnChangeFact, DdlEffect } from './ddl-effects.js';
import type { ParsedStatement, Token } from './grammar.js';
import type { NameParts } from './identifier.js';
import { impliedName } from './implied-name.js';
import { sourceText, type SourceText } from './source-text.js';
import { columnElements, constraintFact, sequenceEffect } from './table-elements.js';
import { nodeAs, relationParts, type FieldsOf } from './tree-walk.js';
import { typeText } from './type-name.js';

type Command = FieldsOf<'AlterTableCmd'>;

/** Forms that change nothing of what a catalog snapshot holds. */
const WITHOUT_EFFECT: ReadonlySet<Command['subtype']> = new Set<Command['subtype']>([
  ...(['AT_SetStatistics', 'AT_SetOptions', 'AT_ResetOptions', 'AT_SetStorage', 'AT_SetCompression'] as const),
  ...(['AT_ClusterOn', 'AT_DropCluster', 'AT_SetTableSpace', 'AT_SetAccessMethod'] as const),
  ...(['AT_SetRelOptions', 'AT_ResetRelOptions', 'AT_SetIdentity'] as const),
]);

export function alterTableEffects(alter: FieldsOf<'AlterTableStmt'>, statement: ParsedStatement): readonly DdlEffect[] {
  const relation = relationParts(alter.relation!);
  const source = sourceText(statement);
  return (alter.cmds ?? []).flatMap((node, index) => {
    const command = nodeAs(node, 'AlterTableCmd')!;
    return commandEffects(command, { relation, statement, source, written: source.commands[index] ?? [] });
  });
}

interface Place {
  readonly relation: NameParts;
  readonly statement: ParsedStatement;
  readonly source: SourceText;
  /** The words of this command. */
  readonly written: readonly Token[];
}

function commandEffects(command: Command, place: Place): readonly DdlEffect[] {
  const { relation, statement, source } = place;
  const name = command.name ?? '';
  const changed = (change: ColumnChangeFact): readonly DdlEffect[] => [
    { kind: 'column changed', relation, column: name, ...change },
  ];
  switch (command.subtype) {
    case 'AT_AddColumn': {
      const { column, constraints, sequence } = columnElements(
        nodeAs(command.def, 'ColumnDef')!,
        relation,
        statement,
        source,
      );
      return [
        ...(sequence === undefined ? [] : [sequenceEffect(sequence, 'permanent')]),
        { kind: 'column added', relation, column },
        ...constraints.map((constraint) => ({ kind: 'constraint added', relation, constraint }) as const),
      ];
    }
    case 'AT_DropColumn':
      return [{ kind: 'column dropped', relation, column: name }];
    case 'AT_SetNotNull':
      return changed({ notNull: true });
    case 'AT_DropNotNull':
      return changed({ notNull: false });
    case 'AT_ColumnDefault':
      return changed({ default: command.def === undefined ? null : defaultText(place) });
    case 'AT_DropExpression':
      return changed({ generated: 'no', default: null });
    case 'AT_AlterColumnType':
      return changed({ type: typeText(nodeAs(command.def, 'ColumnDef')!.typeName!) });
    case 'AT_AddIdentity': {
      const identity = nodeAs(command.def, 'Constraint')?.generated_when === 'a' ? 'always' : 'by default';
      const sequence = [...relation.slice(0, -1), impliedName(relation.at(-1)!, [name], 'seq')];
      return [sequenceEffect(sequence, 'permanent'), ...changed({ identity })];
    }
    case 'AT_DropIdentity':
      return changed({ identity: 'no' });
    case 'AT_AddConstraint': {
      const constraint = constraintFact(nodeAs(command.def, 'Constraint')!, relation, [], statement, source);
      return [{ kind: 'constraint added', relation, constraint }];
    }
    case 'AT_ValidateConstraint':
      return [{ kind: 'constraint validated', relation, constraint: name }];
    case 'AT_DropConstraint':
      return [{ kind: 'constraint dropped', relation, constraint: name }];
    default:
      return WITHOUT_EFFECT.has(command.subtype) ? [] : [{ kind: 'opaque', name: formName(command) }];
  }
}

/** The tree does not say where an expression begins; SET DEFAULT says so, as DEFAULT is a reserved word. */
function defaultText({ written, source }: Place): string {
  const at = written.findIndex(({ text }) => text.toLowerCase() === 'default');
  return source.text(written.slice(at + 1));
}

/** `AT_ChangeOwner` → `ALTER TABLE … CHANGE OWNER`. */
function formName(command: Command): string {
  const words = (command.subtype ?? '').replace('AT_', '').replaceAll(/([a-z])([A-Z])/g, '$1 $2');
  return `ALTER TABLE … ${words.toUpperCase()}`;
}
