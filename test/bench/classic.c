/* The seed's program in its classic form: one select() loop, one send() per message, one printf() per line.
   It loses no message between two live ends; it refuses IPv6, attributes and more peers than select() has bits.
   With --batch it makes one send() per peer and one fwrite() per turn: the upper bound of this design. */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { peers_max = 1000, buffer_size = 1 << 17, read_size = 1 << 16, idle_seconds = 120 };

struct buffer {
  size_t length;
  char bytes[buffer_size];
};

struct peer {
  char name[64];
  struct sockaddr_in address;
  int socket;
  time_t last;
  struct buffer *in, *out;
};

static struct peer peers[peers_max];
static int peer_count, listener, batching, stdin_open = 1;
static struct peer *self;
static struct buffer typed, screen;

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static struct buffer *new_buffer(void) {
  struct buffer *buffer = calloc(1, sizeof *buffer);
  if (buffer == NULL) give_up("calloc");
  return buffer;
}

static void load_peers(const char *path, int port) {
  char address[64];
  FILE *file = fopen(path, "r");
  if (file == NULL || fscanf(file, "%d", &peer_count) != 1 || peer_count > peers_max) give_up(path);
  for (int i = 0; i < peer_count; i++) {
    struct peer *peer = &peers[i];
    if (fscanf(file, "%63s %63s", peer->name, address) != 2) give_up(path);
    peer->address.sin_family = AF_INET;
    peer->address.sin_port = htons(port);
    if (inet_pton(AF_INET, address, &peer->address.sin_addr) != 1) give_up(address);
    peer->socket = -1;
    peer->in = new_buffer();
    peer->out = new_buffer();
  }
  fclose(file);
}

static struct peer *peer_by_name(const char *name, size_t length) {
  for (int i = 0; i < peer_count; i++)
    if (strlen(peers[i].name) == length && memcmp(peers[i].name, name, length) == 0) return &peers[i];
  return NULL;
}

static struct peer *peer_by_address(struct in_addr address) {
  for (int i = 0; i < peer_count; i++)
    if (peers[i].address.sin_addr.s_addr == address.s_addr) return &peers[i];
  return NULL;
}

static void greet(int port) {
  char address[64];
  printf("P2P Server Running at port: %d\n\nNumber of peers : %d\n", port, peer_count);
  for (int i = 0; i < peer_count; i++) {
    inet_ntop(AF_INET, &peers[i].address.sin_addr, address, sizeof address);
    printf("Peer #%d, Name : %s, IP : %s\n", i + 1, peers[i].name, address);
  }
  printf("\nYou can now send and receive messages.\n");
}

static void open_listener(void) {
  int on = 1;
  listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&self->address, sizeof self->address) < 0) give_up("bind");
  if (listen(listener, 128) < 0) give_up("listen");
}

/* Nagle's algorithm is off, as in all these programs: one-way traffic would wait for delayed acknowledgements. */
static void adopt(struct peer *peer, int socket) {
  int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (peer->socket >= 0) close(peer->socket);
  peer->socket = socket;
  peer->in->length = 0;
  peer->last = time(NULL);
}

static void forget(struct peer *peer) {
  close(peer->socket);
  peer->socket = -1;
}

/* Dials from our own address, by which the peer knows us. */
static int dial(struct peer *peer) {
  struct sockaddr_in from = self->address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  from.sin_port = 0;
  if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0) give_up("bind");
  if (connect(fd, (struct sockaddr *)&peer->address, sizeof peer->address) < 0) {
    close(fd);
    return 0;
  }
  adopt(peer, fd);
  return 1;
}

/* Blocks while the peer is slow, as the seed does. */
static void send_all(struct peer *peer, const char *bytes, size_t length) {
  if (peer->socket < 0 && !dial(peer)) {
    printf("Can't connect to peer : %s\n", peer->name);
    return;
  }
  while (length > 0) {
    ssize_t sent = send(peer->socket, bytes, length, MSG_NOSIGNAL);
    if (sent < 0) {
      printf("Can't send message to peer : %s\n", peer->name);
      forget(peer);
      return;
    }
    bytes += sent;
    length -= sent;
  }
  peer->last = time(NULL);
}

static void send_batch(struct peer *peer) {
  if (peer->out->length > 0) send_all(peer, peer->out->bytes, peer->out->length);
  peer->out->length = 0;
}

/* The data for a peer in one turn never exceeds one read of stdin, so it fits. */
static void queue(struct peer *peer, const char *bytes, size_t length) {
  memcpy(peer->out->bytes + peer->out->length, bytes, length);
  peer->out->length += length;
}

