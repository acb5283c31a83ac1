// Every bound of the program, each with the reason for its number.

/** A text longer than this is a mistake or an attack; a pasted page fits 30 times over. */
export const lineBytesMax = 65_536;

/** Of one line of JSON: a message in which every character is escaped, and a page of names to send it to. */
export const jsonLineBytesMax = 524_288;

/** What a caller calls a message: it comes back with each thing that is told of it, and is stored with it. */
export const idCharsMax = 128;

/** Outcomes that are spelled out at once: a write's worth, whatever number of messages ended together. */
export const outcomesAtOnce = 512;

/** A name is at most 32 characters of 4 bytes; this leaves room for spaces around it. */
export const friendPrefixBytesMax = 256;

/** Code points in a name: fits a terminal column and every label that older programs keep. */
export const nameLengthMax = 32;

/** A group file of a hundred thousand friends is 4 MiB. Anything far larger is the wrong file. */
export const tableBytesMax = 16_777_216;

/** How long a pipe may take to hand over the group file: a program that makes one has it ready by then. */
export const tableReadMs = 5_000;

/** Rows that an error lists before it says "and N more". */
export const listedRowsMax = 20;

/** Characters of foreign text that an error message or a log line repeats. */
export const excerptLengthMax = 80;

/** An unended line counts as whole after this: older programs forget the line feed, and a lost packet is repeated sooner. */
export const unendedQuietMs = 2_000;

/** A line that has begun must end within this, however its bytes drip; no keyboard program needs it. */
export const unfinishedLineMs = 30_000;

/** How long a connect may take. TCP repeats its SYN after 1, 3 and 7 s; past that nobody is there. */
export const dialMs = 10_000;

/** Two dials that cross resolve within a round trip; a second covers any network one would chat on. */
export const crossingMs = 1_000;

/** How long a newer connection's bytes wait for an older one that is draining: order before haste. */
export const holdMs = 2_000;

/** After our FIN: how long the other side may go on before we drop the connection. */
export const lingerMs = 10_000;

/** A friend who takes nothing for this long no longer holds up the keyboard. */
export const stallMs = 1_000;

/** Retry delays double from the first to the second number. A friend's laptop wakes up within half a minute. */
export const backoffFirstMs = 500;
export const backoffMaxMs = 30_000;

/** A new line for an unreachable friend brings the next dial this near. */
export const hastenedRetryMs = 1_000;

/** Dials to one friend per second, and at once, whatever he says before each end: networks break, but not for ever this often. */
export const dialsPerSecond = 2;
export const dialBurst = 32;

/** On SIGTERM, `/quit` and hang-up: the whole time for draining, before what is left is dropped and named. */
export const shutdownMs = 2_000;

/** Messages and characters waiting for one friend in memory. 16 Mi characters are at most 32 MiB of memory. */
export const queueMessagesMax = 100_000;
export const queueCharsMax = 16_777_216;

/** Above this many queued characters, a friend who is taking them pauses the keyboard. */
export const queueHighWater = 262_144;

/** Characters in one write: what stdin hands over at once, so that a busy pipe's chunks are passed on without joining them. */
export const writeCharsMax = 65_536;

/** Connections in all: below the usual hard limit on open files. */
export const connectionsMax = 16_384;

/** Connections that the kernel has made and we have not accepted yet: with Node's 511 it resets hundreds of a burst of 3,000. */
export const listenBacklog = 4_096;

/** Connections with one address: older programs forget theirs and dial again, but never this often in a day. */
export const connectionsPerAddressMax = 32;

/** The same where each message may come on a connection of its own, and older programs leave silent ones behind. */
export const callersPerAddressMax = 256;

/** Silent for this long, such a connection gives up its place; what it said before that we have read by then. */
export const callerSilenceMs = 5_000;

/** Such connections with one address however much they talk: a burst of a thousand messages fits several times. */
export const talkersPerAddressMax = 4_096;

/** Accepted connections per second and address, or proven friend, and how many may come at once before that counts. */
export const acceptsPerSecond = 20;
export const acceptBurst = 64;

/** Log lines about refused connections per second, and at once; the rest is counted. */
export const refusalLogLinesPerSecond = 1;
export const refusalLogLineBurst = 20;

