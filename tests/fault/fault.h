/* fault: the n-th allocation, the n-th act on the disk, the n-th call of the store fails: once, or from there on until the operation
 * is over. For n = 1, 2, ... until none is left to fail; through every request of the API, every webhook, every event.
 *
 *   fault.c        for each operation, for each n: a fork of the server that runs it, breaks it, looks at what is left
 *   fault_memory.c malloc and its kin, of the whole process: libraries too
 *   fault_disk.c   SQLite's files, in memory, so that a fork has its own
 *   fault_store.c  the store's table of functions
 *   fault_state.c  all that is stored, and all that the API shows
 *   fault_answer.c what may be answered
 *   fault_town.c   the server and what is in it before each operation
 *   fault_api.c    requests of the API
 *   fault_hooks.c  webhooks, by each dialect's own other side
 *   fault_feed.c   events from a topic, texts that wait to be sent, API keys that another process changed
 *
 * What holds after each failure: the answer is the usual one, or a documented one that says "not now" (503), or, to a provider,
 * its refusal; what is stored and what is shown is as before, or as after the whole effect; a crash changes nothing about that; the
 * same request, asked again, has its usual answer and effect; nothing leaks; no real number is told.
 *
 * malloc is replaced by symbols of this program, which come before those of libc and of every library: --wrap=malloc would reach our
 * own objects alone, and SQLite's, OpenSSL's, jansson's and libphonenumber's allocations fail as well in a real server.
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include "door/door.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define FAULT_SANITIZED
#endif
#endif

#define FAULT_TEXT_MAX ((size_t)1 << 20)

#define FAULT_ENDS 3 /* the process ends so where a library does it by itself */

/* --- fault_memory.c, fault_disk.c, fault_store.c: each counts while it is armed; `left` more are done well, and then one fails, or, for good,
 * all do. --- */

struct fault_count {
	bool armed, for_good;
	uint32_t left, seen, failed; /* `seen`: how many there were; `failed` of them */
};

/* One more: does it fail? */
static inline bool fault_fails(struct fault_count *count)
{
	if (!count->armed || count->seen++ < count->left || (count->failed && !count->for_good))
		return false;
	count->failed++;
	return true;
}

struct fault_kind {
	const char *name;
	struct fault_count *count;
	void (*where)(void); /* what failed, to standard error; NULL: nothing is known of it */
};
extern const struct fault_kind fault_memory, fault_disk, fault_store;

/* In between nothing counts and nothing fails: for what the tests do themselves. */
void fault_hold(void);
void fault_go_on(void);

/* Before the first connection. Files of a database at `path` that is opened from then on are kept in memory. */
void fault_disk_install(void);
void fault_disk_keep(void); /* as it is now, for: */
void fault_disk_back(void);
void fault_store_take(void); /* of the server that was just opened */

/* --- fault_town.c --- */

void town_open(void);
void town_shut(void); /* held */
/* Without a word to anybody: what is not stored is lost. */
void town_crash(void);
/* Time for what rests after a failure. */
void town_rest(void);
/* "{live}" -> the id of that session, and so on; static storage, four at a time. */
const char *town_target(const char *target);
extern char town_key[128], town_reveals[128]; /* Authorization: the second may see real numbers */

/* A request of the API and its answer (door.reply). Not held. */
void town_ask(enum http_method method, const char *target, const char *content_type, const char *body, const char *key,
	const char *idempotency_key);
/* The same, held, and its answer is to be that. */
void town_make(enum http_method method, const char *target, const char *body, int status);
/* A record into the store, by a command of its own. */
void town_note(const struct record *record);
/* Is a party's number in it? */
bool town_tells_number(const char *text, size_t len);

/* --- fault_state.c --- */

void state_open(void); /* held, with a server */
void state_close(void);

/* Rows of all tables, as they are, but for the stored time; `alike`: without what differs from run to run: ids, times. Terminated. */
void state_stored(char *text, size_t size, bool alike);
/* What a key without `reveal` sees. */
void state_shown(char *text, size_t size);
/* In place. */
void state_alike(char *text);
/* Line by line, what is in one alone; to standard error. */
void state_differs(const char *before, const char *after);

/* --- operations --- */

enum fault_answer { ANSWER_API, ANSWER_HOOK, ANSWER_NONE };

struct operation {
	const char *name;      /* of the API: its operationId, and what else after a blank */
	enum fault_answer answer;
	enum http_method method;
	const char *target, *body;
	const char *content_type; /* NULL with a body: JSON */
	const char *idempotency_key;
	bool reveals;          /* real numbers may be in the answer */
	bool steps;            /* of several transactions: what is done stays, the rest is done when it is asked again */
	bool notes;            /* what is kept of it may be missing: a text that went on in the answer */
	bool closed;           /* 403 is an answer too: what can't be checked for want of memory is not let in */
	int account;           /* of webhooks */
	void (*prepare)(const struct operation *operation); /* before it, in each fork; NULL */
	void (*act)(const struct operation *operation);     /* NULL: the request */
};
#define OPERATIONS_MAX 200
extern struct operation operations[OPERATIONS_MAX];
extern int operations_n;
void operation_add(struct operation operation);

/* --- fault_answer.c --- */

/* Tells, to standard error; false. */
bool answer_wrong(const char *what, const struct door_reply *reply);
/* But for ids, times and the like. */
bool answer_is_usual(const struct door_reply *reply, const struct door_reply *usual);
/* The provider would refuse the call, or take no text on. */
bool answer_refuses(const struct operation *operation, const struct door_reply *reply);
bool answer_holds(const struct operation *operation, const struct door_reply *reply, const struct door_reply *usual);

/* --- the operations' files --- */

void api_operations(void);
void hook_operations(void);
void feed_operations(void);

/* One record of a topic, to the writer; true: it is stored. Held. */
bool feed_event_once(const char *value);

#endif
