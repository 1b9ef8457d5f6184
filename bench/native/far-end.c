/*
 * The model vendor of the benchmarks: `far-end PORT FOLDER`. One thread, epoll, answers from files made beforehand, so
 * that it costs a fraction of what is measured.
 *
 * The path chooses the protocol, words in the body the answer: "stream":true, "bench-tools", "bench-long", "bench-error" (a refusal),
 * "bench-cut" (half a stream, then a broken connection) and "bench-paced-<gap ms>x<events>". FOLDER holds
 * <protocol>.<content>.<whole|stream> and, for paced streams, <protocol>.paced.<head|event|tail>.
 * `GET /requests` says how many requests were answered.
 */
#define _GNU_SOURCE
#include "wire.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

struct bytes { char *data; size_t length; };

enum { TEXT, TOOLS, LONG, CONTENTS };
static const char *const CONTENT_NAMES[] = {"text", "tools", "long"};

struct protocol {
  const char *name, *path;
  struct bytes whole[CONTENTS], stream[CONTENTS], head, event, tail;
  size_t stamp;
};

static struct protocol protocols[] = {{.name = "anthropic", .path = "/messages"}, {.name = "chat", .path = "/chat/completions"}};
static struct bytes models, refusal, unknown;
static uint64_t requests;

struct connection {
  int fd;
  char *in;
  size_t used, size;
  /* What the socket did not take yet. */
  char *out;
  size_t out_length, out_at;
  /* A paced stream under way, in the list of its gap. */
  const struct protocol *pacing;
  int events_left, event;
  uint64_t due;
  struct pace *pace;
  struct connection *before, *behind;
};

/* Streams with one gap are always due in the order in which they stand: a list is enough. */
struct pace { uint64_t gap; struct connection *first, *last; };
static struct pace paces[8];
static int pace_count, epoll, timer;

static struct bytes load(const char *folder, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  struct bytes file;
  file.data = read_whole(path, &file.length);
  if (file.data == NULL) fail(path);
  return file;
}

static void load_all(const char *folder) {
  char name[64];
  for (size_t index = 0; index < 2; index++) {
    struct protocol *protocol = &protocols[index];
    for (int content = 0; content < CONTENTS; content++) {
      snprintf(name, sizeof name, "%s.%s.whole", protocol->name, CONTENT_NAMES[content]);
      protocol->whole[content] = load(folder, name);
      snprintf(name, sizeof name, "%s.%s.stream", protocol->name, CONTENT_NAMES[content]);
      protocol->stream[content] = load(folder, name);
    }
    struct { const char *name; struct bytes *to; } parts[] = {
        {"head", &protocol->head}, {"event", &protocol->event}, {"tail", &protocol->tail}};
    for (int part = 0; part < 3; part++) {
      snprintf(name, sizeof name, "%s.paced.%s", protocol->name, parts[part].name);
      *parts[part].to = load(folder, name);
    }
    char *stamp = memmem(protocol->event.data, protocol->event.length, "t=@@", 4);
    if (stamp == NULL) fail("an event without a stamp");
    protocol->stamp = (size_t)(stamp - protocol->event.data);
  }
  models = load(folder, "models");
  refusal = load(folder, "refusal");
  unknown = load(folder, "unknown");
}

static void leave_pace(struct connection *connection) {
  struct pace *pace = connection->pace;
  if (pace == NULL) return;
  if (connection->before != NULL) connection->before->behind = connection->behind;
  else pace->first = connection->behind;
  if (connection->behind != NULL) connection->behind->before = connection->before;
  else pace->last = connection->before;
  connection->pace = NULL;
}

static void join_pace(struct connection *connection, struct pace *pace) {
  connection->pace = pace;
  connection->before = pace->last;
  connection->behind = NULL;
  if (pace->last != NULL) pace->last->behind = connection;
  else pace->first = connection;
  pace->last = connection;
}

static void drop(struct connection *connection) {
  leave_pace(connection);
  close(connection->fd);
  free(connection->in);
  free(connection->out);
  connection->fd = -1;
  free(connection);
}

