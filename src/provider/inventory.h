/* inventory: a provider's REST calls for numbers: list what we own, search, buy, point at our webhook, release.
 *
 * Pure functions: a request is built from values, an answer is read from its status and bytes. Who sends, waits, tries
 * again and keeps the rate is above (supply/). One const table a provider, in one file (inventory_twilio.c, ...), named by
 * its struct provider. What each provider expects and answers is in docs/providers/NAME.md; what is not confirmed by a
 * source is marked there and not relied on.
 *
 * No call here is safe to repeat blindly where money is spent: a purchase whose answer is lost is looked for among what we own
 * (find) before it is asked again.
 *
 * Answers are a stranger's bytes: they may be cut, huge, of another shape, with numbers that are none. What can't be read is
 * INVENTORY_UNREADABLE, never half a result. Pages are bounded by the caller: a list that gives a page twice, or more than
 * INVENTORY_PAGES_MAX, is none.
 *
 * Memory: texts of answers live in the arena. Threads: any.
 */
#ifndef PROVIDER_INVENTORY_H
#define PROVIDER_INVENTORY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "core/number.h"

struct account;

#define INVENTORY_URL_MAX 2047
#define INVENTORY_BODY_MAX 4095
#define INVENTORY_ID_MAX 63
#define INVENTORY_CURSOR_MAX 511
#define INVENTORY_ANSWER_MAX (4u << 20) /* bytes of an answer that are read */
#define INVENTORY_PAGE_NUMBERS 1000     /* numbers of one page that are read; more: INVENTORY_UNREADABLE */
#define INVENTORY_PAGES_MAX 1000
#define INVENTORY_OFFERS_MAX 100

enum inventory_method { INVENTORY_GET, INVENTORY_POST, INVENTORY_PUT, INVENTORY_PATCH, INVENTORY_DELETE };

struct inventory_request {
	enum inventory_method method;
	char url[INVENTORY_URL_MAX + 1];
	char body[INVENTORY_BODY_MAX + 1];
	const char *content_type;          /* static; NULL: no body */
	const char *accept;                /* static */
	const char *user, *password;       /* Basic: the account's own texts; NULL: none */
	const char *bearer;                /* Authorization: Bearer; the account's own text; NULL: none */
};

enum inventory_outcome {
	INVENTORY_DONE,
	INVENTORY_PENDING,     /* a purchase that the provider has taken and not finished */
	INVENTORY_AGAIN,       /* 408, 429, 5xx: the same may be asked later (see above for purchases) */
	INVENTORY_NO_ACCESS,   /* credentials or rights: 401, 403 */
	INVENTORY_NO_MONEY,    /* balance or plan: 402 */
	INVENTORY_GONE,        /* that number is not (or no longer) to be had, or not ours: 404, ... */
	INVENTORY_WANTS_PAPERS,/* the country wants an address or documents first */
	INVENTORY_REFUSED,     /* anything else that it says no to */
	INVENTORY_UNREADABLE,  /* 2xx with something that this version doesn't understand */
};
extern const char *const inventory_outcome_words[]; /* "done", "pending", "again", "no_access", ...; NULL ends */

/* What an answer came to. */
struct inventory_result {
	enum inventory_outcome outcome;
	int status;               /* HTTP */
	char code[32];            /* the provider's own error code, printable; "" */
	char why[160];            /* its sentence, printable ASCII, cut; digits of 8 or more in a row as '*': "" */
	int64_t retry_after_s;    /* the provider's wish in the body, if any; -1. (A header's is the sender's.) */
};

#define INVENTORY_NO_PRICE (-1)

/* A number that we own there. */
struct inventory_number {
	struct number number;
	struct str id;            /* what the provider calls it; up to INVENTORY_ID_MAX bytes */
	uint16_t country;         /* 0: the list doesn't say */
	bool voice, sms;
	bool active;              /* can be used now; false: ordered, porting, wants documents */
	bool hook_told;           /* the list says where it points to; false: ask `one` (Exotel) */
	struct str hook;          /* where it points to: a URL, or an application's id; empty: nowhere */
	bool hook_hidden;         /* something else wins over it there (an application, a trunk, a SIP target) */
	/* The same of its texts, where they may go another way than its calls (point_texts). Not told: also, it takes none. */
	bool text_hook_told, text_hook_hidden;
	struct str text_hook;
	struct str tag;           /* the text that people give it there: friendly name, alias, first tag, reference */
	int64_t month_micros;     /* price a month, millionths of `currency`; INVENTORY_NO_PRICE */
	char currency[4];         /* "USD"; "" unknown */
};

struct inventory_page {
	const char *asked;        /* in: the cursor that this page was asked by, for answers that don't say (Vonage); NULL: "" */
	struct inventory_number *numbers;
	int n;
	char next[INVENTORY_CURSOR_MAX + 1]; /* cursor of the next page; "": this was the last */
};

/* What is looked for. */
struct inventory_want {
	uint16_t country;
	char type[16];            /* "local", "mobile", "national", "tollfree"; "": local */
	char area[16];            /* digits of the national number to begin with, or ""; where a provider can't, it is the caller's to sift */
	char region[32];          /* the provider's own region or circle; "" */
	bool sms;                 /* voice is always wanted */
	int n;                    /* about how many offers, 1..INVENTORY_OFFERS_MAX */
};

