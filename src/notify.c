#include "notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"

#define STATUS_MAX 200

static int open_socket(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 || len >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* An abstract name has no terminator: its length is part of it. */
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, size) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void notify_open(struct notify *notify)
{
	const char *name = getenv("NOTIFY_SOCKET"), *usec = getenv("WATCHDOG_USEC"),
		   *pid = getenv("WATCHDOG_PID");
	uint64_t watched = 0;

	*notify = (struct notify){.fd = name ? open_socket(name) : -1};
	/* The watchdog may be meant for another process than us. */
	bool ours = !pid || (str_u64(str_of(pid), &watched) && watched == (uint64_t)getpid());
	if (notify->fd >= 0 && ours && usec && !str_u64(str_of(usec), &notify->watchdog_us))
		notify->watchdog_us = 0;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
}

/* A full queue is not waited for: the next feeding comes anyway. */
static void tell(const struct notify *notify, const char *text)
{
	if (notify->fd >= 0 && send(notify->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
}

void notify_ready(const struct notify *notify)
{
	tell(notify, "READY=1");
}

void notify_stopping(const struct notify *notify)
{
	tell(notify, "STOPPING=1");
}

void notify_reloading(const struct notify *notify)
{
	struct timespec now;
	char text[80];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
		(long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	tell(notify, text);
}

void notify_alive(const struct notify *notify)
{
	tell(notify, "WATCHDOG=1");
}

void notify_status(const struct notify *notify, const char *text)
{
	char line[sizeof "STATUS=" + STATUS_MAX];

	snprintf(line, sizeof line, "STATUS=%s", text);
	for (char *c = line; *c; c++)
		if (*c == '\n')
			*c = ' ';
	tell(notify, line);
}
