/* examine: `bauta doctor` at work: asks the account's provider and our own public URL, as the configuration names
 * them and nobody else, and tells one finding for each check (diagnose.h).
 *
 * Time: every request has an end (EXAMINE_TIMEOUT_MS, for questions the provider's deadline), and lists and rows of
 * questions have a budget. Nothing is changed anywhere (question.h). Threads: one.
 */
#ifndef DOCTOR_EXAMINE_H
#define DOCTOR_EXAMINE_H

#include "doctor/exchange.h"

#define EXAMINE_TIMEOUT_MS 15000
#define EXAMINE_PAGES 10       /* of the list of numbers */
#define EXAMINE_ONES 20        /* numbers that are looked at one by one, where the list doesn't say where they point */
#define EXAMINE_BUDGET_MS 30000 /* no further question or page is begun after it */

struct examine_options {
	const struct account *account;
	const char *public_url;  /* as configured; NULL: not set */
	const char *own_url;     /* it, or where we listen */
	const char *ca;          /* file of certificates to trust beside the system's at own_url; NULL */
	struct number vn;        /* that is asked about; none: QUESTION_VN */
	const char *mark;        /* letters that make this run's call ids its own */
	int64_t (*now_ms)(void *context); /* the wall clock */
	void *clock_context;
	void (*told)(void *context, const struct finding *finding);
	void *context;
};

/* Calls `told` for each check, in their order. How many are wrong; -1: no memory. */
MUST_CHECK int examine(const struct examine_options *options);

/* examine_account.c, examine_question.c: for examine.c. */
struct question_run {
	struct question_facts question;
	struct deadline_facts deadline;
	struct clock_look clock; /* of the first answer */
};
/* Texts of ret_facts live in the arena, or are static. `ret_clock`: of the first answer. */
void examine_account(const struct examine_options *options, struct exchange *exchange, struct arena *arena,
	struct account_facts *ret_facts, struct clock_look *ret_clock);
void examine_question(const struct examine_options *options, struct exchange *exchange, struct question_run *ret_run);

#endif
