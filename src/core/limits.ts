// The program's bounds, each with the reason for its value.

/** The longest text. A longer one is a mistake or an attack; a pasted page fits 30 times. */
export const lineBytesMax = 65_536;

/** Bytes of one line of JSON: a message with every character escaped, and a page of names as addressees. */
export const jsonLineBytesMax = 524_288;

/** Characters of a caller's id for a message: the id is stored with the message and repeated in each of its events. */
export const idCharsMax = 128;

/** Outcomes that are formatted at once, about one write, however many messages ended together. */
export const outcomesAtOnce = 512;

/** A name is at most 32 characters of 4 bytes; this leaves room for spaces around it. */
export const friendPrefixBytesMax = 256;

/** Code points in a name: fits a terminal column and every label that older programs keep. */
export const nameLengthMax = 32;

/** A group file of a hundred thousand friends is 4 MiB. A much larger file is the wrong file. */
export const tableBytesMax = 16_777_216;

/** How long reading the group file from a pipe may take: enough for a program that generates it. */
export const tableReadMs = 5_000;

/** Rows that an error message lists before "and N more". */
export const listedRowsMax = 20;

/** Characters of foreign text that an error message or a log line repeats. */
export const excerptLengthMax = 80;

/**
 * A line without a line feed counts as complete after this: older programs forget it, and a lost packet is resent
 * sooner.
 */
export const unendedQuietMs = 2_000;

/**
 * A line must end within this after its first byte, however slowly its bytes arrive; no keyboard program needs longer.
 */
export const unfinishedLineMs = 30_000;

/** How long a connect may take. TCP repeats its SYN after 1, 3 and 7 s; after that the peer is not there. */
export const dialMs = 10_000;

/**
 * How long two crossing dials may take to resolve. They need a round trip, which is shorter than this on any usable
 * network.
 */
export const crossingMs = 1_000;

/** How long a newer connection's bytes wait for an older one that is draining, to keep the order. */
export const holdMs = 2_000;

/** How long the peer may go on sending after our FIN, before we drop the connection. */
export const lingerMs = 10_000;

/** A friend who reads nothing for this long no longer pauses the keyboard. */
export const stallMs = 1_000;

/**
 * Retry delays double from the first to the second value. A friend's laptop that woke up is reached within half a
 * minute.
 */
export const backoffFirstMs = 500;
export const backoffMaxMs = 30_000;

/** A new message for an unreachable friend moves the next dial to at most this far ahead. */
export const hastenedRetryMs = 1_000;

/**
 * Dials to one friend per second, and as a burst, whatever the reason for each end: no network keeps failing more often
 * than this.
 */
export const dialsPerSecond = 2;
export const dialBurst = 32;

/** On SIGTERM, `/quit` and hang-up: the total time for draining. Messages left after it are dropped and reported. */
export const shutdownMs = 2_000;

/** Messages and characters queued for one friend in memory. 16 Mi characters are at most 32 MiB of memory. */
export const queueMessagesMax = 100_000;
export const queueCharsMax = 16_777_216;

/** Above this many characters queued for a connected friend, the keyboard is paused. */
export const queueHighWater = 262_144;

/**
 * Characters in one write. As large as a chunk of stdin, so that chunks of a busy pipe are passed on without joining
 * them.
 */
export const writeCharsMax = 65_536;

/** Connections in total: below the usual hard limit on open files. */
export const connectionsMax = 16_384;

/** Connections waiting to be accepted. With Node's default of 511 the kernel resets hundreds of a burst of 3,000. */
export const listenBacklog = 4_096;

/**
 * Connections with one address. Older programs forget to close theirs and dial again, but less often than this in a
 * day.
 */
export const connectionsPerAddressMax = 32;

/** The same for dialects with one connection per message, whose older programs leave silent connections behind. */
export const callersPerAddressMax = 256;

/** After this silence such a connection may be closed to make room; by then its bytes have been read. */
export const callerSilenceMs = 5_000;

/** Such connections with one address, silent or not: a burst of a thousand messages fits several times. */
export const talkersPerAddressMax = 4_096;

/** Accepted connections per second for each address or proven friend, and the burst allowed before the rate applies. */
export const acceptsPerSecond = 20;
export const acceptBurst = 64;

/** Log lines about refused connections per second, and as a burst; further ones are only counted. */
export const refusalLogLinesPerSecond = 1;
export const refusalLogLineBurst = 20;

/**
 * Refusals remembered in order to report each only once. When full, all are forgotten; the rate of notices limits the
 * repeats.
 */