/** Refusals that are not told a second time; then all are forgotten: who makes up new names pays with the rate of notices. */
export const toldRefusalsMax = 256;

/** `Unknown host …` lines per second on the screen, and at once; the rest is counted. */
export const unknownHostNoticesPerSecond = 1;
export const unknownHostNoticeBurst = 20;

/**
 * Tasks that one turn takes from each source before the timers and the screen get theirs. A chunk of empty lines
 * grows by a name for each on its way to the screen: 36-fold with the longest Latin name, 72-fold in most other scripts,
 * 136-fold at worst. A turn of nothing else, 2 MiB, then makes 285 MB for a moment; ordinary lines hardly grow.
 */
export const turnTasksMax = 32;

/** A screen shows sixty frames a second: where a person looks on, what arrives more often than that comes together. */
export const frameMs = 1_000 / 60;

/** Turns that arrivals get before they wait for a frame: a chat among people, and a connection's beginning, wait for nothing. */
export const turnsAtOnce = 16;

/** Chunks that one connection may have waiting for a turn, of 64 KiB each: what `turnCharsMax` may bring at once. */
export const postedChunksMax = 8;

/** Characters that may wait for the reader of stdout before messages stop coming in: the next write is ready when it is. */
export const screenHighWater = 262_144;

/** Characters of notices that may wait for a reader of stdout who has stopped reading; the rest is counted. */
export const screenCharsMax = 1_048_576;

/** Characters of log that may wait for a reader of standard error who has stopped reading; further lines are counted. */
export const logCharsMax = 1_048_576;

/** Our own last lines whose ticks change in place: what one types in a row before looking up. */
export const ownLinesLiveMax = 8;

/** Between two bells: a burst rings once. */
export const bellPauseMs = 1_000;

/** From one Ctrl-C to the next that ends the program: who presses it twice on purpose takes no longer. */
export const interruptPauseMs = 2_000;

/** Lines that the arrow keys bring back, also from earlier runs: months of talk. Characters of one paste: a long page, and more. */
export const typedLinesKept = 1_000;
export const pasteCharsMax = 1_048_576;

/** Unknown names per turn that get a hint: with ten thousand members each costs milliseconds. */
export const hintsPerTurnMax = 4;

/**
 * Bytes of texts that a friend may send beyond what was shown: what one friend costs while the screen stands still. Some
 * turns' worth, so that he need not wait for the screen's reader, and each commit holds much.
 */
export const windowBytes = 4_194_304;

/** Characters that a friend may leave unacknowledged, however much credit he grants. */
export const flightCharsMax = 4_194_304;

/** Characters of waiting messages that are kept at hand for a friend who is taking them; the rest stays in the store. */
export const readAheadChars = 1_048_576;

/** Characters that one turn sends to one friend: enough that the disk's answer to its commit is worth the wait. */
export const turnCharsMax = 524_288;

/** Messages that may wait for one friend in a store on disk. A year of one a second is three times as many. */
export const storedMessagesMax = 10_000_000;

/** Sent, and not a byte back for this long: the connection swallows what it is given. */
export const answerMs = 10_000;

/** A receiver who is still reading a long frame says so this often. */
export const ackRepeatMs = 3_000;

/** How soon what was shown is noted in the store when nothing else is. */
export const shownNoteMs = 50;

/** Nothing was stored for this long: time to make what was stored searchable, a slice of some milliseconds at a time. */
export const indexQuietMs = 3_000;
export const indexPauseMs = 20;
export const indexRoom = { messages: 1_000, chars: 262_144 };

/** What `/history` shows, and how far back it looks: about a second's work at most, for the talk stands still meanwhile. */
export const historyShownMax = 20;
export const historyDepth = 200_000;

/** Tries to reach a friend that are remembered, for who asks why nothing arrives. */
export const attemptsKept = 5;

/** How long the kernel's view of connections is good for: reading it takes some milliseconds. */
export const kernelViewMs = 500;

/** How long to wait after the store refused before it is tried again. */
export const storeRetryMs = 1_000;

/** How long its trouble is remembered for who asks why nothing goes out. */
export const storeTroubleMs = 60_000;

