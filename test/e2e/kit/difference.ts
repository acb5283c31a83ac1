// Compares two lists of lines: keeps the longest common subsequence and marks missing and extra lines.

/** Lines that begin with two spaces are in both, `- ` is missing from `found`, `+ ` is extra. */
export function difference(wanted: readonly string[], found: readonly string[]): readonly string[] {
  const lengths = commonLengths(wanted, found);
  const marked: string[] = [];
  let [left, right] = [0, 0];
  while (left < wanted.length || right < found.length) {
    const missing = lengths[left + 1]?.[right] ?? -1;
    const surplus = lengths[left]?.[right + 1] ?? -1;
    if (left < wanted.length && wanted[left] === found[right]) {
      marked.push(`  ${wanted[left++]!}`);
      right += 1;
    } else if (missing >= surplus) marked.push(`- ${wanted[left++]!}`);
    else marked.push(`+ ${found[right++]!}`);
  }
  return marked;
}

/** The length of the longest common subsequence from each pair of positions on. */
function commonLengths(wanted: readonly string[], found: readonly string[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: wanted.length + 1 }, () => new Array<number>(found.length + 1).fill(0));
  for (let left = wanted.length - 1; left >= 0; left -= 1)
    for (let right = found.length - 1; right >= 0; right -= 1)
      lengths[left]![right] =
        wanted[left] === found[right]
          ? lengths[left + 1]![right + 1]! + 1
          : Math.max(lengths[left + 1]![right]!, lengths[left]![right + 1]!);
  return lengths;
}
