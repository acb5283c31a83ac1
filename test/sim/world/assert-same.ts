// Compares two lists of lines and prints both if they differ.

export function assertSame(actual: readonly string[], expected: readonly string[], what: string): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return;
  throw new Error(`${what}\nexpected ${JSON.stringify(expected)}\nfound    ${JSON.stringify(actual)}`);
}