export const reportedRefusalsMax = 256;

/** `Unknown host …` lines per second on the screen, and as a burst; further ones are only counted. */
export const unknownHostNoticesPerSecond = 1;
export const unknownHostNoticeBurst = 20;

/**
 * Tasks that one turn takes from each source, before timers and screen output run. Each empty line gets a name on its
 * way to the screen, so a chunk of empty lines grows 36-fold with the longest Latin name, 72-fold in most other scripts
 * and 136-fold at worst. A turn of 2 MiB of empty lines needs 285 MB for a moment; ordinary lines hardly grow.
 */
export const turnTasksMax = 32;

/** At a terminal, arrivals within one frame are handled together: a screen shows sixty frames a second. */
export const frameMs = 1_000 / 60;

/**
 * Turns that arrivals get before they wait for a frame, so that a chat between people and a handshake are not delayed.
 */
export const turnsAtOnce = 16;

/**
 * Chunks of 64 KiB that one connection may have waiting for a turn: as much as a peer sends in one turn, see
 * `turnCharsMax`.
 */
export const postedChunksMax = 8;

/**
 * Characters that may wait for the reader of stdout before incoming messages pause: enough to have the next write
 * ready.
 */
export const screenHighWater = 262_144;

/** Characters of notices that may wait for a stalled reader of stdout; further notices are only counted. */
export const screenCharsMax = 1_048_576;

/** Characters of log that may wait for a stalled reader of standard error; further lines are only counted. */
export const logCharsMax = 1_048_576;

/** The user's last lines whose ticks are updated in place: about what one types in a row before looking up. */
export const ownLinesLiveMax = 8;

/** The shortest time between two bells: a burst rings once. */
export const bellPauseMs = 1_000;

/** A second Ctrl-C within this ends the program: pressing it twice on purpose takes no longer. */
export const interruptPauseMs = 2_000;

/**
 * Lines that the arrow keys recall, also from earlier runs: months of chat. Characters of one paste: more than a long
 * page.
 */
export const typedLinesKept = 1_000;
export const pasteCharsMax = 1_048_576;

/** Unknown names per turn that get a hint: with ten thousand members each hint costs milliseconds. */
export const hintsPerTurnMax = 4;

/**
 * Bytes of texts that a friend may send beyond those shown: the memory that one friend costs while the screen stalls.
 * Enough for several turns, so that the friend does not wait for the screen and each commit holds many messages.
 */
export const windowBytes = 4_194_304;

/** Characters sent to a friend and not acknowledged, however much credit the friend grants. */
export const flightCharsMax = 4_194_304;

/** Characters of queued messages read ahead for a connected friend; the rest stays in the store. */
export const readAheadChars = 1_048_576;

/** Characters that one turn sends to one friend: enough to make the wait for the disk's commit worthwhile. */
export const turnCharsMax = 524_288;

/** Messages queued for one friend in a store on disk. A year of one message a second is three times as many. */
export const storedMessagesMax = 10_000_000;

/** How long sent messages may get no byte in return before the connection counts as dead. */
export const answerMs = 10_000;

/** How often a receiver repeats its acknowledgement while it reads a long frame. */
export const ackRepeatMs = 3_000;

/** How soon the store records which messages were shown, if nothing else is written. */
export const shownNoteMs = 50;

/** After this long without a write, stored messages are indexed for the search, in slices of some milliseconds. */
export const indexQuietMs = 3_000;
export const indexPauseMs = 20;
export const indexSlice = { messages: 1_000, chars: 262_144 };

/** Messages that `/history` shows, and examines: at most about a second, because the chat is blocked meanwhile. */
export const historyShownMax = 20;
export const historyDepth = 200_000;

/** Attempts to reach a friend that are remembered for `/why`. */
export const attemptsKept = 5;

/** How long the kernel's connection table is cached: reading it takes some milliseconds. */
export const kernelViewMs = 500;

/** How long to wait after a failed commit before the next attempt. */
export const storeRetryMs = 1_000;

/** How long a store failure is remembered for `/why`. */
export const storeTroubleMs = 60_000;

/** How soon the first byte must arrive on a connection from an address without a clear row. */
export const firstByteMs = 3_000;

/** A connection from an address with a clear row counts as a clear one after this long without a byte. */
export const sniffMs = 1_000;

/** Time for a handshake and its hello, however slowly the bytes arrive: five round trips of a second each. */
export const handshakeMs = 5_000;

/** How long a refusal may take to arrive. A refused connection does not count against the limits meanwhile. */
export const refusedLingerMs = 1_000;

