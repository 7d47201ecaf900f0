/* feed_event: what a consumed record says: an order event, or why it is none, and of which order it is all the same, so that
 * later ones of that order can wait behind it.
 *
 * Limits: EVENT_MAX bytes of an event, FEED_HEADER_MAX of a header, SESSION_REF_MAX of an order's id or a record's key that is to
 * be one. Memory: texts live in the caller's arena. Threads: that of sender->vault.
 */
#ifndef FEED_FEED_EVENT_H
#define FEED_FEED_EVENT_H

#include "api/event_lines.h"

#define FEED_HEADER_MAX EVENT_ID_MAX

struct feed_event {
	struct order_event event; /* if err is ERR_OK and not ignored */
	/* Its order's name among dead letters (veil.h): as the payload says it, be it wrong elsewhere; else the record's key, if
	 * that can be an order's id; else empty. Never a phone number. */
	struct str order;
	enum err err;             /* why it is refused for good */
	bool ignored;
	struct problem problem;
};

/* Errors of the moment (ERR_OVERLOADED: no memory) are returned, all others are in ret_event->err. `around`: CloudEvents' binary
 * mode; `key` of the record: .at NULL none. */
MUST_CHECK enum err feed_event_read(const struct event_sender *sender, struct str payload, const struct event_around *around,
	struct str key, struct arena *arena, struct feed_event *ret_event);

#endif
