// Texts of `p2p help TOPIC`, each at most a screen long.

const topics = {
  "group-file": `The group file, ./peer_details.txt or --peers FILE, holds the number of members, then a row for each:

  3
  Alice   10.1.1.0
  Bob     10.1.2.0:7001      # his own port
  Martha  10.1.3.0  idle=30  # closes after 30 s of silence

A name has 1 to 32 letters, digits, ".", "_" or "-". An address is an IP address or, in a secure row, a host name.
Add :PORT if the port is not 6969. Options follow the address: dialect=NAME (p2p help dialects); key=DIGITS, the only
key to accept from this member (p2p help trust); idle=SECONDS, idle=never or idle=detach.

After the last row, a line such as "group plans Alice Bob" names a conversation. This version reads such lines, and the
options files, files-max, quota, find and relay, but does nothing with them yet; the start says so.

All members use the same file. Your row is the one with an address of this machine; --name NAME chooses it instead.
On one machine: --name Alice --loopback in one terminal, --name Bob --loopback in another. If you are in two groups
(--group) on one address, each needs a port of its own: :PORT in your rows, or --port.
A running member without a terminal reads the file again on SIGHUP.`,

  dialects: `A dialect is a wire format. dialect=NAME sets it for a row, --dialect NAME for all rows without one:

  secure   this program: encrypted, friends proven by their keys, delivery confirmed
  line     text and a line feed; the IP address identifies the sender; add idle=detach if the program hangs at a close
  named    sender/text; add idle=never, because those programs crash when a connection ends
  tagged   ip:port team text, one connection per message
  says     name[PORT:n] says: text, one connection per message

All but secure are for older programs: no encryption, no proof of who sends, and no report beyond "sent".`,

  trust: `Each member has a secret key, created at the first start. The program remembers the first key of each friend and refuses
any other key under that name. Both screens report a refused key.

To check that the first key is really your friend's, compare fingerprints: type /verify Bob in your chat while Bob types
/verify and your name. Both screens show the same two fingerprints. Read them out by phone, then type /verify Bob yes.

If Bob has a new machine, its key is refused. Ask him to read out his fingerprint (/key). If it is the refused one,
accept it with /trust Bob in the chat, or with p2p trust Bob.

To give out your key before the first chat: p2p key prints key=DIGITS for your row in your friends' group files. Only
that key is accepted from a row with key=. --require-verified does not talk to friends whose key was only remembered
at first use.`,

  scripting: `Without a terminal there is no prompt. Input lines look like Bob/hello, output lines like "Bob : hello".

  echo Bob/hello | p2p --drain 10s   waits for the outcome, at most 10 s, then exits. Exit codes:
                                     0 all sent or delivered, 4 a key is not trusted, 69 one failed, 75 a message waits
  p2p --json                         one JSON object per line, in and out
  p2p --expire 10s                   drops messages that could not be sent within 10 s
  p2p history --json --since 2h      messages of the last two hours
  p2p </dev/null >chat.txt &         listens in the background; ends with 75 if the member already runs

Beside a running member of the same name and group, p2p with a terminal, a pipe or a file becomes its client: the same
lines and commands. /quit leaves the member running; p2p stop ends it.

These talk to the running member over its socket. p2p send and p2p flush also work without one:
  p2p send Bob the backup is done    waits until Bob has it; the exit code gives the outcome
  p2p follow --json --as bot         prints messages as they arrive, and continues after the last run
  p2p status, p2p peers              whether the member runs; who is connected, how many messages wait
  p2p why Bob                        why messages do not reach Bob, and what to do
  p2p cancel Bob --all               cancels messages that were not sent yet; p2p cancel 12 the one with that number
  p2p flush                          sends waiting messages to all friends who can be reached`,
} as const;

export type Topic = keyof typeof topics;

export const topicNames = Object.keys(topics) as readonly Topic[];

export const topicText = (topic: Topic): string => topics[topic];
