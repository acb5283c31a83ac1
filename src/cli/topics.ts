// `p2p help TOPIC`: what one wants to look up and no option tells. At most a screen each.

const topics = {
  "group-file": `The group file, ./peer_details.txt or --peers FILE, holds the number of members, then a row for each:

  3
  Alice   10.1.1.0
  Bob     10.1.2.0:7001      # a port of his own
  Martha  10.1.3.0  idle=30  # closes after 30 s of silence

A name is 1 to 32 letters, digits, ".", "_" or "-". An address is an IP address or, in a secure row, a host name,
with a port where it is not the usual one. Behind it: dialect=NAME (p2p help dialects), key=DIGITS, the only key
that is accepted from this member (p2p help trust), idle=SECONDS, idle=never or idle=detach.

Everybody has the same file. Who you are is the row whose address this machine holds; --name NAME says it.
On one machine: --name Alice --loopback in one terminal, --name Bob --loopback in another.
A running member without a terminal reads the file again on SIGHUP.`,

  dialects: `dialect=NAME in a row, or --dialect NAME for all rows that name none:

  secure   this program: encrypted, proven by keys, delivered for certain
  line     text and a line feed; the address says who speaks; idle=detach where the program hangs at a close
  named    sender/text; write idle=never, for those programs crash when a connection ends
  tagged   ip:port team text, a connection for each message
  says     name[PORT:n] says: text, a connection for each message

All but secure are for older programs: in the clear, nothing is proven, and "sent" is the most that you are told.`,

  trust: `Each member has a secret key, made at the first start. The first key that is seen under a friend's name is
remembered; another one under that name is refused from then on, on both screens.

To be sure that the first key was the friend's, compare: in the chat, /verify Bob on your side and /verify with
your name on Bob's show the same two fingerprints. Read them to each other by phone; /verify Bob yes confirms.

When Bob has a new machine, its key is refused. Ask him to read out his fingerprint (/key); if it is the one that was
refused, /trust Bob in the chat or p2p trust Bob accepts it.

Before the first talk: p2p key prints key=DIGITS for your row in your friends' group files; a row with key= accepts
that key alone. --require-verified talks with nobody whose key was only learned by first use.`,

  scripting: `Without a terminal there is no prompt: lines go in as Bob/hello and come out as "Bob : hello".

  echo Bob/hello | p2p --drain 10s   ends when it is known what became of it; the exit code tells:
                                     0 all sent or delivered, 4 a key is not trusted, 69 something failed, 75 waiting
  p2p --json                         one JSON object per line, in and out
  p2p --expire 10s                   what was not sent within this time is not sent any more
  p2p history --json --since 2h      what was said
  p2p </dev/null >chat.txt &         listens in the background

With a running member, over its socket; the first and the last also without one:
  p2p send Bob the backup is done    waits until Bob has it; the exit code tells
  p2p follow --json --as bot         what arrives, from where the last run ended
  p2p status, p2p peers              whether it runs; who is connected, what waits
  p2p why Bob                        why nothing arrives, and what to do
  p2p cancel Bob --all               takes back what was not sent yet
  p2p flush                          sends what waits to everybody who can be reached`,
} as const;

export type Topic = keyof typeof topics;

export const topicNames = Object.keys(topics) as readonly Topic[];

export const topicText = (topic: Topic): string => topics[topic];
