#include "serve/metrics_state.h"

#include <stdlib.h>

#include "base/check.h"
#include "provider/provider.h"

#define US 1000LL
#define MS 1000000LL

const struct bounds decision_bounds = {16, {10 * US, 25 * US, 50 * US, 100 * US, 250 * US, 500 * US, 1 * MS, 2500 * US,
	5 * MS, 10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, 800 * MS}};
const struct bounds slack_bounds = {9, {0, 50 * MS, 100 * MS, 200 * MS, 400 * MS, 600 * MS, 700 * MS, 790 * MS, 800 * MS}};
const struct bounds http_bounds = {15, {25 * US, 50 * US, 100 * US, 250 * US, 500 * US, 1 * MS, 2500 * US, 5 * MS,
	10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 1000 * MS, 5000 * MS}};

struct metrics *metrics_new(int workers)
{
	struct metrics *metrics = calloc(1, sizeof *metrics);

	ASSERT(workers > 0);
	if (!metrics)
		return NULL;
	metrics->workers_n = workers;
	for (int i = 0; providers[i]; i++) {
		ASSERT(metrics->providers_n < PROVIDERS_MAX - 1);
		metrics->providers[metrics->providers_n++] = providers[i]->name;
	}
	metrics->providers[metrics->providers_n++] = "unknown";
	size_t size = (size_t)workers * sizeof *metrics->workers;
	metrics->workers = aligned_alloc(_Alignof(struct worker_metrics), size);
	if (!metrics->workers) {
		free(metrics);
		return NULL;
	}
	memset(metrics->workers, 0, size);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	free(metrics->workers);
	free(metrics);
}

static void add(_Atomic uint64_t *counter)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, now + 1, memory_order_relaxed);
}

static void observe(struct histogram *histogram, const struct bounds *bounds, int64_t value_ns)
{
	int i = 0;

	while (i < bounds->n && value_ns > bounds->at_ns[i])
		i++;
	add(&histogram->counts[i]);
	int64_t sum = atomic_load_explicit(&histogram->sum_ns, memory_order_relaxed);
	atomic_store_explicit(&histogram->sum_ns, sum + value_ns, memory_order_relaxed);
}

static struct worker_metrics *worker_of(struct metrics *metrics, int worker)
{
	ASSERT(worker >= 0 && worker < metrics->workers_n);
	return &metrics->workers[worker];
}

static int provider_of(const struct metrics *metrics, const char *provider)
{
	for (int i = 0; i < metrics->providers_n; i++)
		if (strcmp(metrics->providers[i], provider) == 0)
			return i;
	return metrics->providers_n - 1;
}

void metrics_decision(struct metrics *metrics, int worker, const char *provider, enum action action, enum reason reason,
		uint64_t took_ns, int64_t slack_ns)
{
	struct worker_metrics *own = worker_of(metrics, worker);

	add(&own->decisions[provider_of(metrics, provider)][action][reason]);
	observe(&own->decision, &decision_bounds, (int64_t)took_ns);
	observe(&own->slack, &slack_bounds, slack_ns);
}

void metrics_hook_refused(struct metrics *metrics, int worker, const char *provider)
{
	add(&worker_of(metrics, worker)->hooks_refused[provider_of(metrics, provider)]);
}

void metrics_http(struct metrics *metrics, int worker, int status, uint64_t took_ns)
{
	struct worker_metrics *own = worker_of(metrics, worker);

	if (status >= STATUS_MIN && status <= STATUS_MAX)
		add(&own->http_status[status - STATUS_MIN]);
	observe(&own->http, &http_bounds, (int64_t)took_ns);
}
