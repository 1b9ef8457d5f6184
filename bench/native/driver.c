/*
 * The load driver of the benchmarks: keeps CONNECTIONS requests under way over keep-alive connections for DURATION
 * milliseconds, finishes those, and prints one line of JSON. One thread, epoll.
 *
 *   driver --port P --request FILE [--connections 8] [--duration 1500] [--first N] [--expect TEXT] [--stagger MS]
 *          [--events N] [--late MS] [--abort N]
 *
 * FILE is a whole request with "@@@@@@@@@@" where its number goes: each differs, so that no cache and no coalescing can
 * hit. An answer is right with status 200 and, near its end, TEXT. With --events, each answer has to hold so many
 * stamped events (see wire.h): what is missing is lost, what shares a frame with another is merged, what is more than
 * --late under way is late. --stagger starts the connections over that time. With --abort, each Nth request is given up
 * at its first byte.
 */
#define _GNU_SOURCE
#include "wire.h"
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/uio.h>

#define TAIL 1024
#define MARK "@@@@@@@@@@"

/* Times in tenths of a microsecond. */
struct times { uint32_t *values; size_t count, size; };

enum framing { HEAD, LENGTH, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, UNTIL_CLOSE };

struct connection {
  int fd, status, close, given_up;
  enum framing framing;
  char head[8192];
  size_t head_used, left;
  int line_used;
  /* What of the request the socket took. */
  size_t sent;
  char number[10];
  uint64_t started, first_byte;
  char tail[TAIL];
  size_t tail_used;
  /* The scan for stamps: characters of one that were seen, its clock, its place; events so far; an end of a frame seen. */
  int seen, place, events, framed, newlines;
  uint64_t clock;
};

static struct {
  int port, connections, events, abort_each;
  uint64_t duration, stagger, late, first;
  const char *expect;
} options = {.connections = 8, .duration = 1500, .late = 50, .first = 1000000000};

static char *request;
static size_t before_length, after_length, request_length;
static const char *after;
static int epoll, open_connections;
static uint64_t started, until, issued;
static uint64_t requests, failures, wrong, aborted, bytes, events, lost, merged, late;
static struct times first_bytes, first_tokens, latencies, delays;
static int last_status;

static void start(struct connection *connection);

static void record(struct times *times, uint64_t nanoseconds) {
  if (times->count == times->size) {
    times->size = times->size == 0 ? 65536 : times->size * 2;
    times->values = realloc(times->values, times->size * sizeof *times->values);
    if (times->values == NULL) fail("realloc");
  }
  uint64_t tenths = nanoseconds / 100;
  times->values[times->count++] = tenths > UINT32_MAX ? UINT32_MAX : (uint32_t)tenths;
}

static void watch(struct connection *connection, int operation, uint32_t mask) {
  struct epoll_event event = {.events = mask, .data.ptr = connection};
  epoll_ctl(epoll, operation, connection->fd, &event);
}

static void connect_again(struct connection *connection) {
  if (connection->fd >= 0) close(connection->fd);
  struct sockaddr_in address = loopback(options.port);
  connection->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
  fcntl(connection->fd, F_SETFL, O_NONBLOCK);
  no_delay(connection->fd);
  watch(connection, EPOLL_CTL_ADD, EPOLLIN);
}

static void send_request(struct connection *connection) {
  size_t sizes[] = {before_length, before_length == request_length ? 0 : sizeof connection->number, after_length};
  const char *pieces[] = {request, connection->number, after};
  struct iovec parts[3];
  int count = 0;
  size_t skip = connection->sent;
  for (int index = 0; index < 3; index++) {
    size_t cut = skip < sizes[index] ? skip : sizes[index];
    skip -= cut;
    if (sizes[index] > cut) parts[count++] = (struct iovec){(void *)(pieces[index] + cut), sizes[index] - cut};
  }
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
  ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
  int waited = connection->sent > 0;
  if (sent > 0) connection->sent += (size_t)sent;
  if (connection->sent < request_length) watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  else if (waited) watch(connection, EPOLL_CTL_MOD, EPOLLIN);
  if (connection->sent == request_length) connection->started = now_ns();
}

static void start(struct connection *connection) {
  if (now_ns() >= until || (failures > 1000 && failures > requests)) {
    close(connection->fd);
    open_connections--;
    return;
  }
  connection->framing = HEAD;
  connection->head_used = connection->sent = connection->tail_used = 0;
  connection->first_byte = 0;
  connection->seen = connection->events = connection->place = 0;
  connection->framed = 1;
  connection->newlines = 0;
  connection->given_up = options.abort_each > 0 && issued % (uint64_t)options.abort_each == 0;
  write_digits(connection->number, sizeof connection->number, options.first + issued++);
  send_request(connection);
}

