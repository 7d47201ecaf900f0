#include "serve/metrics_state.h"

#include "serve/metrics_process.h"
#include "serve/server.h"
#include "serve/writer_abuse.h"

#define PAGE_ARENA_MAX ((size_t)16 << 20)

void metrics_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_single(struct buf *out, const char *name, const char *type, const char *help, double value)
{
	metrics_head(out, name, type, help);
	buf_fmt(out, "%s %.17g\n", name, value);
}

/* A text as a label's value; names of pools and tenants are checked when made, but a page must not break. */
void metrics_label(struct buf *out, const char *text)
{
	buf_char(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_char(out, '\\');
		if (*text == '\n')
			buf_lit(out, "\\n");
		else
			buf_char(out, *text);
	}
	buf_char(out, '"');
}

/* --- from the workers --- */

static void put_decisions(const struct metrics *metrics, struct buf *out)
{
	metrics_head(out, "bauta_decisions_total", "counter", "Providers' questions answered, by what was answered and why.");
	for (int p = 0; p < metrics->providers_n; p++) {
		for (int a = 0; a < ACTION__COUNT; a++) {
			for (int r = 0; r < REASON__COUNT; r++) {
				uint64_t n = 0;
				for (int w = 0; w < metrics->workers_n; w++)
					n += metrics->workers[w].decisions[p][a][r];
				if (n)
					buf_fmt(out, "bauta_decisions_total{provider=\"%s\",action=\"%s\",reason=\"%s\"} "
						     "%llu\n",
							metrics->providers[p], action_words[a], reason_words[r],
							(unsigned long long)n);
			}
		}
	}
}

static void put_refused(const struct metrics *metrics, struct buf *out)
{
	metrics_head(out, "bauta_hooks_refused_total", "counter", "Webhooks refused before they were looked into.");
	for (int p = 0; p < metrics->providers_n; p++) {
		uint64_t n = 0;
		for (int w = 0; w < metrics->workers_n; w++)
			n += metrics->workers[w].hooks_refused[p];
		buf_fmt(out, "bauta_hooks_refused_total{provider=\"%s\"} %llu\n", metrics->providers[p],
				(unsigned long long)n);
	}
}

static void put_statuses(const struct metrics *metrics, struct buf *out)
{
	metrics_head(out, "bauta_http_requests_total", "counter", "HTTP requests answered, by status.");
	for (int s = 0; s <= STATUS_MAX - STATUS_MIN; s++) {
		uint64_t n = 0;
		for (int w = 0; w < metrics->workers_n; w++)
			n += metrics->workers[w].http_status[s];
		if (n)
			buf_fmt(out, "bauta_http_requests_total{status=\"%d\"} %llu\n", s + STATUS_MIN,
					(unsigned long long)n);
	}
}

/* `at` is where the histogram lies in each worker_metrics. */
static void put_histogram(const struct metrics *metrics, struct buf *out, const char *name, const char *help,
		const struct bounds *bounds, size_t at)
{
	uint64_t n = 0;
	int64_t sum_ns = 0;

	metrics_head(out, name, "histogram", help);
	for (int i = 0; i <= bounds->n; i++) {
		for (int w = 0; w < metrics->workers_n; w++) {
			const char *worker = (const char *)&metrics->workers[w];
			const struct histogram *histogram = (const struct histogram *)(const void *)(worker + at);
			n += histogram->counts[i];
			sum_ns += i == 0 ? histogram->sum_ns : 0;
		}
		if (i < bounds->n)
			buf_fmt(out, "%s_bucket{le=\"%g\"} %llu\n", name, (double)bounds->at_ns[i] / 1e9,
					(unsigned long long)n);
	}
	buf_fmt(out, "%s_bucket{le=\"+Inf\"} %llu\n", name, (unsigned long long)n);
	buf_fmt(out, "%s_sum %.9f\n%s_count %llu\n", name, (double)sum_ns / 1e9, name, (unsigned long long)n);
}

