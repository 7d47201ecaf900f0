/* messaging: the dialects in which providers bring us texts and take ours.
 *
 * Two kinds. Those that `answers`: the text goes on in the webhook's answer, and the account needs no more than its
 * webhook. The others are answered with nothing, and the text goes by their REST API: `send` builds the request and
 * `read_said` reads what it says to that. The first can do that too, for what the app itself sends, if the account has what
 * their API asks for.
 *
 * A const table for each dialect, in one file (messaging_twilio.c, ...), named by its struct provider. All functions
 * are pure. Webhooks were verified by provider->verify() before.
 *
 *   POST /hooks/{provider}/{account}/sms             a text; of some providers also reports
 *   POST /hooks/{provider}/{account}/sms/status?of=  what became of ours: `of` is our name for it (message_row.ref)
 *
 * Who gets a text sees the VN that we name as its sender. A text without one can't be rendered or sent: ASSERT (S5).
 * Left out, providers take the VN that was texted, which is another party's.
 */
#ifndef PROVIDER_MESSAGING_H
#define PROVIDER_MESSAGING_H

#include "core/message.h"
#include "provider/inventory.h"
#include "provider/provider.h"
#include "wire/json.h"

/* What came by a webhook. Texts live in the arena or the webhook. */
enum messaging_kind {
	MESSAGING_TEXT,
	MESSAGING_REPORT,
	MESSAGING_NOTHING, /* theirs, and tells us nothing: answered, not kept */
};

struct messaging_in {
	enum messaging_kind kind;
	/* MESSAGING_TEXT */
	struct question question;  /* caller, withheld, called; the rest is the caller's to set */
	bool called_is_number;
	struct str id;             /* 1..MESSAGE_REF_MAX printable characters */
	struct str body;           /* as it came: may be anything */
	uint16_t media;
	bool opted_out;            /* a STOP word, and the provider has dealt with it */
	/* MESSAGING_REPORT */
	struct str ref;            /* our name for the text */
	enum message_state state;  /* SENT, DELIVERED or FAILED */
	struct str code;           /* FAILED: the provider's code */
};

/* A text on its way. */
struct messaging_out {
	struct number to;      /* whose phone */
	struct number shown;   /* the VN that it is from */
	struct str body;       /* clean: core/message.h */
	struct str ref;        /* our name for it */
	/* "https://vn.example.com/hooks/twilio/main/"; .len 0: nobody said where we are: no reports are asked for */
	struct str hook_base;
};

#define MESSAGING_BODY_MAX (MESSAGE_BODY_MAX * 3 + 2048) /* a text, percent-encoded, with what goes along */

struct messaging_request {
	char url[INVENTORY_URL_MAX + 1];
	char body[MESSAGING_BODY_MAX + 1];
	size_t body_len;
	const char *content_type;          /* static */
	const char *user, *password;       /* Basic: the account's own texts; NULL: none */
	const char *bearer;                /* Authorization: Bearer; the account's own text; NULL: none */
};

/* What a provider said to a text that we sent. */
struct messaging_sent {
	struct inventory_result result; /* INVENTORY_DONE: it has taken it. INVENTORY_AGAIN: later, perhaps. Else: no */
	char id[MESSAGE_REF_MAX + 1];   /* its id for it; "" unknown */
};

/* Its words. Texts of the answer. */
struct messaging_said {
	struct str id;                  /* if it took the text */
	struct str code, message;       /* if it did not */
	char room[24];                  /* for a code that is a number */
};

struct messaging {
	bool answers;
	const char *api_url;   /* NULL: only where the account says (api_url) */
	enum err (*parse)(const struct account *account, const struct webhook *webhook, struct arena *arena,
		struct messaging_in *ret_in);                     /* of /sms; ERR_BAD_REQUEST */
	enum err (*parse_status)(const struct account *account, const struct webhook *webhook, struct arena *arena,
		struct messaging_in *ret_in);                     /* of /sms/status */
	/* The answer to /sms. `out` NULL: nothing goes on; refused or taken, all such answers are alike. */
	struct provider_reply (*render)(const struct account *account, const struct messaging_out *out,
		struct buf *body);
	/* The answer to /sms/status. */
	struct provider_reply (*render_status)(struct buf *body);
	/* NULL: the account has what its API asks for; else a sentence, static. */
	const char *(*lacks)(const struct account *account);
	/* ERR_TOO_LARGE; ERR_BAD_REQUEST: as lacks(), or the URL is none. */
	enum err (*send)(const struct account *account, const struct messaging_out *out,
		struct messaging_request *ret_request);
	/* What its answer says, in words of its own. What is not there stays empty. */
	void (*read_said)(const struct json_at *root, struct messaging_said *ret_said);
};

/* What a provider's answer came to. A body that is no JSON: as the status has it. */
void messaging_read_sent(const struct messaging *messaging, int status, struct str body, struct messaging_sent *ret_sent);

/* --- what dialects do alike --- */

/* Which of our webhooks for texts is it, if the provider has any? HOOK_NONE. */
enum hook messaging_hook(const struct provider *provider, const struct webhook *webhook);

/* `of` of the query, if it is one that we may have given. False: none. */
bool messaging_ref(const struct webhook *webhook, struct arena *arena, struct str *ret_ref);

/* "https://.../sms/status?of=REF" */
void messaging_put_status_url(struct buf *out, const struct messaging_out *message);

/* A provider's word for what became of a text. False: it is none that tells anything. */
bool messaging_word(struct str word, enum message_state *ret_state);

/* {"id":, "text":, "media":[], "to":[], "cc":[]} of those who tell of a text so. One to several numbers at once is called
 * nobody: which of them is meant is not said, or it comes once for each, and answers would reach all. */
MUST_CHECK enum err messaging_read_text(const struct account *account, const struct json_at *message, struct str caller,
	struct str called, struct arena *arena, struct messaging_in *in);

/* Builds a request straight through. The URL begins with the account's api_url, else with `api_url`. */
struct messaging_writer {
	struct messaging_request *request;
	struct buf url, body;
};
void messaging_begin(struct messaging_writer *writer, const struct account *account, const char *api_url,
	struct messaging_request *request);
void messaging_field(struct messaging_writer *writer, const char *name, struct str value); /* of a form */
void messaging_field_status(struct messaging_writer *writer, const char *name, const struct messaging_out *message);
MUST_CHECK enum err messaging_end(struct messaging_writer *writer);

/* A member that is a text or a whole number, as text in `room`. */
struct str messaging_code(const struct json_at *object, const char *name, char room[24]);

/* Empty answers of those who read none: 200 without a body. */
struct provider_reply messaging_render_nothing(struct buf *body);

extern const struct messaging messaging_twilio, messaging_signalwire, messaging_plivo, messaging_vonage,
	messaging_telnyx, messaging_bandwidth;

#endif