/** The first byte of a connection from an address that has no clear row must come within this. */
export const firstByteMs = 3_000;

/** A connection from an address with a clear row that says nothing for this long is taken for a silent clear one. */
export const sniffMs = 1_000;

/** A handshake and its greeting, however the bytes drip: five round trips of a second each. */
export const handshakeMs = 5_000;

/** How long a refusal may take to arrive. Who was refused keeps no place meanwhile. */
export const refusedLingerMs = 1_000;

/**
 * Refused keys that are kept for one friend, the newest: more new machines in a row than anybody sets up. Who shows ever
 * new ones pushes out others, and a key that was pushed out can still be named whole.
 */
export const refusedKeysMax = 8;

/** Connections under one session: one carries, one may cross it, the others are ending. */
export const linksMax = 8;

/** Connections of strangers of whom nobody knows yet whose they are: in all, and per address. */
export const arrivalsMax = 512;
export const arrivalsPerAddressMax = 16;

/** Addresses whose knocking is remembered, besides those of the group. */
export const strangersMax = 4_096;

/** Plaintext and tag of one record: Noise's own bound on a message. */
export const recordBytesMax = 65_535;

/** Records under one key, 1 GiB at most: whoever gets hold of the key in use reads nothing from before it. */
export const rekeyRecords = 16_384;

/** Records that one connection carries each way: the library counts its nonces in 32 bits. A thousand a second for 49 days. */
export const recordsMax = 4_294_967_295;

/** Texts in one frame: a write of `writeCharsMax` characters at three bytes each, and one more text of the longest kind. */
export const frameTextsBytesMax = 262_144;

/** Body of a frame: full texts, and 4 KiB for what stands before them and for what newer versions add. */
export const frameBytesMax = 266_240;

/** A name on the wire: `nameLengthMax` characters of at most four bytes. */
export const nameBytesMax = 128;

/** Programs on this machine that speak to a member at once: a hundred from cron at the same minute, and followers. */
export const clientsMax = 512;

/** The same that may wait to be accepted. */
export const localBacklog = 1_024;

/** Names to follow under: some hundred bytes each, and nobody has that many bots. */
export const readersMax = 1_000;

/** Characters of messages that a follower is given at once; the next come when these are written. */
export const followChars = 262_144;

/** And messages: as lines of JSON, texts of one character take a hundred times their room, for followers that never read too. */
export const followMessages = 2_048;

/** Characters of one read for that: of the shortest texts it brings some thousand more than are told, not a hundred thousand. */
export const followReadChars = 16_384;

/** Pages of one follower in a turn: the others are waiting. */
export const followPagesPerTurn = 2;

/** Of one line that a member says to a program: `/peers` of a group of a hundred thousand. */
export const memberLineBytesMax = 33_554_432;

/** How soon a command tries again to reach a member that is just starting or ending. */
export const reachAgainMs = 20;

/** How long it goes on trying: a hundred that start at once on a small machine need ten seconds for their starts alone. */
export const reachMs = 30_000;

/** How long `p2p send` waits when it is not told: one dial, at its longest, and a handshake. */
export const sendWaitMs = 15_000;

/** The same for `p2p flush`, which may have much to send. */
export const flushWaitMs = 60_000;

/** What a member may take to answer, beyond what it was asked to wait. */
export const answerGraceMs = 5_000;

/** How often a program that follows looks whether its member runs again. */
export const followAgainMs = 100;

/** Lines of one program on the local socket that are not understood: then it speaks another language, and is hung up on. */
export const clientFaultsMax = 1_000;

/** Questions of one program that wait for their answers. */
export const questionsMax = 64;

/** Outcomes of messages with names that one turn tells of one friend: about 10 ms of work. */
export const outcomesPerTurn = 4_096;

/** How long the program may rely on its steady clock for what expires by the wall clock, which may be set meanwhile. */
export const wallClockTrustMs = 60_000;

/** A command that is about to become the member has done so by then, or was killed. */
export const startClaimMs = 5_000;

/** Conversations that one group file may name: a close group has a dozen, and each costs a line of every list. */
export const groupLinesMax = 256;