/* False when the connection is gone. */
static int send_bytes(struct connection *connection, const char *data, size_t length) {
  ssize_t sent = 0;
  if (connection->out == NULL) {
    sent = send(connection->fd, data, length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) { drop(connection); return 0; }
    if (sent < 0) sent = 0;
    if ((size_t)sent == length) return 1;
  }
  size_t waiting = connection->out_length - connection->out_at, more = length - (size_t)sent;
  char *out = malloc(waiting + more);
  if (connection->out != NULL) memcpy(out, connection->out + connection->out_at, waiting);
  memcpy(out + waiting, data + sent, more);
  free(connection->out);
  connection->out = out;
  connection->out_at = 0;
  connection->out_length = waiting + more;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
  epoll_ctl(epoll, EPOLL_CTL_MOD, connection->fd, &event);
  return 1;
}

static void send_rest(struct connection *connection) {
  ssize_t sent = send(connection->fd, connection->out + connection->out_at, connection->out_length - connection->out_at, MSG_NOSIGNAL);
  if (sent < 0) { if (errno != EAGAIN) drop(connection); return; }
  connection->out_at += (size_t)sent;
  if (connection->out_at < connection->out_length) return;
  free(connection->out);
  connection->out = NULL;
  connection->out_at = connection->out_length = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(epoll, EPOLL_CTL_MOD, connection->fd, &event);
}

static void set_timer(void) {
  static uint64_t set_to;
  uint64_t due = 0;
  for (int index = 0; index < pace_count; index++) {
    struct connection *first = paces[index].first;
    if (first != NULL && (due == 0 || first->due < due)) due = first->due;
  }
  if (due == set_to) return;
  set_to = due;
  struct itimerspec when = {.it_value = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)}};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void start_paced(struct connection *connection, const struct protocol *protocol, const char *marker) {
  uint64_t gap = strtoul(marker, (char **)&marker, 10) * 1000000u;
  int events = (int)strtoul(marker + 1, NULL, 10);
  struct pace *pace = NULL;
  for (int index = 0; index < pace_count && pace == NULL; index++) if (paces[index].gap == gap) pace = &paces[index];
  if (pace == NULL && pace_count == 8) { drop(connection); return; }
  if (pace == NULL) { pace = &paces[pace_count++]; pace->gap = gap; }
  connection->pacing = protocol;
  connection->events_left = events;
  connection->event = 0;
  connection->due = now_ns() + gap;
  if (!send_bytes(connection, protocol->head.data, protocol->head.length)) return;
  join_pace(connection, pace);
}

static void send_event(struct connection *connection) {
  const struct protocol *protocol = connection->pacing;
  struct pace *pace = connection->pace;
  leave_pace(connection);
  if (connection->events_left-- == 0) {
    connection->pacing = NULL;
    send_bytes(connection, protocol->tail.data, protocol->tail.length);
    return;
  }
  char event[2048];
  memcpy(event, protocol->event.data, protocol->event.length);
  write_digits(event + protocol->stamp + 2, STAMP_CLOCK, now_ns());
  write_digits(event + protocol->stamp + 3 + STAMP_CLOCK, STAMP_COUNT, (uint64_t)++connection->event);
  connection->due += pace->gap;
  if (send_bytes(connection, event, protocol->event.length)) join_pace(connection, pace);
}

/* Words stand near the body's ends in all scenarios: the middle of a large body is searched only for what is not there. */
static const char *find(const char *body, size_t length, const char *word, int everywhere) {
  size_t width = strlen(word), edge = length < 2048 ? length : 2048;
  const char *found = memmem(body, edge, word, width);
  if (found == NULL && length > edge) found = memmem(body + length - edge, edge, word, width);
  if (found == NULL && everywhere && length > edge) found = memmem(body, length, word, width);
  return found;
}

static int is_streamed(const char *body, size_t length) {
  const char *word = find(body, length, "\"stream\":", 1);
  if (word == NULL) return 0;
  word += 9;
  while (word < body + length && *word == ' ') word++;
  return *word == 't';
}

