/**
 * Lays SQL out for a person: a line that is too long is broken at its clauses, lists and parentheses, and the body of a
 * function stands as it is instead of inside quotes. Only blanks between words change, which the test of the goldens holds
 * against the text that is sent. Its line breaks stay: whoever wrote the SQL made them. What follows the first line of a statement
 * stands deeper, so that git names the statement above each part of a diff.
 */
const WIDTH = 118;

/** A quoted body is laid out too, as if it were quoted with dollars. */
export function layOutSql(sql: string): string {
  const [head, body] = bodyOf(sql);
  const text = body === undefined ? laidOut(head) : `${laidOut(head)} $body$${laidOut(body)}\n$body$`;
  return text.replaceAll(/\n(?!\n)/g, '\n  ');
}

function laidOut(text: string): string {
  return linesOf(text).map(layOutLine).join('\n');
}

/** The text with its body, where it has one, quoted with dollars and otherwise as it is. */
export function withPlainBody(sql: string): string {
  const [head, body] = bodyOf(sql);
  return body === undefined ? sql : `${head} $body$${body}\n$body$`;
}

const WITH_BODY = /^(CREATE (?:OR REPLACE )?FUNCTION [\s\S]*?\nAS|DO) ('(?:[^']|'')*'|E'(?:[^'\\]|''|\\.)*')$/;

function bodyOf(sql: string): readonly [head: string, body: string | undefined] {
  const [, head, quoted] = WITH_BODY.exec(sql) ?? [];
  return head === undefined || quoted === undefined ? [sql, undefined] : [head, unquoted(quoted)];
}

function unquoted(literal: string): string {
  const isEscaped = literal.startsWith('E');
  const inner = literal.slice(isEscaped ? 2 : 1, -1).replaceAll("''", "'");
  return isEscaped ? inner.replaceAll('\\\\', '\\') : inner;
}

type Token = string;

const TOKEN =
  /E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\/\*[\s\S]*?\*\/|--[^\n]*|\n|[ \t]+|[A-Za-z_][\w$]*|[(),;]|[^\sA-Za-z_'"(),;]+/g;

/** A line feed inside quotes ends no line. */
function linesOf(sql: string): readonly (readonly Token[])[] {
  const lines: Token[][] = [[]];
  for (const [token] of sql.matchAll(TOKEN)) {
    if (token === '\n') lines.push([]);
    else lines.at(-1)!.push(token);
  }
  return lines;
}

function layOutLine(tokens: readonly Token[]): string {
  const text = tokens.join('');
  if (text.length <= WIDTH || text.includes('\n')) return text;
  const indent = /^ */.exec(text)![0].length;
  return broken(grouped(tokens), indent).join('\n');
}

/** Words and groups in parentheses. One that the line does not close stands as a word. */
type Node = string | { readonly items: readonly Node[] };

function grouped(tokens: readonly Token[]): readonly Node[] {
  const open: Node[][] = [[]];
  for (const token of tokens) {
    if (token === '(') open.push([]);
    else if (token === ')' && open.length > 1) {
      const items = open.pop()!;
      open.at(-1)!.push({ items });
    } else open.at(-1)!.push(token);
  }
  // Not closed in this line: its parenthesis is a word like any other.
  while (open.length > 1) {
    const items = open.pop()!;
    open.at(-1)!.push('(', ...items);
  }
  return open[0]!;
}

function flat(nodes: readonly Node[]): string {
  return nodes.map((node) => (typeof node === 'string' ? node : `(${flat(node.items)})`)).join('');
}

const CLAUSE =
  /^(SELECT|FROM|WHERE|GROUP|ORDER|HAVING|LIMIT|OFFSET|RETURNING|UNION|EXCEPT|INSERT|UPDATE|DELETE|VALUES|SET|CROSS|LEFT|JOIN|WITH|EXECUTE|USING|WHEN|THEN|ELSE|AND|OR|ON|FOR)$/;
/** Behind one of these a clause word goes on with the same clause. */
const GOES_ON =
  /^(CROSS|LEFT|DELETE|INSERT|DO|FOR|KEY|NO|DISTINCT|BETWEEN|OR|AFTER|BEFORE|CREATE|IS|EACH|GROUP|ORDER|ALL|ON)$/;

/** Lines of these nodes from `indent` on; the second and later ones hang `hang` behind. */
function broken(nodes: readonly Node[], indent: number, hang = 2): string[] {
  const pad = ' '.repeat(indent);
  const line = flat(nodes).trim();
  if (indent + line.length <= WIDTH) return [pad + line];
  const isClause = (node: Node, before: string): boolean =>
    typeof node === 'string' && CLAUSE.test(node) && !GOES_ON.test(before);
  for (const isFirst of [isClause, isItem, isJoined]) {
    const parts = split(nodes, isFirst);
    if (parts.length > 1) return parts.flatMap((part, index) => broken(part, index === 0 ? indent : indent + hang));
  }
  return longestGroupBroken(nodes, indent);
}

function isItem(_: Node, before: string): boolean {
  return before === ',';
}

function isJoined(node: Node): boolean {
  return node === '||' || node === '=';
}

/** Before a node for which `isFirst` holds, a new part begins. `before` is the word in front of it. */
function split(nodes: readonly Node[], isFirst: (node: Node, before: string) => boolean): readonly Node[][] {
  const parts: Node[][] = [[]];
  let before = '';
  for (const node of nodes) {
    const isBlank = typeof node === 'string' && /^\s*$/.test(node);
    if (!isBlank && before !== '' && isFirst(node, before)) parts.push([]);
    parts.at(-1)!.push(node);
    if (!isBlank) before = typeof node === 'string' ? node : ')';
  }
  return parts.filter((part) => flat(part).trim() !== '');
}

function longestGroupBroken(nodes: readonly Node[], indent: number): string[] {
  const pad = ' '.repeat(indent);
  const lengths = nodes.map((node) => (typeof node === 'string' ? 0 : flat(node.items).length));
  const longest = Math.max(0, ...lengths);
  const node = nodes[lengths.indexOf(longest)];
  if (longest < 40 || node === undefined || typeof node === 'string') return [pad + flat(nodes).trim()];
  const at = lengths.indexOf(longest);
  const lines = [`${pad}${flat(nodes.slice(0, at)).trimStart()}(`, ...broken(node.items, indent + 2, 0)];
  const rest = broken([')', ...nodes.slice(at + 1)], indent);
  return [...lines, ...rest];
}
