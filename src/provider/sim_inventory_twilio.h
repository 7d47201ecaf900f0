/* sim_inventory_twilio: Twilio's side of inventory_twilio: an account with numbers and a market to buy them from. For the
 * demo and for tests, which give it to their clients over HTTP or call it directly.
 *
 * Answers as Twilio does to IncomingPhoneNumbers.json (list, find, buy), IncomingPhoneNumbers/{sid}.json (one, set,
 * release) and AvailablePhoneNumbers/{country}/{Local,Mobile,National,TollFree}.json (search). Stricter than Twilio: a
 * parameter that it doesn't know, or one twice, is an error (400, code 20001). A number that is released is on offer again.
 * Errors are Twilio's documents: {"code","message","more_info","status"}; their sentences hold no value of the request.
 *
 * Pure: no clock, no socket. Memory: the table of numbers is the caller's; an answer is written into the caller's buf; an
 * arena of SIM_TWILIO_MEMORY_MAX lives while a request is answered. Threads: one at a time.
 *
 * Limits: `max` numbers on offer or owned; `owned_max` owned (beyond: 400, code 10002, as of a trial account); pages of 1,000;
 * targets and bodies of SIM_TWILIO_REQUEST_MAX bytes; URLs of SIM_TWILIO_URL_MAX.
 */
#ifndef PROVIDER_SIM_INVENTORY_TWILIO_H
#define PROVIDER_SIM_INVENTORY_TWILIO_H

#include "base/buf.h"
#include "base/err.h"
#include "core/number.h"

#define SIM_TWILIO_SID_SIZE 35 /* "PN" and 32 hexadecimal digits */
#define SIM_TWILIO_URL_MAX 511
#define SIM_TWILIO_NAME_MAX 64
#define SIM_TWILIO_REQUEST_MAX (16 * 1024)
#define SIM_TWILIO_MEMORY_MAX (64 * 1024)
#define SIM_TWILIO_ANSWER_MAX (4u << 20) /* room enough in the buf for the longest page */

/* A number on offer or owned. The first part is the caller's to set when it is put on offer; the rest is zeroed then. */
struct sim_twilio_number {
	struct number number;
	uint16_t country;
	char type[16];            /* "local", "mobile", "national", "tollfree" */
	char region[8];           /* "CA"; "" */
	bool sms;                 /* all have voice */
	bool wants_address;       /* bought with AddressSid or BundleSid only */

	uint32_t serial;          /* the account's n-th number, its sid too; 0: on offer */
	int64_t bought_ms, changed_ms;
	char friendly_name[SIM_TWILIO_NAME_MAX + 1];
	char voice_url[SIM_TWILIO_URL_MAX + 1], status_callback[SIM_TWILIO_URL_MAX + 1];
	bool voice_by_get, status_by_get, fax;
	char sms_url[SIM_TWILIO_URL_MAX + 1], sms_application[SIM_TWILIO_SID_SIZE];
	bool sms_by_get;
	char application[SIM_TWILIO_SID_SIZE], trunk[SIM_TWILIO_SID_SIZE]; /* "" none; never both */
	char address[SIM_TWILIO_SID_SIZE], bundle[SIM_TWILIO_SID_SIZE];
};

struct sim_inventory_twilio {
	const char *account_sid, *auth_token; /* outlive it */
	struct sim_twilio_number *numbers;    /* the caller's, `max` of them */
	int n, max, owned, owned_max;
	uint32_t serial;                      /* of the number bought last */
	uint32_t busy;                        /* so many requests to come are answered 429 (code 20429); the caller's to set */
};

void sim_inventory_twilio_init(struct sim_inventory_twilio *sim, const char *account_sid, const char *auth_token,
	struct sim_twilio_number *numbers, int max, int owned_max);

/* Puts a number on offer. ERR_LIMIT_REACHED; ERR_NUMBER_IN_USE: it is there; ERR_BAD_REQUEST: another type, no country. */
MUST_CHECK enum err sim_inventory_twilio_offer(struct sim_inventory_twilio *sim, const struct sim_twilio_number *number);

/* The number that is owned or on offer; NULL. For tests that look or that change it behind the client's back. */
struct sim_twilio_number *sim_inventory_twilio_find(struct sim_inventory_twilio *sim, struct number number);

struct sim_twilio_ask {
	struct str method;        /* "GET" */
	struct str target;        /* path?query, as it came */
	struct str authorization; /* the header's value; STR_NONE */
	struct str content_type;  /* the same */
	struct str body;
	int64_t now_ms;
};

/* Writes the answer's body (application/json; none with 204) and returns its status. A buf without room: 500 and no body, and
 * what was asked for may have been done, as where an answer is lost on its way. */
int sim_inventory_twilio_answer(struct sim_inventory_twilio *sim, const struct sim_twilio_ask *ask, struct buf *out);

#endif
