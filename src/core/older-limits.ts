// Bounds for the older programs' formats and for the private line, each with the reason for its value.

/** A rendezvous server drops a client after this silence: three pings were missed. */
export const clientSilenceMs = 30_000;

/**
 * Commands of one client within that time, twenty a second. Older programs ping every 10 s and list on a person's
 * request.
 */
export const clientCommandsMax = 600;

/** Refused clients that have not hung up yet; further ones are disconnected at once. */
export const refusedClientsMax = 512;

/** How long a refused client may take to read its refusal. */
export const refusedClientMs = 1_000;

/**
 * The numbered chat sends its next message after an acknowledgement, or after this time if the acknowledgement is lost.
 */
export const numberedAckWaitMs = 300;

/**
 * Time between two writes to an older program of the numbered chat, which reads bytes that arrive together as one
 * message.
 */
export const numberedSpacingMs = 50;

/** An incomplete frame counts as text after this quiet time. */
export const numberedQuietMs = 200;

/** Earlier messages that may still be acknowledged after the next one was sent. */
export const numberedUnseenMax = 64;

/** Bytes that a caller may send before the call is answered: a greeting or two of an impatient program. */
export const ringingBytesMax = 4_096;

/** Acknowledgements queued to be sent one by one; more are sent together. */
export const numberedOwedMax = 64;

/** How long the peer has to close the connection after our `/exit`. */
export const exitLingerMs = 2_000;

/** An outgoing call without an answer ends after this: telephones ring for a minute. */
export const unansweredMs = 60_000;

/**
 * An incoming call is declined after this, because older callers never give up. Longer than the above: our caller ends
 * first.
 */
export const unattendedMs = 70_000;

/** Incoming calls per second, and as a burst, that are shown to the user; further ones are declined at once. */
export const ringsPerSecond = 0.5;
export const ringBurst = 10;

/** How often a rendezvous client pings: three times within the server's silence limit. */
export const pingMs = 10_000;

/** How often a member requests the rendezvous server's list. */
export const presenceMs = 10_000;

/**
 * Addresses dialled in one search for members that are not at their rows' addresses: more than a list of 99 bytes
 * holds.
 */
export const soughtAddressesMax = 12;

/** Delays between searches double from the first to the second value, and start again when the list changes. */
export const seekFirstMs = 10_000;
export const seekMaxMs = 600_000;

/** How long a rendezvous server may take to answer before it is disconnected. */
export const rendezvousAnswerMs = 3_000;

/**
 * How long a caller waits for a private line's banner, including the connect: acceptable to an older program's user.
 */
export const bannerMs = 1_000;

/** Private lines of `p2p says` open at once; further callers get a "busy" refusal. */
export const privateCallsMax = 64;

/** Peers remembered as partners of a private line: some hundred bytes each. */
export const privatePartnersMax = 1_000;

/** Bytes of an incoming tagged message: its programs read 1 KiB, but a piped page must fit. */
export const taggedBytesMax = 65_536;

/** Bytes of an outgoing tagged message: its programs read once, into 1,024 bytes, and need the last for a NUL. */
export const taggedWriteBytesMax = 1_023;

/** Bytes of an incoming says message: one of its programs sends exactly this many, mostly padding. */
export const saysBytesMax = 2_000;

/** Bytes of an outgoing says message and of its text: its programs' buffers, less the NUL at the end. */
export const saysWriteBytesMax = 1_999;
export const saysTextBytesMax = 1_023;

/** Bytes of an incoming named message: its programs read 100,000 bytes at once. */
export const namedBytesMax = 100_000;

/**
 * Bytes of an outgoing named message: it fits one packet on every path, because its programs crash on a partial
 * message.
 */
export const namedWriteBytesMax = 1_200;

/**
 * Time between two named messages: programs that read once per wake-up show only the first of those that arrive
 * together.
 */
export const namedSpacingMs = 50;

/**
 * A message that only its connection's end terminates counts as complete after this: on a LAN a lost packet is resent
 * sooner.
 */
export const taggedQuietMs = 200;
export const saysQuietMs = 100;

/** How long to wait for the peer's FIN after a one-shot message and our FIN: some programs never close theirs. */
export const oneShotLingerMs = 2_000;

/** Characters of a sender name inside a text: older programs' buffers for names are smaller. */
export const senderNameCharsMax = 128;

/** Typed lines that wait while the numbered chat cannot use them, before stdin is paused: those of a quick typist. */
export const typedLinesMax = 256;

/**
 * How long a chat in the clear continues before a private line is tried again: trying takes at most a tenth of the
 * time.
 */
export const clearTrustMs = 10_000;

/** Total time to send piped input after the end of stdin, including some attempts to reach a peer that is starting. */
export const pipedOutMs = 5_000;

/** Peers in a menu's table: up to a thousand may connect. */
export const menuPeersMax = 1_000;

/** Time limit of a one-shot send, because a user waits for it. A lost SYN is resent twice within it. */
export const oneShotMs = 5_000;

/** Time limit of a greeting at the start: no user waits for it, and its addressee is usually not running. */
export const greetingMs = 3_000;

/** One-shot sends in progress at once. */
export const oneShotsMax = 64;

/** Answers that may wait for a one-shot send; a peer that asks more often gets none. */
export const answersWaitingMax = 64;
