/* sink_webhook: an endpoint that gets events as HTTP POSTs: a CloudEvent in the JSON format, signed after Standard Webhooks
 * (wire/standard_webhook.h), each try with a time and a signature of its own and the same webhook-id, "evt_...".
 *
 *	2xx                    SENT_DONE
 *	410                    SENT_REFUSED: it wants nothing any more
 *	anything else          SENT_AGAIN: after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; then the event is given up
 *	no answer at all       the same: an endpoint's failure is its own matter
 *	429, 503, Retry-After  and the whole sink rests as long as was asked for, an hour at most
 *
 * Redirects are not followed. The answer's body is not looked at.
 *
 * Limits: SINK_WEBHOOK_WINDOW events out, of SINK_WEBHOOK_DATA_MAX bytes of data (more: SENT_NEVER). Threads: see sink.h;
 * counts from any. Reasons (`why`) hold nothing of the URL, the event or the answer but its status.
 */
#ifndef OUT_SINK_WEBHOOK_H
#define OUT_SINK_WEBHOOK_H

#include "out/sink.h"

#define SINK_WEBHOOK_WINDOW 16
#define SINK_WEBHOOK_DATA_MAX (512 * 1024)
#define SINK_WEBHOOK_REST_MAX_S 3600
#define SINK_WEBHOOK_TYPES_MAX 64

struct sink_webhook_options {
	const char *name;            /* 1..32 bytes: the sink is "webhook:NAME" */
	const char *url;             /* net/http_url.h */
	const char *secret, *secret_2; /* wire/standard_webhook.h; the second, or NULL: both sign */
	const char *tenant;          /* whose events */
	const char *ca;              /* file of certificates to trust beside the system's; NULL: none */
	bool allow_private;          /* net/address.h */
	char *const *types;          /* wire/type_pattern.h: events of these types; none: of all */
	int types_n;                 /* up to SINK_WEBHOOK_TYPES_MAX */
	uint32_t timeout_ms;         /* for a whole try; 0: 15000 */
	int64_t (*now_ms)(void *context); /* since the epoch */
	void *now_context;
};

/* Texts are copied. NULL: one of them can't be used, or no memory; *ret_error has a sentence that names the field
 * ("secret: must begin with whsec_") and quotes nothing. */
struct sink *sink_webhook_new(const struct sink_webhook_options *options, char ret_error[256]);

struct sink_webhook_counts {
	uint64_t delivered; /* events that were taken */
	uint64_t failed;    /* tries that were not */
	int last_status;    /* of the last try; 0: no answer came, or nothing was tried */
};
struct sink_webhook_counts sink_webhook_counts(const struct sink *sink);

#endif
