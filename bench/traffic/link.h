/* link: keep-alive connections to the server, one request at a time on each, as the providers' and the apps' HTTP
 * clients have them. In classes, so that what waits in one keeps nobody in another from asking.
 *
 * Which of a class is used next goes round, so that none lies idle for long; one that the server closed while it was
 * idle is made anew, and so is each after LINK_REQUESTS of its own, as clients come and go. A connection that ends before its answer does, an answer
 * that is no HTTP or is too long, ends the program: links_fail().
 *
 * Memory: all at links_new(). Threads: the owner's.
 */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define LINK_REQUEST_MAX 8192
#define LINK_ANSWER_MAX 16384
#define LINK_REQUESTS 1000

/* What was asked: the owner's, given back with the answer. */
struct asked {
	int kind;
	uint32_t order;  /* its slot; UINT32_MAX: of none */
	uint8_t pool, side;
	uint64_t call;   /* its number, if it is one */
	uint64_t due_ns, sent_ns;
};

struct answer_text {
	int status;
	struct str head, body; /* the head with its last line's end */
	uint64_t at_ns;
};

struct link {
	struct asked asked;
	char out[LINK_REQUEST_MAX]; /* the owner writes the request here, then links_send() */
	size_t out_len;
	/* links' own */
	int fd, class;
	uint32_t requests;
	bool busy;
	size_t out_at, in_len;
	struct link *next_free;
	char in[LINK_ANSWER_MAX + 1];
};

struct links;

#define LINK_CLASSES_MAX 4

struct links *links_new(int port, const int connections[], int classes);
void links_free(struct links *links);

/* One that is free, now the caller's until it is sent or given back; NULL: all are busy. */
struct link *links_take(struct links *links, int class);
void links_give_back(struct links *links, struct link *link);
void links_send(struct links *links, struct link *link);
int links_busy(const struct links *links);

/* Waits for answers, `wait_ns` at most, and hands each over; the link is free again when `answered` returns. */
typedef void links_answered(void *context, struct link *link, const struct answer_text *answer);
void links_wait(struct links *links, uint64_t wait_ns, links_answered *answered, void *context);

/* Tells request and answer of a link, and ends the program. */
_Noreturn void links_fail(const struct link *link, const char *why);

#endif
