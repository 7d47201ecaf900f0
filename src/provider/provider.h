/* provider: the dialects in which telecom companies ask us where a call goes.
 *
 * A dialect is one const table in one file (provider_twilio.c, provider_exotel.c, ...), listed in
 * providers[] (provider.c). Everything here is a function of bytes: no socket, no clock, no log.
 * The order of a webhook is: hook() -> verify() -> parse_voice() or parse_status() -> decide() ->
 * render(). Nothing is parsed beyond framing before verify() said yes.
 *
 * Threads: any; accounts are read only once made (a reload makes new ones).
 */
#ifndef PROVIDER_PROVIDER_H
#define PROVIDER_PROVIDER_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/call.h"
#include "core/decide.h"
#include "core/dialplan.h"
#include "wire/form.h"

#define PROVIDER_NAME_MAX 15
#define ACCOUNT_NAME_MAX 31
#define ACCOUNT_SECRET_MAX 255
#define ACCOUNT_ALLOW_MAX 64

/* A source address and its mask, in IPv6 form (IPv4 as ::ffff:a.b.c.d). */
struct account_net {
	uint8_t address[16];
	uint8_t bits; /* 0..128 */
};

/* One set of credentials at one provider. Text fields are "" when not set. */
struct account {
	const struct provider *provider;
	char name[ACCOUNT_NAME_MAX + 1];
	char tenant[65];
	uint16_t index;              /* as the engine knows it */
	struct dialplan dialplan;    /* of the account's country */
	char sid[ACCOUNT_SECRET_MAX + 1];      /* twilio, exotel: account_sid; others their account id; infobip: api_id */
	/* What webhooks are checked with. twilio: auth_token; exotel: api_token; telnyx: public_key, no secret;
	 * vonage: signature_secret; bandwidth: password; sinch: application_secret; infobip, 8x8: authorization;
	 * huawei: app_secret */
	char secret[ACCOUNT_SECRET_MAX + 1];
	char secret_2[ACCOUNT_SECRET_MAX + 1]; /* second one while rotating */
	/* exotel, telnyx, vonage, infobip: api_key; bandwidth: user; sinch: application_key; huawei: app_key */
	char api_key[ACCOUNT_SECRET_MAX + 1];
	char subdomain[ACCOUNT_SECRET_MAX + 1];
	char secret_path[ACCOUNT_SECRET_MAX + 1];
	char audio_url[ACCOUNT_SECRET_MAX + 1]; /* infobip: what refused callers hear */
	/* For its REST API (inventory.h). */
	/* Instead of the provider's own, path and all, for numbers, texts and commands; no slash at its end; "" */
	char api_url[ACCOUNT_SECRET_MAX + 1];
	char api_user[ACCOUNT_SECRET_MAX + 1];    /* bandwidth: api_user */
	char api_password[ACCOUNT_SECRET_MAX + 1];/* bandwidth: api_password; vonage: api_secret; signalwire: api_token */
	char application[ACCOUNT_SECRET_MAX + 1]; /* where numbers point to: plivo app_id, telnyx connection_id, vonage application_id,
	                                           * exotel flow_url, bandwidth site_id */
	char location[ACCOUNT_SECRET_MAX + 1];    /* bandwidth: location_id (SIP peer) */
	char message_application[ACCOUNT_SECRET_MAX + 1]; /* bandwidth: message_application_id; telnyx: messaging_profile_id */
	bool call_control;           /* telnyx: `application` is of Call Control, not of TeXML */
	uint32_t sync_s;             /* numbers are fetched so often; 0: never by itself */
	bool manage_webhooks;        /* numbers that point elsewhere are pointed to us */
	bool require_v3;             /* plivo: signatures V2 are not taken */
	struct account_net allow[ACCOUNT_ALLOW_MAX];
	int allow_n;                 /* 0: any source address */
};

/* "203.0.113.0/24", "2001:db8::1". False: not an address or prefix. */
bool account_net_parse(struct str text, struct account_net *ret_net);
/* True if allow is empty or holds the address (text, as http_request.peer). */
bool account_allows(const struct account *account, const char *peer);

/* Where its webhooks are, answer.hook_base: "https://vn.example.com/hooks/twilio/main/". False: it doesn't fit; "" then. */
bool account_hook_base(const struct account *account, const char *public_url, char *text, size_t size);

/* A body's form, decoded by the first who asks (webhook_form() in webhook.h) and kept for the next: the check of
 * a signature and the reading of the question want the same fields. */
struct webhook_form {
	struct arena *arena; /* the request's */
	bool decoded;
	enum err err;
	struct form form;
};

/* A webhook as it came in. Texts live as long as the request. */
struct webhook {
	bool post;               /* else GET */
	struct str url;          /* what the provider was told to call: configured public_url + target */
	struct str path, query;  /* raw */
	struct str rest;         /* of the path, behind /hooks/{provider}/{account}/ */
	struct str content_type;
	struct str body;
	const char *peer;
	int64_t now_ms;
	/* A header's value, any case; STR_NONE. */
	struct str (*header)(const void *context, const char *name);
	const void *header_context;
	struct webhook_form *form; /* NULL: nothing is kept, each who asks decodes */
};

enum hook { HOOK_NONE, HOOK_VOICE, HOOK_STATUS, HOOK_SMS, HOOK_SMS_STATUS, HOOK_CONTROL };

