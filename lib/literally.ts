/** A text as itself in an ARN: the signs that IAM reads as patterns are escaped. */

export const literally = (text: string): string => text.replaceAll(/[*?$]/g, (sign) => `\${${sign}}`);
