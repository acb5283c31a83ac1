// Words for what the operating system reports, and the exit codes.

export const exitCode = {
  stopped: 0,
  usage: 2,
  cannotBind: 3,
  notTrusted: 4,
  unsent: 69,
  queued: 75,
  interruptedTwice: 130,
} as const;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by the other side",
  ECONNABORTED: "connection aborted",
  EPIPE: "connection closed by the other side while we were writing",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "no route to that address",
  EHOSTDOWN: "that machine is down",
  ENETUNREACH: "network unreachable",
  ENETDOWN: "network down",
  EADDRNOTAVAIL: "our own address is not available",
  EADDRINUSE: "no free local port",
  ENOTFOUND: "no machine has that name",
  EAI_AGAIN: "names cannot be looked up now",
  EMFILE: "too many open files",
  ENFILE: "too many open files on this machine",
  EACCES: "not permitted",
  EPERM: "not permitted",
  ENOENT: "no such file or folder",
  EISDIR: "it is a folder",
  ENOTDIR: "part of its path is no folder",
  EEXIST: "a file stands in its place",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota on the disk is used up",
  EROFS: "the file system is read-only",
  EIO: "the disk fails",
  EINVAL: "that address cannot be reached from ours: another family, or one of the two never leaves its machine",
};

/** Why nothing can listen there. */
export const notOurs = (listen: string): string => `--listen: ${listen} is no address of this machine`;

/** A system error code in plain words; a code we have no words for stands for itself. */
export const reasonOf = (code: string): string => (Object.hasOwn(reasons, code) ? reasons[code] : undefined) ?? code;