/* `line` ends with an LF. */
static void obey(const char *line, size_t length) {
  const char *slash = memchr(line, '/', length);
  struct peer *peer = slash == NULL ? NULL : peer_by_name(line, slash - line);
  if (length == 1) return;
  if (slash == NULL) {
    printf("Message format : peer_name/msg\n");
  } else if (peer == NULL) {
    printf("Unknown peer name : %.*s\n", (int)(slash - line), line);
  } else if (batching) {
    queue(peer, slash + 1, line + length - slash - 1);
  } else {
    send_all(peer, slash + 1, line + length - slash - 1);
  }
}

/* One printf() per message; with --batch, lines are collected, and a full buffer is written early. */
static void show(const struct peer *peer, const char *line, size_t length) {
  if (!batching) {
    printf("%s : %.*s", peer->name, (int)length, line);
    return;
  }
  size_t name = strlen(peer->name);
  if (screen.length + name + 3 + length > buffer_size) {
    fwrite(screen.bytes, 1, screen.length, stdout);
    screen.length = 0;
  }
  char *end = screen.bytes + screen.length;
  memcpy(end, peer->name, name);
  memcpy(end + name, " : ", 3);
  memcpy(end + name + 3, line, length);
  screen.length += name + 3 + length;
}

/* Passes on whole lines and keeps the rest. A line that fills half the buffer is split in two. */
static void take_lines(struct buffer *buffer, struct peer *from) {
  char *at = buffer->bytes, *end = at + buffer->length, *feed;
  if (buffer->length >= read_size && memchr(at, '\n', buffer->length) == NULL) *end++ = '\n';
  while ((feed = memchr(at, '\n', end - at)) != NULL) {
    size_t length = feed + 1 - at;
    if (from == NULL) obey(at, length);
    else show(from, at, length);
    at = feed + 1;
  }
  buffer->length = end - at;
  memmove(buffer->bytes, at, buffer->length);
}

static ssize_t fill(int fd, struct buffer *buffer) {
  ssize_t got = read(fd, buffer->bytes + buffer->length, read_size);
  if (got > 0) buffer->length += got;
  return got;
}

static void hear_stdin(void) {
  stdin_open = fill(0, &typed) > 0;
  take_lines(&typed, NULL);
  for (int i = 0; i < peer_count; i++) send_batch(&peers[i]);
}

static void hear_peer(struct peer *peer) {
  if (fill(peer->socket, peer->in) <= 0) {
    forget(peer);
    return;
  }
  peer->last = time(NULL);
  take_lines(peer->in, peer);
}

static void hear_listener(void) {
  struct sockaddr_in from;
  socklen_t size = sizeof from;
  int fd = accept(listener, (struct sockaddr *)&from, &size);
  struct peer *peer = fd < 0 ? NULL : peer_by_address(from.sin_addr);
  if (fd < 0) return;
  if (peer != NULL) {
    adopt(peer, fd);
    return;
  }
  printf("Unknown host trying to connect. Not in peer list!\n");
  close(fd);
}

static void close_idle(void) {
  time_t now = time(NULL);
  for (int i = 0; i < peer_count; i++) {
    if (peers[i].socket < 0 || now - peers[i].last < idle_seconds) continue;
    printf("Connection with %s timed out\n", peers[i].name);
    forget(&peers[i]);
  }
}

static int watch(fd_set *set) {
  int highest = listener;
  FD_ZERO(set);
  FD_SET(listener, set);
  if (stdin_open) FD_SET(0, set);
  for (int i = 0; i < peer_count; i++) {
    if (peers[i].socket < 0) continue;
    FD_SET(peers[i].socket, set);
    if (peers[i].socket > highest) highest = peers[i].socket;
  }
  return highest + 1;
}

/* Listener, stdin, client sockets: in the order of the seeds. The screen is flushed before select() sleeps. */
static void turn(void) {
  fd_set set;
  struct timeval second = {1, 0};
  int count = watch(&set);
  if (select(count, &set, NULL, NULL, &second) < 0) give_up("select");
  if (FD_ISSET(listener, &set)) hear_listener();
  if (stdin_open && FD_ISSET(0, &set)) hear_stdin();
  for (int i = 0; i < peer_count; i++)
    if (peers[i].socket >= 0 && FD_ISSET(peers[i].socket, &set)) hear_peer(&peers[i]);
  close_idle();
  if (screen.length > 0) fwrite(screen.bytes, 1, screen.length, stdout);
  screen.length = 0;
  fflush(stdout);
}

int main(int argc, char **argv) {
  batching = argc == 5 && strcmp(argv[4], "--batch") == 0;
  if (argc < 4 || (argc > 4 && !batching)) {
    fprintf(stderr, "usage: classic NAME PEERS PORT [--batch]\n");
    return 2;
  }
  load_peers(argv[2], atoi(argv[3]));
  self = peer_by_name(argv[1], strlen(argv[1]));
  if (self == NULL) give_up(argv[1]);
  open_listener();
  greet(atoi(argv[3]));
  fflush(stdout);
  for (;;) turn();
}
