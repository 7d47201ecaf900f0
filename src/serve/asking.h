/* asking: a question as the program decides it, whatever door it came through: decide(), the limits on wrong PINs,
 * and what is counted and kept of it.
 *
 * Cost: that of decide(); a lock is taken only where digits are asked for or given. Threads: any.
 */
#ifndef ASKING_H
#define ASKING_H

#include "core/decide.h"
#include "provider/provider.h"
#include "serve/server.h"

struct asking {
	struct question question;  /* time is set by asking_decide */
	const char *provider, *account; /* names, for the call */
	uint16_t account_index;
	struct str call_id;        /* the provider's; may be empty */
	bool stranger;             /* asking_decide: it rang in vain, for no VN knows it */
};

/* Of a provider's webhook. Texts are the ask's. */
struct asking asking_of(const struct account *account, const struct ask *ask);

/* decide(), and what needs counting: ACTION_DIGITS where no try is left becomes a refusal (REASON_BLOCKED), and so does
 * any answer beyond the pool's attempts_per_minute or calls_at_once (REASON_TOO_MANY_CALLS). */
void asking_decide(struct server *server, struct asking *asking, struct decision *ret_decision);

/* Counts a call or a text whom `decision` is about (no VN: nothing) by the pool's attempts_per_minute: one too many? Whom
 * a VN knows is counted with that VN; a `stranger` by itself, and with all others who try that VN (calls and texts apart: texts cost next to
 * nothing, and would shut out who rings). What a provider tells
 * again within the minute, by the same call_id and of the same caller, is not counted, and gets the answer that it had. A question with digits
 * is the same call too. */
bool asking_too_often(struct server *server, const struct asking *asking, const struct decision *decision,
	bool stranger);

/* A call that was answered with a connect is none: nobody heard it, or it has ended. */
void asking_ended(struct server *server, const struct asking *asking, uint32_t pool_id);

/* asking_decide(), and what took longer than the configuration allows since `began_ns` becomes a refusal (REASON_LATE).
 * Gives how long it took. */
uint64_t asking_decide_by(struct server *server, struct asking *asking, uint64_t began_ns, struct decision *ret_decision);
/* What was decided can't be told the provider: nobody is rung. */
void asking_refuse(struct server *server, const struct asking *asking, struct decision *decision);

/* A provider's report of a call of `account`: kept, and an end lets the session's next call begin. */
void asking_report(struct server *server, const struct account *account, const struct call_report *report);

/* Counts it (metrics_decision) and keeps it as a call (writer_call). `worker`: whose counters, and whose vault_use
 * hashes a caller that was refused. Before the reply: its texts may be the request's. */
void asking_note(struct server *server, int worker, const struct asking *asking, const struct decision *decision,
	uint64_t took_ns);

#endif
