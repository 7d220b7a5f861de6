/**
 * Blots out the passwords of PostgreSQL URLs in a text that will be shown or drawn, character by character: every offset
 * and every piece of YAML syntax stays where it is, so that a place in the masked text is the same place in the file.
 */
export function maskPasswords(text: string): string {
  let masked = text;
  for (const form of FORMS) {
    masked = masked.replace(form, (_, before: string, password: string) => before + password.replaceAll(SECRET, stars));
  }
  return masked;
}

/**
 * A password may hold `@` where somebody forgot to encode it: everything up to the last `@` goes. In quotes it may hold
 * blanks too; without them a blank ends the text.
 */
const FORMS: readonly RegExp[] = [
  /("\s*postgres(?:ql)?:\/\/[^\s:@/?#"]*:)([^"\n]*)(?=@)/gi,
  /('\s*postgres(?:ql)?:\/\/[^\s:@/?#']*:)([^'\n]*)(?=@)/gi,
  /(postgres(?:ql)?:\/\/[^\s:@/?#]*:)(\S*)(?=@)/gi,
  /(\b(?:ssl)?password\s*=\s*)([^\s&"'`]+)/gi,
];

/** `${NAME}` tells no secret. What YAML could read as syntax stays too, so that the masked text has the same shape. */
const SECRET = /\$\{\w*\}|[^\s,"'[\]{}\\]/g;

function stars(part: string): string {
  return part.length === 1 ? '*' : part;
}
