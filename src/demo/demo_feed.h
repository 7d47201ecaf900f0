/* demo_feed: the marketplace's order feed through a Kafka broker (`bauta demo --kafka HOST:PORT`): topics of this run's
 * own, made at the beginning and removed at the end. The broker must be on this machine or its owner wish it. */
#ifndef DEMO_FEED_H
#define DEMO_FEED_H

#include "base/err.h"
#include "base/buf.h"

struct demo_feed;

/* Makes the topics. NULL: ret_error is one sentence. */
struct demo_feed *demo_feed_new(const char *brokers, char ret_error[256]);
void demo_feed_free(struct demo_feed *feed); /* removes the topics */

/* The block `kafka:` of bauta.yaml. */
void demo_feed_config(const struct demo_feed *feed, struct buf *out);

/* A record, so many times; true when the broker has them. */
bool demo_feed_send(struct demo_feed *feed, struct str order, struct str event, int times);

#endif
