/* notify: tells the service manager how we are (sd_notify(3)'s protocol: one datagram to $NOTIFY_SOCKET,
 * a path or, with '@' first, an abstract name).
 *
 * Threads: any, once opened. Without a service manager everything here does nothing.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stdint.h>

struct notify {
	int fd;                /* -1: nobody to tell */
	uint64_t watchdog_us;  /* feed it well within this; 0: nobody watches */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment, so that no
 * child tells in our name. A socket that can't be reached is nobody to tell. */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

void notify_ready(const struct notify *notify);
void notify_stopping(const struct notify *notify);
void notify_reloading(const struct notify *notify); /* notify_ready() ends it */
void notify_alive(const struct notify *notify);     /* feeds the watchdog */

/* One line for `systemctl status`; no real numbers. */
void notify_status(const struct notify *notify, const char *text);

#endif