/* What a provider asked. Texts live in the arena or the webhook. */
struct ask {
	struct question question;  /* caller, withheld, called, digits; account, tenant and time are the caller's to set */
	struct str call_id;        /* 1..CALL_PROVIDER_ID_MAX bytes, or none */
	char attestation;          /* STIR: 'A', 'B', 'C', 0 unknown */
	bool called_is_number;     /* false: `called` could not be read; refused as not_a_vn */
};

/* What a provider reported of a call. */
struct report {
	struct str call_id;
	enum call_status status;
	uint32_t seconds;
	bool no_news;              /* theirs, but of a leg or kind that tells nothing about the call: answered, not kept */
	bool final_leg;            /* the report is of the dialled leg's end (<Dial action>): answered with an empty document */
};

/* What render needs beside the decision. */
struct answer {
	const struct decision *decision;
	struct str hook_base;   /* "https://vn.example.com/hooks/twilio/main/" (with secret_path/ where there is one) */
	struct str call_id;
	struct number called;   /* the VN that was dialled; none: not known */
	bool pin_again;         /* DIGITS after wrong digits */
};

struct provider_reply {
	int status;               /* 200 */
	const char *content_type; /* static */
};

struct messaging;
struct control;

struct provider {
	const char *name;
	uint32_t deadline_ms; /* how long it waits for an answer to a question; 0: it doesn't say */
	uint32_t clocks_differ_s; /* the time is signed: verify refuses what is further from ours; 0: it is not signed */
	/* Only the number that was dialled can be shown: for pools with `numbers: one` (shows_dialled.h). What would show
	 * another is answered with a refusal. */
	bool shows_dialled_only;
	/* Which webhook `rest` and method name. */
	enum hook (*hook)(const struct account *account, const struct webhook *webhook);
	/* Signature, secret path, source address. Fails closed; constant time where a secret is compared. */
	bool (*verify)(const struct account *account, const struct webhook *webhook);
	/* ERR_BAD_REQUEST when it is not the provider's shape. */
	enum err (*parse_voice)(const struct account *account, const struct webhook *webhook, struct arena *arena,
		struct ask *ret_ask);
	enum err (*parse_status)(const struct account *account, const struct webhook *webhook, struct arena *arena,
		struct report *ret_report);
	/* The answer document. A CONNECT or FORWARD without callee or VN to show can't be rendered:
	 * ASSERT (S5). Refusals depend on the action alone, never on the reason. */
	struct provider_reply (*render)(const struct account *account, const struct answer *answer, struct buf *out);
	/* Answer to a status report. */
	struct provider_reply (*render_status)(const struct account *account, const struct report *report, struct buf *out);
	/* Its dialect of texts (messaging.h), whose webhooks are verified as above; NULL: none. */
	const struct messaging *messaging;
	/* Its dialect of events and commands (control.h), verified as above; NULL: none. */
	const struct control *control;
	/* The provider's side, for `bauta call`, the demo, tests and benchmarks; NULL: none. */
	const struct provider_sim *sim;
};

/* The provider's side of the same dialect: makes its requests, signed, and reads our answers. */
#define SIM_HEADER_MAX 1023

struct sim_request {
	bool post;
	char target[2048];        /* path?query on our server */
	char body[2048];
	char content_type[64];
	char header_name[2][48];  /* "X-Twilio-Signature" */
	char header_value[2][SIM_HEADER_MAX + 1];
	int headers_n;
};

struct sim_question {
	struct number from;       /* none: withheld, in the provider's present spelling */
	struct number to;
	const char *call_id;
	const char *digits;       /* NULL: none */
	const char *text;         /* what somebody texts: provider_sim.text */
	const char *status;       /* status reports: the provider's word, e.g. "completed"; NULL for voice */
	uint32_t seconds;
	const char *public_url;   /* what is signed, e.g. "http://127.0.0.1:8080" */
	int64_t now_ms;           /* when, for those that sign the time; 0: long ago */
};

/* What our answer would make the provider do. */
struct sim_outcome {
	enum action action;
	struct number rings;      /* CONNECT, FORWARD (not told apart by the wire: CONNECT) */
	struct number shows;      /* none: the provider would show its default (a leak at Twilio) */
	bool shows_dialled;       /* the number that was dialled, which the answer doesn't name */
	uint32_t ring_s, max_call_s;
	char next[512];           /* DIGITS: where the digits go (target on our server) */
	char status_url[512];     /* where the end of the call is reported; "" none */
};

/* What our answer to a text would make the provider do. */
#define SIM_TEXT_MAX 6400
struct sim_text {
	bool goes;                /* false: nothing goes on */
	struct number to, shown;  /* shown none: the provider would show its default, which is another's */
	char body[SIM_TEXT_MAX + 1];
	char status_url[512];     /* where what becomes of it is reported; "" none */
};

struct provider_sim {
	/* Default VN-side webhook for a question: fills target, body, headers. */
	enum err (*ask)(const struct account *account, const struct sim_question *question, struct sim_request *ret_request);
	enum err (*tell)(const struct account *account, const struct sim_question *question, struct sim_request *ret_request);
	/* ERR_BAD_REQUEST: a document that the provider would not understand. */
	enum err (*read)(const struct account *account, int status, struct str body, struct sim_outcome *ret_outcome);
	/* A text to `to`, and our answer to it; NULL: this provider's can't be played. */
	enum err (*text)(const struct account *account, const struct sim_question *question,
		struct sim_request *ret_request);
	enum err (*read_text)(const struct account *account, int status, struct str body, struct sim_text *ret_text);
};

/* NULL ends. */
extern const struct provider *const providers[];
const struct provider *provider_find(struct str name);

/* Of a provider by that name; false for one that isn't there. */
bool provider_shows_dialled_only(struct str name);

#endif