/**
 * The newest refused keys kept for one friend: more than the new machines that a person sets up in a row. An attacker
 * with ever new keys pushes out others; a key that was pushed out can still be accepted by its full spelling.
 */
export const refusedKeysMax = 8;

/** Connections of one session: one carries messages, one may be crossing it, the others are ending. */
export const linksMax = 8;

/** Connections that are not identified yet: in total, and per address. */
export const arrivalsMax = 512;
export const arrivalsPerAddressMax = 16;

/** Addresses outside the group whose connection attempts are rate-limited one by one. */
export const strangersMax = 4_096;

/** Plaintext and tag of one record: Noise's bound on a message. */
export const recordBytesMax = 65_535;

/** Records under one key, 1 GiB at most: a stolen key does not decrypt records from before its time. */
export const rekeyRecords = 16_384;

/** Records in each direction of one connection: the library's nonces have 32 bits. A thousand a second for 49 days. */
export const recordsMax = 4_294_967_295;

/**
 * Texts in one frame: a write of `writeCharsMax` characters at three bytes each, and one more text of the longest kind.
 */
export const frameTextsBytesMax = 262_144;

/** Body of a frame: a full set of texts, and 4 KiB for the fields before them and for additions of newer versions. */
export const frameBytesMax = 266_240;

/** A name on the wire: `nameLengthMax` characters of at most four bytes. */
export const nameBytesMax = 128;

/** Clients on the local socket at once: a hundred from cron in the same minute, and followers. */
export const clientsMax = 512;

/** Local clients waiting to be accepted. */
export const localBacklog = 1_024;

/** Names of followers in the store: some hundred bytes each, and more than the bots of any user. */
export const followerNamesMax = 1_000;

/** Characters of messages that a follower gets at once; the next ones follow when these are written. */
export const followChars = 262_144;

/**
 * Messages that a follower gets at once: as lines of JSON, one-character texts take a hundred times their size, even
 * unread.
 */
export const followMessages = 2_048;

/**
 * Characters of one read from the store for a follower: even for the shortest texts, only some thousand too many are
 * read.
 */
export const followReadChars = 16_384;

/** Pages for one follower in a turn, so that the other followers get theirs. */
export const followPagesPerTurn = 2;

/** Bytes of one line from a member to a client: `/peers` of a group of a hundred thousand. */
export const memberLineBytesMax = 33_554_432;

/** Delay before a command tries again to reach a member that is starting or ending. */
export const reachRetryMs = 20;

/** How long a command keeps trying: a hundred that start together on a small machine need ten seconds just to start. */
export const reachMs = 30_000;

/** How long `p2p send` waits by default: the longest dial and a handshake. */
export const sendWaitMs = 15_000;

/** How long `p2p flush` waits by default: it may have much to send. */
export const flushWaitMs = 60_000;

/** Time for a member to answer, in addition to the requested waiting time. */
export const answerGraceMs = 5_000;

/** How often a follower checks whether its member runs again. */
export const followRetryMs = 100;

/** Invalid lines of one local client before it is disconnected: it speaks another protocol. */
export const clientFaultsMax = 1_000;

/** Unanswered requests of one local client. */
export const questionsMax = 64;

/** Outcomes of messages with ids that one turn reports for one friend: about 10 ms of work. */
export const outcomesPerTurn = 4_096;

/** How long the steady clock is trusted for expiry by the wall clock, because the wall clock may be set meanwhile. */
export const wallClockTrustMs = 60_000;

/** How long a command may take to become the member; after this it must have been killed. */
export const startClaimMs = 5_000;

/** Conversations in one group file: a close group has a dozen, and each takes a line in every list. */
export const groupLinesMax = 256;

/** An entry's body: with its other fields it fits the texts of a frame, so that every entry fits the least credit granted. */
export const entryBodyBytesMax = 131_072;

/** A signature: ed25519 takes 64 bytes, later kinds may take more. */
export const signatureBytesMax = 256;

/** Guesses at a mistyped name per second: with ten thousand members each costs milliseconds. */
export const hintsPerSecond = 4;

/** Messages of one client that the others are told at once: more than a person follows. */
export const ownToldMax = 256;

/** Sent messages whose ticks an attached terminal follows: far more than the lines it repaints. */
export const followedOutcomesMax = 4_096;

/** How often a chat that finds another member looks whether it may become the member itself. */
export const attachRetryMs = 100;

/** A message that took longer than this was waiting somewhere: a terminal shows when it was written. */
export const lateMs = 60_000;
