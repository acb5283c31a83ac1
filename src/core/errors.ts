// Descriptions of system error codes, and the exit codes.

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
  ECONNRESET: "connection reset by the peer",
  ECONNABORTED: "connection aborted",
  EPIPE: "connection closed by the peer during a write",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "no route to that address",
  EHOSTDOWN: "that machine is down",
  ENETUNREACH: "network unreachable",
  ENETDOWN: "network down",
  EADDRNOTAVAIL: "the local address is not available",
  EADDRINUSE: "no free local port",
  ENOTFOUND: "host name not found",
  EAI_AGAIN: "host name lookup is not available now",
  EMFILE: "too many open files",
  ENFILE: "too many open files on this machine",
  EACCES: "not permitted",
  EPERM: "not permitted",
  ENOENT: "no such file or folder",
  EISDIR: "it is a folder",
  ENOTDIR: "part of its path is not a folder",
  EEXIST: "a file with that name already exists",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EIO: "the disk reports an input/output error",
  EINVAL:
    "that address cannot be reached from the local one: their families differ, or one of them is valid on its own machine only",
};

/** The message for a listen address that does not belong to this machine. */
export const notLocalAddress = (listen: string): string => `--listen: ${listen} is not an address of this machine`;

/** A system error code in plain words; an unknown code is returned unchanged. */
export const reasonOf = (code: string): string => (Object.hasOwn(reasons, code) ? reasons[code] : undefined) ?? code;