/* The answer is complete, or the connection broke. */
static void finish(struct connection *connection, int complete) {
  uint64_t now = now_ns();
  if (connection->status == 200 && complete) {
    int right = options.expect == NULL || memmem(connection->tail, connection->tail_used, options.expect, strlen(options.expect)) != NULL;
    requests++;
    if (!right) wrong++;
    record(&first_bytes, connection->first_byte - connection->started);
    record(&latencies, now - connection->started);
    if (connection->events < options.events) lost += (uint64_t)(options.events - connection->events);
  } else {
    failures++;
    last_status = complete ? connection->status : 0;
  }
  if (!complete || connection->close) connect_again(connection);
  start(connection);
}

static void stamp_seen(struct connection *connection, uint64_t now) {
  uint64_t delay = now > connection->clock ? now - connection->clock : 0;
  if (connection->events == 0) record(&first_tokens, now - connection->started);
  record(&delays, delay);
  events++;
  if (delay > options.late * 1000000u) late++;
  if (!connection->framed) merged++;
  connection->events++;
  connection->framed = 0;
}

/* Finds the stamps in a piece of the body, wherever it is cut. */
static void scan(struct connection *connection, const char *data, size_t length, uint64_t now) {
  for (size_t index = 0; index < length; index++) {
    char byte = data[index];
    connection->newlines = byte == '\n' ? connection->newlines + 1 : byte == '\r' ? connection->newlines : 0;
    if (connection->newlines == 2) connection->framed = 1;
    int seen = connection->seen;
    if (seen == 0) { if (byte == 't') connection->seen = 1; continue; }
    if (seen == 1) { connection->seen = byte == '=' ? 2 : byte == 't'; connection->clock = 0; continue; }
    if (seen < 2 + STAMP_CLOCK) {
      connection->clock = connection->clock * 10 + (uint64_t)(byte - '0');
      connection->seen = byte >= '0' && byte <= '9' ? seen + 1 : 0;
      continue;
    }
    if (seen == 2 + STAMP_CLOCK) { connection->seen = byte == '#' ? seen + 1 : 0; continue; }
    connection->seen = seen + 1;
    if (connection->seen < STAMP_LENGTH) continue;
    connection->seen = 0;
    stamp_seen(connection, now);
  }
}

static void body(struct connection *connection, const char *data, size_t length, uint64_t now) {
  if (options.events > 0) scan(connection, data, length, now);
  if (length >= TAIL) {
    memcpy(connection->tail, data + length - TAIL, TAIL);
    connection->tail_used = TAIL;
    return;
  }
  size_t keep = TAIL - length < connection->tail_used ? TAIL - length : connection->tail_used;
  memmove(connection->tail, connection->tail + connection->tail_used - keep, keep);
  memcpy(connection->tail + keep, data, length);
  connection->tail_used = keep + length;
}

/* How many bytes of `data` belong to the head; -1 when it is too long. */
static ssize_t read_head(struct connection *connection, const char *data, size_t length) {
  size_t room = sizeof connection->head - connection->head_used, take = length < room ? length : room, had = connection->head_used;
  memcpy(connection->head + had, data, take);
  connection->head_used += take;
  char *end = memmem(connection->head, connection->head_used, "\r\n\r\n", 4);
  if (end == NULL) return take < length ? -1 : (ssize_t)take;
  size_t head = (size_t)(end - connection->head) + 4;
  connection->status = atoi(connection->head + 9);
  const char *length_field = field(connection->head, head, "content-length:"), *close_field = field(connection->head, head, "connection:");
  connection->close = close_field != NULL && strncasecmp(close_field, "close", 5) == 0;
  connection->left = length_field == NULL ? 0 : strtoul(length_field, NULL, 10);
  connection->line_used = 0;
  if (field(connection->head, head, "transfer-encoding:") != NULL) connection->framing = CHUNK_SIZE;
  else connection->framing = length_field != NULL ? LENGTH : UNTIL_CLOSE;
  return (ssize_t)(head - had);
}

