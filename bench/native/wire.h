/* What the far end and the driver share: sockets, clocks, and the little of HTTP/1.1 that a bench needs. */
#ifndef WIRE_H
#define WIRE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Each paced event carries when it was sent and its place in the stream: "t=<19 digits>#<4 digits>". */
#define STAMP_CLOCK 19
#define STAMP_COUNT 4
#define STAMP_LENGTH (2 + STAMP_CLOCK + 1 + STAMP_COUNT)

static inline void fail(const char *what) {
  perror(what);
  exit(1);
}

/* Nanoseconds of a clock that all processes of the machine share. */
static inline uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline void write_digits(char *at, int width, uint64_t value) {
  for (int index = width - 1; index >= 0; index--) {
    at[index] = (char)('0' + value % 10);
    value /= 10;
  }
}

static inline void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static inline struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/* A whole file, with a 0 behind its last byte; NULL where there is none. */
static inline char *read_whole(const char *path, size_t *length) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  fseek(file, 0, SEEK_END);
  *length = (size_t)ftell(file);
  rewind(file);
  char *bytes = malloc(*length + 1);
  if (bytes == NULL || fread(bytes, 1, *length, file) != *length) fail(path);
  bytes[*length] = 0;
  fclose(file);
  return bytes;
}

/* The value of a field in a head, or NULL. `name` is lower case and ends with a colon. */
static inline const char *field(const char *head, size_t length, const char *name) {
  size_t width = strlen(name);
  for (const char *line = head; line != NULL && line + width < head + length;) {
    if (strncasecmp(line, name, width) == 0) {
      line += width;
      while (*line == ' ') line++;
      return line;
    }
    line = memmem(line, (size_t)(head + length - line), "\r\n", 2);
    if (line != NULL) line += 2;
  }
  return NULL;
}

#endif
