/* One connection per message the classic way: socket, connect, send, close; and select, accept, recv, print.
   It speaks the tagged or the says format between the first two rows of a group file, and refuses everything else. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { message_max = 2048, typed_max = 1 << 16 };

static struct {
  char name[64], host[64];
  struct sockaddr_in address;
} self, other;
static int listener, says, port;

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static void read_row(FILE *file, char *name, char *host, struct sockaddr_in *address) {
  if (fscanf(file, "%63s %63s", name, host) != 2) give_up("row");
  address->sin_family = AF_INET;
  address->sin_port = htons(port);
  if (inet_pton(AF_INET, host, &address->sin_addr) != 1) give_up(host);
}

static void load(const char *name, const char *path) {
  int count;
  FILE *file = fopen(path, "r");
  if (file == NULL || fscanf(file, "%d", &count) != 1 || count != 2) give_up(path);
  read_row(file, self.name, self.host, &self.address);
  read_row(file, other.name, other.host, &other.address);
  fclose(file);
  if (strcmp(self.name, name) == 0) return;
  typeof(self) first;
  memcpy(&first, &self, sizeof first);
  memcpy(&self, &other, sizeof self);
  memcpy(&other, &first, sizeof other);
}

static void open_listener(void) {
  int on = 1;
  listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&self.address, sizeof self.address) < 0) give_up("bind");
  if (listen(listener, 4096) < 0) give_up("listen");
}

/* Dials from our own address, by which the peer knows us. The kernel chooses the port, as in Node. */
static int dial(void) {
  struct sockaddr_in from = self.address;
  int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  from.sin_port = 0;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0) give_up("bind");
  if (connect(fd, (struct sockaddr *)&other.address, sizeof other.address) < 0) give_up("connect");
  return fd;
}

static void say(const char *text, int length) {
  char message[message_max];
  int size = says ? snprintf(message, sizeof message, "%s[PORT:%d] says: %.*s", self.name, port, length, text) + 1
                  : snprintf(message, sizeof message, "%s:%d %s %.*s", self.host, port, self.name, length, text);
  int fd = dial();
  if (send(fd, message, size, MSG_NOSIGNAL) != size) give_up("send");
  close(fd);
}

static void read_typed(void) {
  static char typed[typed_max];
  static size_t held;
  ssize_t got = read(0, typed + held, sizeof typed - held);
  if (got <= 0) exit(0);
  held += got;
  char *start = typed, *end;
  for (; (end = memchr(start, '\n', typed + held - start)) != NULL; start = end + 1) {
    char *slash = memchr(start, '/', end - start);
    if (slash != NULL) say(slash + 1, end - slash - 1);
  }
  held -= start - typed;
  memmove(typed, start, held);
}

static void read_message(void) {
  char message[message_max];
  int size = 0, got, fd = accept(listener, NULL, NULL);
  while ((got = recv(fd, message + size, sizeof message - 1 - size, 0)) > 0) size += got;
  close(fd);
  message[size] = 0;
  char *name = message, *text = strstr(message, says ? " says: " : " ");
  if (text == NULL) return;
  if (says) *strchr(message, '[') = 0, text += 7;
  else name = text + 1, text = strchr(name, ' '), *text++ = 0;
  printf("%s : %s\n", name, text);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  port = atoi(argv[3]);
  says = strcmp(argv[4], "says") == 0;
  load(argv[1], argv[2]);
  open_listener();
  printf("You can now send and receive messages.\n");
  fflush(stdout);
  for (;;) {
    fd_set ready;
    FD_ZERO(&ready);
    FD_SET(listener, &ready);
    FD_SET(0, &ready);
    if (select(listener + 1, &ready, NULL, NULL, NULL) < 0) give_up("select");
    if (FD_ISSET(listener, &ready)) read_message();
    if (FD_ISSET(0, &ready)) read_typed();
  }
}
