/* diagnose: what facts about an account's installation mean. Pure: examine.h goes and gets the facts.
 *
 * What is not known is skipped, with the reason; what was seen to be bad is wrong, with what to do. Threads: any.
 */
#ifndef DOCTOR_DIAGNOSE_H
#define DOCTOR_DIAGNOSE_H

#include "doctor/finding.h"
#include "net/tls_look.h"
#include "provider/inventory.h"
#include "provider/provider.h"

#define DIAGNOSE_CLOCK_S 30        /* clocks that differ by more are wrong, whatever a dialect lets pass */
#define DIAGNOSE_EXPIRY_DAYS 14    /* a certificate that ends within as many is wrong */
#define DIAGNOSE_DEADLINE_MS 5000  /* taken for a provider that publishes none: the shortest of the others */
#define DIAGNOSE_QUESTIONS 20

/* --- the account at its provider --- */

struct account_facts {
	const struct account *account;
	const struct inventory *inventory; /* NULL: there is none, and nothing else here counts */
	const char *cannot_ask;            /* a setting is missing; NULL: none is */
	enum http_failure failure;         /* of the list of numbers, the first that failed */
	const char *failure_why;
	struct inventory_result result;    /* if it was answered */
	const char *target;                /* where numbers have to point (inventory_target); "": not known */
	int numbers;                       /* that take calls */
	bool more;                         /* there are more than were read */
	int right, elsewhere;              /* of them; of the rest it isn't known */
	struct number elsewhere_numbers[FINDING_NUMBERS_MAX]; /* the first of them */
};

void diagnose_credentials(const struct account_facts *facts, struct finding *ret_finding);
/* `public_url` is told as part of what to do; NULL: not set. */
void diagnose_webhooks(const struct account_facts *facts, const char *public_url, struct finding *ret_finding);

/* --- clocks --- */

/* A Date that came between two looks at our clock, ms since the epoch. */
struct clock_look {
	int64_t date_ms; /* -1: none came */
	int64_t before_ms, after_ms;
};

/* Seconds that the far clock surely is ahead of ours (below 0: behind). */
int64_t clock_ahead_s(const struct clock_look *look);
void diagnose_clock(const struct provider *provider, const struct clock_look *at_provider,
	const struct clock_look *at_url, struct finding *ret_finding);

/* --- the public URL --- */

bool url_is_loopback(const char *url);

struct tls_facts {
	const char *url;             /* our public one */
	const struct tls_seen *seen; /* NULL: it is not https */
	bool own_ca;                 /* certificates were trusted that the system doesn't have */
	int64_t now_ms;
};
void diagnose_tls(const struct tls_facts *facts, struct finding *ret_finding);

/* --- questions --- */

/* What came of one question. */
struct question_reply {
	bool asked;
	enum http_failure failure;
	const char *why;     /* of the failure, static */
	int status;
	bool empty;          /* the answer has no body, as our 403 */
	bool understood;     /* the provider would understand it; then: */
	enum action action;
};

struct question_facts {
	const struct account *account;
	const char *public_url;
	const char *cannot_sign; /* why there is no genuine one; NULL: there is */
	struct question_reply genuine, forged;
	int more, astray;        /* like the first that were asked after it, and how many of them got another answer */
};
void diagnose_question(const struct question_facts *facts, struct finding *ret_finding);
/* Is it our answer, as it should be: a refusal by a document, or where nobody can sign 403? */
bool question_is_answered(const struct question_facts *facts, const struct question_reply *reply);

struct deadline_facts {
	const struct provider *provider;
	uint64_t took_us[DIAGNOSE_QUESTIONS]; /* of answers; is sorted */
	int answers, lost;
	bool forged; /* they were of forged questions */
};
void diagnose_deadline(struct deadline_facts *facts, struct finding *ret_finding);

/* --- names of settings --- */

struct setting_words {
	const char *provider;
	const char *api;         /* what its REST API wants: "account_sid and auth_token" */
	const char *signing;     /* what webhooks are checked with */
	const char *application; /* what numbers point to; "" where it is a URL */
};
/* Never NULL; of a provider that is not known the words are general. */
const struct setting_words *setting_words(const char *provider);

#endif
