/* `isolate COMMAND...`: runs it in a network of its own that has nothing but loopback, so that no gateway under test
   can reach anything but this machine. */
#define _GNU_SOURCE
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **words) {
  if (count < 2 || unshare(CLONE_NEWNET) != 0) return 125;
  struct ifreq request = {0};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0) return 125;
  close(fd);
  execvp(words[1], words + 1);
  perror(words[1]);
  return 127;
}
