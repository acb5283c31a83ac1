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

/** Chunks that one connection may have waiting for a turn, of 64 KiB each: what `turnCharsMax` may bring at once. */
export const postedChunksMax = 8;

/** Characters that may wait for the reader of stdout before messages stop coming in: the next write is ready when it is. */
export const screenHighWater = 262_144;

/** Characters of notices that may wait for a reader of stdout who has stopped reading; the rest is counted. */
export const screenCharsMax = 1_048_576;

/** Characters of log that may wait for a reader of standard error who has stopped reading; further lines are counted. */
export const logCharsMax = 1_048_576;

/** Our own last lines whose ticks change in place: what one types in a row before looking up. Between two bells: a burst rings once. */
export const [ownLinesLiveMax, bellPauseMs] = [8, 1_000];

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

/** How long to wait after the store refused before it is tried again, and how long its trouble is remembered. */
export const [storeRetryMs, storeTroubleMs] = [1_000, 60_000];

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

/** A rendezvous server drops a client that has said nothing for this long: three of its pings did not come. */
export const clientSilenceMs = 30_000;

/** Commands of one client within that time. Older programs ping every 10 s and list when a person asks; this is twenty a second. */
export const clientCommandsMax = 600;

/** Callers who were told that there is no room for them, and have not hung up yet: further ones are cut off. */
export const turnedAwayMax = 512;

/** How long they have to read it. */
export const turnedAwayMs = 1_000;

/** The numbered chat's next message goes out when the last one was acknowledged, or after this: an acknowledgement may be lost. */
export const numberedAckWaitMs = 300;

/** Between two writes to an older program of the numbered chat: what arrives together it takes for one. */
export const numberedSpacingMs = 50;

/** The beginning of a frame whose rest does not follow within this counts as text. */
export const numberedQuietMs = 200;

/** Messages whose acknowledgement may still come late, after the next one went out. */
export const numberedUnseenMax = 64;

/** Bytes that a caller may send before his call was answered: a greeting or two of an impatient program. */
export const ringingBytesMax = 4_096;

/** Acknowledgements that wait to go out one by one; more go together. */
export const numberedOwedMax = 64;

/** After our `/exit`: how long the other side has to hang up as well. */
export const exitLingerMs = 2_000;

/** A call that nobody answers ends after this: a minute is as long as telephones ring. */
export const unansweredMs = 60_000;

/** An older program's caller never gives up: after this the answer is no. Longer, so that two of ours agree on who ended it. */
export const unattendedMs = 70_000;

/** Calls that ring per second, and at once; to the rest the answer is no, without asking anybody. */
export const ringsPerSecond = 0.5;
export const ringBurst = 10;

/** A client of a rendezvous server pings this often: three pings fit into what the server takes for silence. */
export const pingMs = 10_000;

/** A member asks a rendezvous server this often who is there. */
export const presenceMs = 10_000;

/** Addresses at which one try looks for members who are not where their rows say: more than a list of 99 bytes holds. */
export const soughtAddressesMax = 12;

/** Tries to find them double from the first to the second number, and begin anew when the list changes. */
export const seekFirstMs = 10_000;
export const seekMaxMs = 600_000;

/** A rendezvous server that owes an answer for longer than this is given up. */
export const rendezvousAnswerMs = 3_000;

/** A caller waits this long for a private line's banner, the connect included: what an older program's user would put up with. */
export const bannerMs = 1_000;

/** Others with whom a private line is kept at once; more are told to come again. */
export const privateCallsMax = 64;

/** Others of whom it is remembered that there was a private line: some hundred bytes each. */
export const privatePartnersMax = 1_000;

/** Silence after which a private line closes; the next message opens it again. As in the chat. */
export const privateIdleMs = 120_000;
/** Of a tagged message that is gathered: one read of its programs is 1 KiB, and a page that somebody pipes in fits. */
export const taggedBytesMax = 65_536;

/** Of a tagged message that we send: its programs read once, into 1,024 bytes, and need the last for a NUL. */
export const taggedWriteBytesMax = 1_023;

/** Of a says message that is shown: a sibling program sends exactly as many, mostly padding. */
export const saysBytesMax = 2_000;

/** Of a says message that we send, and of its text: its programs' buffers, less the NUL that ends them. */
export const saysWriteBytesMax = 1_999;
export const saysTextBytesMax = 1_023;

/** Of a named message: its programs read 100,000 bytes at once. */
export const namedBytesMax = 100_000;

/** Of a named message that we send: it fits one packet on every path, for its programs crash on the second half of one. */
export const namedWriteBytesMax = 1_200;

/** Between two named messages: programs that read once per wake-up show the first of what arrives together. */
export const namedSpacingMs = 50;

/** A message that nothing ends but its connection counts as whole after this: a lost packet is repeated sooner on a local network. */
export const taggedQuietMs = 200;
export const saysQuietMs = 100;

/** After the FIN that ends our only message on a connection: some programs never close theirs. */
export const oneShotLingerMs = 2_000;

/** Characters of a name that a text says it is from: older programs' buffers for one are smaller. */
export const senderNameCharsMax = 128;

/** Lines that wait until the numbered chat can mean them, before stdin is read no further: those of one quick typist. */
export const typedLinesMax = 256;

/** For so long a chat in the clear goes on without asking for a private line again: at worst a tenth of the time is spent asking. */
export const clearTrustMs = 10_000;

/** At the end of stdin: the whole time for what was piped in, some tries to reach a peer that is just starting among it. */
export const pipedOutMs = 5_000;

/** Peers in a menu's table: the assignment expects up to a thousand to knock. */
export const menuPeersMax = 1_000;

/** How long one message on a connection of its own may take: a user waits for it. A lost SYN is repeated twice within it. */
export const errandMs = 5_000;

/** The same for greetings at the start, which nobody waits for and whose addressees are usually not there. */
export const greetingMs = 3_000;

/** Messages on connections of their own that are under way at once. */
export const errandsMax = 64;

/** Answers that may wait for those: who asks more often than they can go out gets none. */
export const answersWaitingMax = 64;

/** Programs on this machine that speak to a member at once: a hundred from cron at the same minute, and followers. */
export const clientsMax = 512;

/** The same that may wait to be accepted. */
export const localBacklog = 1_024;

/** Names to follow under: some hundred bytes each, and nobody has that many bots. */
export const readersMax = 1_000;

/** Characters of messages that a follower is given at once; the next come when these are written. */
export const followChars = 262_144;

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