static int hex(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  byte |= 32;
  return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Reads a piece of an answer. True when the answer is complete. */
static int read_answer(struct connection *connection, const char *data, size_t length, uint64_t now) {
  size_t at = 0;
  if (connection->framing == HEAD) {
    ssize_t head = read_head(connection, data, length);
    if (head < 0) fail("a head that is too long");
    at = (size_t)head;
    if (connection->framing == HEAD) return 0;
    if (connection->framing == LENGTH && connection->left == 0) return 1;
  }
  while (at < length) {
    size_t rest = length - at, take = rest < connection->left ? rest : connection->left;
    switch (connection->framing) {
    case LENGTH:
    case CHUNK_DATA:
      body(connection, data + at, take, now);
      at += take;
      connection->left -= take;
      if (connection->left > 0) break;
      if (connection->framing == LENGTH) return 1;
      connection->framing = CHUNK_END;
      break;
    case CHUNK_SIZE: {
      char byte = data[at++];
      int digit = hex(byte);
      if (byte == '\n') connection->framing = connection->left == 0 ? TRAILER : CHUNK_DATA, connection->line_used = 0;
      else if (digit >= 0) connection->left = connection->left * 16 + (size_t)digit;
      break;
    }
    case CHUNK_END:
      if (data[at++] == '\n') connection->framing = CHUNK_SIZE, connection->left = 0;
      break;
    case TRAILER: {
      char byte = data[at++];
      if (byte == '\n' && connection->line_used == 0) return 1;
      connection->line_used = byte == '\n' ? 0 : byte == '\r' ? connection->line_used : connection->line_used + 1;
      break;
    }
    default:
      body(connection, data + at, rest, now);
      at = length;
    }
  }
  return 0;
}

static void receive(struct connection *connection) {
  static char buffer[262144];
  ssize_t got = recv(connection->fd, buffer, sizeof buffer, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) { finish(connection, connection->framing == UNTIL_CLOSE); return; }
  uint64_t now = now_ns();
  bytes += (uint64_t)got;
  if (connection->first_byte == 0) connection->first_byte = now;
  if (connection->given_up) {
    aborted++;
    connect_again(connection);
    start(connection);
    return;
  }
  if (read_answer(connection, buffer, (size_t)got, now)) finish(connection, 1);
}

static int by_value(const void *a, const void *b) {
  uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

static void print_times(const char *name, struct times *times) {
  qsort(times->values, times->count, sizeof *times->values, by_value);
  static const double shares[] = {0.5, 0.99, 1};
  printf(",\"%s\":[", name);
  for (int index = 0; index < 3; index++) {
    size_t at = (size_t)((double)times->count * shares[index]);
    if (at >= times->count && at > 0) at = times->count - 1;
    if (times->count == 0) printf("%snull", index == 0 ? "" : ",");
    else printf("%s%.4f", index == 0 ? "" : ",", times->values[at] / 1e4);
  }
  printf("]");
}

static void print_results(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  printf("{\"requests\":%llu,\"failures\":%llu,\"wrong\":%llu,\"aborted\":%llu,\"lastStatus\":%d,\"seconds\":%.4f,\"cpu\":%.4f,\"bytes\":%llu",
         (unsigned long long)requests, (unsigned long long)failures, (unsigned long long)wrong, (unsigned long long)aborted,
         last_status, (double)(now_ns() - started) / 1e9, cpu, (unsigned long long)bytes);
  printf(",\"events\":%llu,\"lost\":%llu,\"merged\":%llu,\"late\":%llu", (unsigned long long)events, (unsigned long long)lost,
         (unsigned long long)merged, (unsigned long long)late);
  print_times("firstByte", &first_bytes);
  print_times("firstToken", &first_tokens);
  print_times("latency", &latencies);
  print_times("delay", &delays);
  printf("}\n");
}

static void read_options(int count, char **words) {
  for (int index = 1; index + 1 < count; index += 2) {
    const char *name = words[index], *value = words[index + 1];
    uint64_t number = strtoull(value, NULL, 10);
    if (strcmp(name, "--port") == 0) options.port = (int)number;
    else if (strcmp(name, "--request") == 0) request = read_whole(value, &request_length);
    else if (strcmp(name, "--connections") == 0) options.connections = (int)number;
    else if (strcmp(name, "--duration") == 0) options.duration = number;
    else if (strcmp(name, "--first") == 0) options.first = number;
    else if (strcmp(name, "--expect") == 0) options.expect = value;
    else if (strcmp(name, "--stagger") == 0) options.stagger = number;
    else if (strcmp(name, "--events") == 0) options.events = (int)number;
    else if (strcmp(name, "--late") == 0) options.late = number;
    else if (strcmp(name, "--abort") == 0) options.abort_each = (int)number;
    else { fprintf(stderr, "driver: what is %s?\n", name); exit(2); }
  }
  if (options.port == 0 || request == NULL) { fprintf(stderr, "usage: driver --port P --request FILE ...\n"); exit(2); }
  char *mark = memmem(request, request_length, MARK, 10);
  before_length = mark == NULL ? request_length : (size_t)(mark - request);
  after = mark == NULL ? "" : mark + 10;
  after_length = mark == NULL ? 0 : request_length - before_length - 10;
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  read_options(count, words);
  epoll = epoll_create1(0);
  struct connection *connections = calloc((size_t)options.connections, sizeof *connections);
  started = now_ns();
  until = started + options.duration * 1000000u;
  uint64_t spread = options.stagger * 1000000u / (uint64_t)options.connections;
  int opened = 0;
  struct epoll_event ready[256];
  while (opened < options.connections || open_connections > 0) {
    while (opened < options.connections && now_ns() >= started + spread * (uint64_t)opened) {
      connections[opened].fd = -1;
      connect_again(&connections[opened]);
      open_connections++;
      start(&connections[opened++]);
    }
    int found = epoll_wait(epoll, ready, 256, opened < options.connections ? 1 : 1000);
    for (int index = 0; index < found; index++) {
      struct connection *connection = ready[index].data.ptr;
      if (ready[index].events & EPOLLOUT) send_request(connection);
      else receive(connection);
    }
    /* A gateway that swallows requests must not hold up the run for ever. */
    if (now_ns() > until + 30000000000u) { failures += (uint64_t)open_connections; break; }
  }
  print_results();
  return 0;
}