static void answer(struct connection *connection, const char *path, size_t path_length, const char *body, size_t length) {
  if (path_length == 9 && memcmp(path, "/requests", 9) == 0) {
    char text[128], digits[32];
    int width = snprintf(digits, sizeof digits, "%llu", (unsigned long long)requests);
    int all = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s", width, digits);
    send_bytes(connection, text, (size_t)all);
    return;
  }
  const struct protocol *protocol = NULL;
  for (size_t index = 0; index < 2 && protocol == NULL; index++)
    if (memmem(path, path_length, protocols[index].path, strlen(protocols[index].path)) != NULL) protocol = &protocols[index];
  struct bytes *bytes = &unknown;
  if (memmem(path, path_length, "/models", 7) != NULL) bytes = &models;
  else if (protocol != NULL) {
    requests++;
    int content = TEXT, streamed = is_streamed(body, length);
    if (find(body, length, "bench-tools", 0) != NULL) content = TOOLS;
    else if (find(body, length, "bench-long", 0) != NULL) content = LONG;
    const char *paced = streamed ? find(body, length, "bench-paced-", 0) : NULL;
    if (paced != NULL) { start_paced(connection, protocol, paced + 12); return; }
    if (find(body, length, "bench-error", 0) != NULL) bytes = &refusal;
    else bytes = streamed ? (struct bytes *)&protocol->stream[content] : (struct bytes *)&protocol->whole[content];
    if (find(body, length, "bench-cut", 0) != NULL) {
      if (send_bytes(connection, bytes->data, bytes->length / 2)) drop(connection);
      return;
    }
  }
  send_bytes(connection, bytes->data, bytes->length);
}

/* Where the request ends, 0 while it is not all there. */
static size_t request_end(struct connection *connection, const char **body, size_t *length) {
  char *head_end = memmem(connection->in, connection->used, "\r\n\r\n", 4);
  if (head_end == NULL) return 0;
  size_t head = (size_t)(head_end - connection->in) + 4;
  *body = connection->in + head;
  const char *declared = field(connection->in, head, "content-length:");
  if (declared != NULL || field(connection->in, head, "transfer-encoding:") == NULL) {
    *length = declared == NULL ? 0 : strtoul(declared, NULL, 10);
    return connection->used >= head + *length ? head + *length : 0;
  }
  if (connection->used < head + 5 || memcmp(connection->in + connection->used - 5, "0\r\n\r\n", 5) != 0) return 0;
  *length = connection->used - head;
  return connection->used;
}

static void read_requests(struct connection *connection) {
  if (connection->size - connection->used < 65536) {
    connection->size = connection->size == 0 ? 131072 : connection->size * 2;
    connection->in = realloc(connection->in, connection->size);
  }
  ssize_t got = recv(connection->fd, connection->in + connection->used, connection->size - connection->used, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) { drop(connection); return; }
  connection->used += (size_t)got;
  const char *body;
  size_t length, end = request_end(connection, &body, &length);
  if (end == 0) return;
  char *path = memchr(connection->in, ' ', connection->used), *path_end = NULL;
  if (path != NULL) path_end = memchr(path + 1, ' ', connection->used - (size_t)(path + 1 - connection->in));
  if (path_end == NULL) { drop(connection); return; }
  /* Clients here wait for the answer before they ask again: nothing stands behind a request. */
  connection->used = 0;
  answer(connection, path + 1, (size_t)(path_end - path - 1), body, length);
}

static void accept_all(int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    no_delay(fd);
    struct connection *connection = calloc(1, sizeof *connection);
    connection->fd = fd;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

static void send_due(void) {
  uint64_t now = now_ns();
  for (int index = 0; index < pace_count; index++)
    while (paces[index].first != NULL && paces[index].first->due <= now) send_event(paces[index].first);
}

int main(int count, char **words) {
  if (count != 3) { fprintf(stderr, "usage: far-end PORT FOLDER\n"); return 2; }
  signal(SIGPIPE, SIG_IGN);
  load_all(words[2]);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in address = loopback(atoi(words[1]));
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0) fail("listen");
  epoll = epoll_create1(0);
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  event.data.ptr = &timer;
  epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
  printf("%s\n", words[1]);
  fflush(stdout);
  struct epoll_event ready[256];
  for (;;) {
    int found = epoll_wait(epoll, ready, 256, -1);
    for (int index = 0; index < found; index++) {
      void *what = ready[index].data.ptr;
      if (what == NULL) accept_all(listener);
      else if (what == &timer) { uint64_t ticks; if (read(timer, &ticks, sizeof ticks) < 0) continue; }
      else if (ready[index].events & EPOLLOUT) send_rest(what);
      else read_requests(what);
    }
    send_due();
    set_timer();
  }
}
