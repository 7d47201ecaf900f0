/* ask: the requests of the town, as apps and providers make them, and what their answers must be. The providers' side is
 * src/provider/sim_*.c: real fields, real signatures, answers read as strictly as the provider reads them.
 *
 * A wrong answer ends the program (links_fail): a call that rings or shows another number, a refusal that differs in one byte from
 * other refusals, an order that is not as it was asked for. `overloaded` is right of what the API may refuse so: with
 * status, code and Retry-After as documented.
 */
#ifndef ASK_H
#define ASK_H

#include "figures.h"
#include "link.h"
#include "town.h"

/* All that a refusal, or the answer to a report, consists of, but the date. */
struct same {
	char text[2048];
	size_t len; /* 0: none was seen yet */
};

struct asker {
	int port;
	const char *key;
	int pools;                        /* each has its provider's name, and its account's */
	struct account accounts[POOLS_MAX];
	uint64_t calls;                   /* how many calls were made; their ids count from `first_call` */
	uint64_t first_call;
	struct same refusal[POOLS_MAX], thanks[POOLS_MAX];
	struct number nobodys;            /* a number like a VN that is none */
};

/* "twilio:main" */
bool ask_account(struct account *account, const char *word, const char *secret);

/* The request of an order's next step; links->asked.kind is set. */
void ask_step(const struct asker *asker, struct link *link, const struct order *order);
/* One party rings the other; `side` is who rings. With status NULL the question, else the report of call `call`. */
void ask_call(struct asker *asker, struct link *link, const struct order *order, enum side side);
struct tale {
	struct number from, to;
	uint64_t call, due_ns;
	uint8_t pool;
};
void ask_status(const struct asker *asker, struct link *link, const struct tale *tale);
/* Somebody who has no business there rings a number of ours, a party rings nobody's, somebody hides: n tells who. */
void ask_stranger(struct asker *asker, struct link *link, const struct order *order, uint32_t n);

/* False: `overloaded`. Of LOOK and OPEN the order gets what they tell. */
bool ask_step_judge(const struct link *link, const struct answer_text *answer, struct order *order);
void ask_call_judge(const struct asker *asker, const struct link *link, const struct answer_text *answer, const struct order *order);
void ask_refused_judge(struct asker *asker, const struct link *link, const struct answer_text *answer);
void ask_status_judge(struct asker *asker, const struct link *link, const struct answer_text *answer);

#endif