static void put_workers(const struct metrics *metrics, struct buf *out)
{
	put_decisions(metrics, out);
	put_histogram(metrics, out, "bauta_decision_seconds", "From a question's first byte to its answer.",
			&decision_bounds, offsetof(struct worker_metrics, decision));
	put_histogram(metrics, out, "bauta_decision_deadline_slack_seconds",
			"What was left of our own deadline when a question was answered.", &slack_bounds,
			offsetof(struct worker_metrics, slack));
	put_refused(metrics, out);
	put_statuses(metrics, out);
	put_histogram(metrics, out, "bauta_http_seconds", "From a request's first byte to its reply.", &http_bounds,
			offsetof(struct worker_metrics, http));
}

/* --- from the writer --- */

static void put_number(struct buf *out, const struct writer_pool_counts *pool, const char *name, const char *state,
		uint32_t value)
{
	buf_fmt(out, "%s{tenant=", name);
	metrics_label(out, pool->tenant);
	buf_lit(out, ",pool=");
	metrics_label(out, pool->name);
	buf_fmt(out, ",state=\"%s\"} %u\n", state, value);
}

static void put_amount(struct buf *out, const struct writer_pool_counts *pool, const char *name, int64_t value)
{
	buf_fmt(out, "%s{tenant=", name);
	metrics_label(out, pool->tenant);
	buf_lit(out, ",pool=");
	metrics_label(out, pool->name);
	buf_fmt(out, "} %lld\n", (long long)value);
}

static void put_pools(struct buf *out, const struct writer_pool_counts *pools, int n)
{
	const char *numbers = "bauta_pool_numbers", *sessions = "bauta_pool_sessions";

	metrics_head(out, numbers, "gauge", "Virtual numbers of a pool, each counted in one state.");
	for (int i = 0; i < n; i++) {
		const struct pool_stock *stock = &pools[i].stock;
		put_number(out, &pools[i], numbers, "free", stock->free);
		put_number(out, &pools[i], numbers, "lent", stock->lent);
		put_number(out, &pools[i], numbers, "cooling", stock->cooling);
		put_number(out, &pools[i], numbers, "reserved", stock->reserved);
		put_number(out, &pools[i], numbers, "disabled", stock->disabled);
	}
	metrics_head(out, "bauta_pool_demand", "gauge", "Orders of a pool that want virtual numbers.");
	for (int i = 0; i < n; i++) {
		put_number(out, &pools[i], "bauta_pool_demand", "coming", pools[i].demand.coming);
		put_number(out, &pools[i], "bauta_pool_demand", "waiting", pools[i].demand.waiting);
	}
	metrics_head(out, "bauta_pool_spare", "gauge", "Virtual numbers' worth of room left after the demand.");
	for (int i = 0; i < n; i++)
		put_amount(out, &pools[i], "bauta_pool_spare", pools[i].demand.spare);
	metrics_head(out, "bauta_pool_busiest_pairs", "gauge", "Virtual numbers that the busiest party of a pool holds.");
	for (int i = 0; i < n; i++)
		put_amount(out, &pools[i], "bauta_pool_busiest_pairs", pools[i].demand.busiest_pairs);
	metrics_head(out, sessions, "gauge", "Open sessions of a pool.");
	for (int i = 0; i < n; i++) {
		put_number(out, &pools[i], sessions, "waiting", pools[i].sessions.waiting);
		put_number(out, &pools[i], sessions, "live", pools[i].sessions.live);
		put_number(out, &pools[i], sessions, "closing", pools[i].sessions.closing);
	}
}

static void put_used(struct buf *out, const struct server *server, const struct engine_counts *counts,
		const struct http_counts *http)
{
	const struct config_limits *limits = &server->config->limits;
	const struct {
		const char *what;
		uint32_t used, limit;
	} rows[] = {
		{"sessions", counts->sessions, counts->sessions_max},
		{"routes", counts->routes, counts->routes_max},
		{"pairs", counts->pairs, counts->pairs_max},
		{"tombstones", counts->tombstones, counts->tombstones_max},
		{"numbers", counts->vns, limits->engine.numbers},
		{"pools", counts->pools, limits->engine.pools},
		{"blocks", counts->blocks, counts->blocks_max},
		{"connections", http->connections, limits->connections},
	};

	metrics_single(out, "bauta_sessions", "gauge", "Open sessions.", counts->sessions);
	metrics_head(out, "bauta_limit", "gauge", "How many there may be.");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		buf_fmt(out, "bauta_limit{what=\"%s\"} %u\n", rows[i].what, rows[i].limit);
	metrics_head(out, "bauta_used", "gauge", "How many of them there are.");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		buf_fmt(out, "bauta_used{what=\"%s\"} %u\n", rows[i].what, rows[i].used);
}

