#include "net/http_client.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/steady.h"
#include "net/http_trip.h"

#define CONNECTIONS_MAX 16

struct trips {
	struct http_trip *first, *last;
	int n;
};

struct http_client {
	int connections_max, per_host_max;
	char *user_agent;
	struct http_proxies proxies;
	CURLM *multi;
	CURLSH *pools[2];
	struct trips waiting, running;
};

static void trips_add(struct trips *trips, struct http_trip *trip)
{
	trip->next = NULL;
	trip->before = trips->last;
	*(trips->last ? &trips->last->next : &trips->first) = trip;
	trips->last = trip;
	trips->n++;
}

static void trips_take(struct trips *trips, struct http_trip *trip)
{
	*(trip->before ? &trip->before->next : &trips->first) = trip->next;
	*(trip->next ? &trip->next->before : &trips->last) = trip->before;
	trips->n--;
}

/* ---- made and freed ---- */

/* Connections of one pool are never seen by requests of the other. */
static CURLSH *pool_new(void)
{
	CURLSH *pool = curl_share_init();

	if (pool && curl_share_setopt(pool, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT) != CURLSHE_OK) {
		curl_share_cleanup(pool);
		return NULL;
	}
	return pool;
}

static bool fill(struct http_client *client, const struct http_client_options *options)
{
	client->connections_max = options->connections_max ? options->connections_max : CONNECTIONS_MAX;
	client->per_host_max = options->per_host_max ? options->per_host_max : client->connections_max;
	ASSERT(client->connections_max > 0 && client->per_host_max > 0);
	client->user_agent = options->user_agent ? strdup(options->user_agent) : NULL;
	if ((options->user_agent && !client->user_agent) || http_proxies_read(&client->proxies) != ERR_OK)
		return false;
	client->multi = curl_multi_init();
	client->pools[0] = pool_new();
	client->pools[1] = pool_new();
	return client->multi && client->pools[0] && client->pools[1] &&
	       curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)client->connections_max) == CURLM_OK;
}

struct http_client *http_client_new(const struct http_client_options *options)
{
	struct http_client *client = curl_global_init(CURL_GLOBAL_DEFAULT) ? NULL : calloc(1, sizeof *client);

	if (client && !fill(client, options)) {
		http_client_free(client);
		return NULL;
	}
	return client;
}

static void drop_all(struct http_client *client, struct trips *trips, bool added)
{
	while (trips->first) {
		struct http_trip *trip = trips->first;
		trips_take(trips, trip);
		if (added)
			curl_multi_remove_handle(client->multi, trip->easy);
		http_trip_free(trip);
	}
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	drop_all(client, &client->running, true);
	drop_all(client, &client->waiting, false);
	curl_multi_cleanup(client->multi);
	curl_share_cleanup(client->pools[0]);
	curl_share_cleanup(client->pools[1]);
	http_proxies_done(&client->proxies);
	free(client->user_agent);
	free(client);
}

/* ---- sent ---- */

enum err http_client_send(struct http_client *client, const struct http_ask *ask,
	void (*answer)(void *context, const struct http_answered *answered), void *context)
{
	const struct http_trip_means means = {
		.proxies = &client->proxies,
		.user_agent = client->user_agent,
		.pools = {client->pools[0], client->pools[1]},
	};
	struct http_trip *trip;

	if (http_client_out(client) >= HTTP_CLIENT_OUT_MAX)
		return ERR_OVERLOADED;
	enum err err = http_trip_new(ask, &means, &trip);
	if (err != ERR_OK)
		return err;
	trip->deadline_ms += steady_ms();
	trip->answer = answer;
	trip->context = context;
	trips_add(&client->waiting, trip);
	return ERR_OK;
}

int http_client_out(const struct http_client *client)
{
	return client->waiting.n + client->running.n;
}

/* ---- on the way ---- */

/* Off the lists already. */
static void answer(struct http_trip *trip, CURLcode code)
{
	struct http_answered answered;

	http_trip_judge(trip, code, &answered);
	trip->answer(trip->context, &answered);
	http_trip_free(trip);
}

static bool same_host(const struct http_url *a, const struct http_url *b)
{
	return a->tls == b->tls && strcmp(a->host, b->host) == 0 && strcmp(a->port, b->port) == 0;
}

static bool host_is_busy(const struct http_client *client, const struct http_url *url)
{
	int n = 0;

	for (const struct http_trip *trip = client->running.first; trip; trip = trip->next)
		n += same_host(&trip->url, url);
	return n >= client->per_host_max;
}

/* False: no memory; it stays out of both lists. */
static bool start(struct http_client *client, struct http_trip *trip, int64_t now_ms)
{
	int64_t left_ms = trip->deadline_ms - now_ms;

	if (curl_easy_setopt(trip->easy, CURLOPT_TIMEOUT_MS, (long)left_ms) != CURLE_OK ||
		curl_multi_add_handle(client->multi, trip->easy) != CURLM_OK)
		return false;
	trips_add(&client->running, trip);
	return true;
}

/* Starts what may start and ends what waited too long: both in the order in which they came. Those that answers
 * send meanwhile come last. Gives the number of answers. */
static int look_at_waiting(struct http_client *client)
{
	int64_t now_ms = steady_ms();
	int answers = 0;

	for (struct http_trip *trip = client->waiting.first, *next; trip; trip = next) {
		bool late = trip->deadline_ms <= now_ms;
		bool may = client->running.n < client->connections_max && !host_is_busy(client, &trip->url);
		bool here = trip->proxied && !trip->allow_private && http_url_is_private(&trip->url);
		next = trip->next;
		if (!late && !may && !here)
			continue;
		trips_take(&client->waiting, trip);
		trip->refused = here;
		if (!late && !here && start(client, trip, now_ms))
			continue;
		answer(trip, late ? CURLE_OPERATION_TIMEDOUT : here ? CURLE_COULDNT_CONNECT : CURLE_OUT_OF_MEMORY);
		answers++;
	}
	return answers;
}

/* Gives the number of answers. */
static int work(struct http_client *client)
{
	CURLMsg *message;
	int running, left, answers = look_at_waiting(client);

	curl_multi_perform(client->multi, &running);
	while ((message = curl_multi_info_read(client->multi, &left))) {
		struct http_trip *trip = NULL;
		CURLcode code = message->data.result;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &trip);
		curl_multi_remove_handle(client->multi, trip->easy); /* the message is gone with it */
		trips_take(&client->running, trip);
		answer(trip, code);
		answers++;
	}
	return answers;
}

/* Those at work are libcurl's to time. */
static int until_next_deadline(const struct http_client *client, int timeout_ms)
{
	int64_t now_ms = steady_ms(), wait_ms = timeout_ms;

	for (const struct http_trip *trip = client->waiting.first; trip; trip = trip->next)
		if (trip->deadline_ms - now_ms < wait_ms)
			wait_ms = trip->deadline_ms - now_ms;
	return wait_ms < 0 ? 0 : (int)wait_ms;
}

void http_client_turn(struct http_client *client, int timeout_ms)
{
	if (work(client) > 0 || timeout_ms <= 0)
		return;
	curl_multi_poll(client->multi, NULL, 0, until_next_deadline(client, timeout_ms), NULL);
	work(client);
}

void http_client_wake(struct http_client *client)
{
	curl_multi_wakeup(client->multi);
}
