// The same for the older systems' programs, ours and theirs, and for the private line between two of ours.

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
