/* demo_stock: Twilio's other side: a market of virtual numbers behind its inventory API, on a loopback port of this process. The
 * server searches and buys there as it would at Twilio's, with the account's own credentials.
 *
 * What it is asked is kept, so that it can be looked into for real numbers: Bauta has none to tell a market.
 *
 * Threads: made and freed by the main thread; the rest from any. Limits: DEMO_STOCK_MAX numbers; DEMO_STOCK_ASKED_MAX bytes of
 * requests are kept, the ones after that are not (whole). */
#ifndef DEMO_STOCK_H
#define DEMO_STOCK_H

#include "base/buf.h"
#include "core/number.h"

#define DEMO_STOCK_MAX 64
#define DEMO_STOCK_ASKED_MAX ((size_t)1 << 20)
#define DEMO_STOCK_SID "AC00000000000000000000000000000000"

struct demo_stock;

/* With `count` local numbers on offer from `first` on, of the country. `token` is the account's, outlives it. NULL: ret_error
 * is one sentence. */
struct demo_stock *demo_stock_new(const char *token, const char *country, struct number first, int count, char ret_error[256]);
void demo_stock_free(struct demo_stock *stock);

/* "http://127.0.0.1:PORT": the account's api_url. */
const char *demo_stock_url(const struct demo_stock *stock);

struct demo_stock_counts {
	int bought;
	int pointed; /* of those bought: for calls and texts to URLs that begin with `hooks` */
	int wrong;   /* requests that were answered with an error */
};
struct demo_stock_counts demo_stock_counts(struct demo_stock *stock, const char *hooks);

/* All that it was asked since the last time: targets and bodies, a line each. Appended to `out`. */
void demo_stock_asked(struct demo_stock *stock, struct buf *out);

#endif