struct inventory_offer {
	struct number number;
	uint16_t country;
	int64_t month_micros, setup_micros;  /* INVENTORY_NO_PRICE */
	char currency[4];
	bool wants_papers;        /* an address or documents: not bought by itself */
};

struct inventory_offers {
	struct inventory_offer *offers;
	int n;
};

/* Where a number of ours is to point. */
struct inventory_hook {
	const char *voice_url;    /* our webhook for questions */
	const char *status_url;   /* and for reports; NULL */
	/* For texts, and for reports of them; NULL: its pool has none, or the provider brings none to us. */
	const char *text_url, *text_status_url;
	const char *control_url;  /* for events of calls, of providers that want commands; NULL */
};

struct inventory_bought {
	struct number number;     /* none: the answer doesn't say */
	char id[INVENTORY_ID_MAX + 1];    /* the number's id, if it says so; "" */
	char order[INVENTORY_ID_MAX + 1]; /* INVENTORY_PENDING: what to ask about; "" : look into the list */
};

/* Builders: ERR_TOO_LARGE: it doesn't fit; ERR_BAD_REQUEST: this account or wish can't be put (a setting is missing; the
 * sentence in `ret_why`, static). Readers always give a result; outputs are set on INVENTORY_DONE (and PENDING) only. */
struct inventory {
	const char *provider;     /* "twilio" */
	const char *api_url;      /* where its API is, unless the account says otherwise (api_url); may hold account data: see url */
	uint32_t requests_a_minute; /* that we keep to, for an account */
	bool by_application;      /* numbers point to an application's id (account.application), not to a URL */
	bool order_is_slow;       /* purchases may stay pending */

	/* Our numbers, a page. cursor "": the first. */
	enum err (*list)(const struct account *account, const char *cursor, struct inventory_request *ret_request,
		const char **ret_why);
	/* The list (one page) of that number alone, or the number by itself; the answer is for read_list. Where a provider can't
	 * be asked for one number (Exotel): the list's first page. So look through `next` too, before the number counts as not
	 * ours. */
	enum err (*find)(const struct account *account, struct number number, struct inventory_request *ret_request,
		const char **ret_why);
	/* ret_page->asked is set before; all else is set here. */
	void (*read_list)(const struct account *account, int status, struct str body, struct arena *arena,
		struct inventory_page *ret_page, struct inventory_result *ret_result);
	/* One number in full, where the list doesn't say where it points (hook_told); answer for read_list. NULL: the list says all. */
	enum err (*one)(const struct account *account, const struct inventory_number *number, struct inventory_request *ret_request,
		const char **ret_why);

	enum err (*search)(const struct account *account, const struct inventory_want *want, struct inventory_request *ret_request,
		const char **ret_why);
	void (*read_search)(const struct account *account, int status, struct str body, struct arena *arena,
		struct inventory_offers *ret_offers, struct inventory_result *ret_result);

	enum err (*buy)(const struct account *account, const struct inventory_offer *offer, const struct inventory_hook *hook,
		struct inventory_request *ret_request, const char **ret_why);
	void (*read_buy)(const struct account *account, int status, struct str body, struct arena *arena,
		struct inventory_bought *ret_bought, struct inventory_result *ret_result);
	/* How a pending order is; answer for read_buy. NULL: there are no orders to ask about. */
	enum err (*order)(const struct account *account, const char *order, struct inventory_request *ret_request,
		const char **ret_why);

	/* Points the number to us. */
	enum err (*point)(const struct account *account, const struct inventory_number *number, const struct inventory_hook *hook,
		struct inventory_request *ret_request, const char **ret_why);
	/* Where numbers point to an application: sets the application's URLs to ours. NULL: there is none (or it can't be set). */
	enum err (*application)(const struct account *account, const struct inventory_hook *hook,
		struct inventory_request *ret_request, const char **ret_why);
	/* The same for texts (hook->text_url). NULL: a number's texts go where its calls do, or none come to us. */
	enum err (*point_texts)(const struct account *account, const struct inventory_number *number,
		const struct inventory_hook *hook, struct inventory_request *ret_request, const char **ret_why);
	/* Where texts belong to an application (or profile): sets its URLs for them to ours. NULL: as above. */
	enum err (*application_texts)(const struct account *account, const struct inventory_hook *hook,
		struct inventory_request *ret_request, const char **ret_why);
	enum err (*release)(const struct account *account, const struct inventory_number *number,
		struct inventory_request *ret_request, const char **ret_why);
	/* Of point, application, the same for texts, and release. */
	void (*read_done)(const struct account *account, int status, struct str body, struct arena *arena,
		struct inventory_result *ret_result);
};

/* NULL ends. */
extern const struct inventory *const inventories[];
const struct inventory *inventory_find(struct str provider); /* NULL */

/* Where a number of this account should point: the application's id or the voice URL. */
const char *inventory_target(const struct inventory *inventory, const struct account *account, const struct inventory_hook *hook);
/* Does it surely not point there? Nothing is sure where the list doesn't say (hook_told), or of the target "". */
bool inventory_points_elsewhere(const struct inventory_number *number, const char *target);
/* The same of its texts; target "": of this provider, or account, nothing is known or to be set. */
const char *inventory_text_target(
	const struct inventory *inventory, const struct account *account, const struct inventory_hook *hook);
bool inventory_texts_elsewhere(const struct inventory_number *number, const char *target);

#endif