/* Buckets with the bounds first, 2 * first, ...; the last is above all. */
static void put_doubling(struct buf *out, const char *name, const char *help, const uint64_t *counts, int n,
		double first, double sum)
{
	uint64_t all = 0;

	metrics_head(out, name, "histogram", help);
	for (int i = 0; i < n - 1; i++, first *= 2) {
		all += counts[i];
		buf_fmt(out, "%s_bucket{le=\"%.9g\"} %llu\n", name, first, (unsigned long long)all);
	}
	all += counts[n - 1];
	buf_fmt(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9g\n%s_count %llu\n", name, (unsigned long long)all, name,
			sum, name, (unsigned long long)all);
}

static void put_writer(struct buf *out, const struct writer_counts *counts)
{
	metrics_single(out, "bauta_batches_total", "counter", "Batches of changes that were stored.", (double)counts->batches);
	put_doubling(out, "bauta_batch_size", "Changes in a stored batch.", counts->batch_size,
			sizeof counts->batch_size / sizeof *counts->batch_size, 1, (double)counts->changes);
	put_doubling(out, "bauta_commit_seconds", "How long the store took to commit a batch.", counts->commit_us,
			sizeof counts->commit_us / sizeof *counts->commit_us, 64e-6, (double)counts->commit_us_sum / 1e6);
	metrics_head(out, "bauta_queue_depth", "gauge", "What waits for the writer.");
	buf_fmt(out, "bauta_queue_depth{queue=\"commands\"} %u\n", counts->queue_depth);
	buf_fmt(out, "bauta_queue_depth{queue=\"calls\"} %u\n", counts->call_queue_depth);
	metrics_single(out, "bauta_calls_dropped_total", "counter", "Notes of calls that found their queue full.",
			(double)counts->calls_dropped);
	metrics_single(out, "bauta_reports_unknown_total", "counter", "Status reports of calls that are not known.",
			(double)counts->reports_unknown);
	metrics_single(out, "bauta_store_failures_total", "counter", "Batches that could not be stored.",
			(double)counts->store_failures);
}

/* --- from the process --- */

static void put_process(struct buf *out, const struct server *server)
{
	struct process_figures figures;

	process_figures_read(&figures);
	metrics_single(out, "bauta_clock_jumps_total", "counter", "Times the wall clock jumped by over a minute.",
			(double)clock_jumps(server->clock));
	metrics_head(out, "bauta_build_info", "gauge", "The version that runs.");
	buf_fmt(out, "bauta_build_info{version=\"%s\",store=\"%s\"} 1\n", BAUTA_VERSION, server->store->ops->name);
	metrics_single(out, "process_resident_memory_bytes", "gauge", "Resident memory.", (double)figures.resident_bytes);
	metrics_single(out, "process_open_fds", "gauge", "Open file descriptors.", figures.open_fds);
	metrics_single(out, "process_cpu_seconds_total", "counter", "CPU time of all threads.", figures.cpu_s);
	metrics_single(out, "process_start_time_seconds", "gauge", "When the process began, since the epoch.", figures.start_s);
}

void metrics_page(struct server *server, struct buf *out)
{
	struct arena arena;
	struct writer_pool_counts *pools;
	struct engine_counts counts;
	struct writer_counts writer = writer_counts(server->writer);
	struct http_counts http = http_server_counts(server->http);

	arena_init(&arena, PAGE_ARENA_MAX);
	int n = writer_pools(server->writer, &arena, &pools, &counts);
	put_workers(server->metrics, out);
	put_pools(out, pools, n);
	put_used(out, server, &counts, &http);
	put_writer(out, &writer);
	metrics_single(out, "bauta_suspected_total", "counter",
		"Callers that tried one virtual number after the other.",
			(double)writer_abuse_count(server->abuse));
	metrics_supply(server, pools, n, out);
	metrics_messages(server, out);
	metrics_control(server, out);
	metrics_events(server, out);
	put_process(out, server);
	if (arena.no_memory) /* a page without the pools is none */
		out->failed = out->no_memory = true;
	arena_done(&arena);
}
