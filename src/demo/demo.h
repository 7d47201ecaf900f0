/* demo: one run of `bauta demo`: a real server as a child process, and we as everybody else around it.
 *
 *   demo.c          the command: folder, server, story, summary, staying up, end
 *   demo_story.c    the steps, in order
 *   demo_pool.c     we as the operator: pools and their numbers
 *   demo_stock.c    we as the market: Twilio's inventory API
 *   demo_app.c      we as apps and order feed: the HTTP API
 *   demo_feed.c     the order feed through a Kafka broker, if one is given
 *   demo_phone.c    we as phones and as the provider between them and Bauta: signed webhooks
 *   demo_text.c     the same for texts; demo_wire.c their requests
 *   demo_server.c   the child
 *   demo_folder.c   the temporary folder and the configuration in it
 *   demo_screen.c   the ladder; demo_tally.c what is counted; demo_leaks.c the search for numbers
 *
 * Who was reached is told by the answers that we get as the provider; no key of ours has the scope `reveal`.
 */
#ifndef DEMO_H
#define DEMO_H

#include "cli/client.h"
#include "config/config.h"
#include "demo/demo_feed.h"
#include "demo/demo_folder.h"
#include "demo/demo_leaks.h"
#include "demo/demo_screen.h"
#include "demo/demo_server.h"
#include "demo/demo_stock.h"
#include "demo/demo_tally.h"

#define DEMO_ORDERS_MAX 8

struct demo_party {
	const char *role;
	const struct demo_phone *phone;
	struct number vn; /* what stands for it, as the other's app shows it; none until asked */
};

struct demo_order {
	const char *pool, *ref;
	struct demo_party parties[2];
	int version; /* of its last event */
	bool live;   /* acknowledged, with VNs: must be so again whenever we look */
};

struct demo {
	struct demo_stop stop;
	struct demo_folder folder;
	struct demo_server server;
	struct demo_screen screen;
	struct demo_tally tally;
	struct demo_leaks leaks;
	struct demo_feed *feed; /* events go through a broker; NULL: by HTTP */
	struct demo_stock *stock; /* where the server buys numbers */
	struct client *client; /* of the server as it is now */
	struct config *config; /* what the server reads: the accounts that we sign with */
	const struct account *twilio, *exotel;
	struct demo_order *orders[DEMO_ORDERS_MAX]; /* every order of the story */
	int orders_n;
	struct buf refusals[2]; /* the first refusal of Twilio's and Exotel's callers: all must be alike */
	int calls;              /* for call ids */
};

/* A client of the server as it is now, in place of the one before. False: told on the screen. */
bool demo_connect(struct demo *demo);

/* Counts and shows what isn't as it should be; returns `good`. */
bool demo_expect(struct demo *demo, bool good, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
