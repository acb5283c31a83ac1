// The names of the dialects, as in the group file.

export const dialectNames = ["secure", "line", "named", "tagged", "says"] as const;

export type DialectName = (typeof dialectNames)[number];
