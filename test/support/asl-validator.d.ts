/** What we use of asl-validator, which ships no types. */

declare module 'asl-validator' {
  export default function aslValidator(
    definition: unknown,
    options?: { checkPaths: boolean; checkArn: boolean },
  ): { isValid: boolean; errors: unknown[]; errorsText(separator?: string): string };
}
