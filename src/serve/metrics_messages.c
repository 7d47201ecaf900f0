/* Texts: how many came to what, and how many wait. */
#include "serve/metrics_state.h"

#include "message/ledger.h"
#include "serve/server.h"

void metrics_message_dropped(struct metrics *metrics)
{
	atomic_fetch_add_explicit(&metrics->messages_dropped, 1, memory_order_relaxed);
}

void metrics_messages(struct server *server, struct buf *out)
{
	struct ledger_counts counts = ledger_counts(server->ledger);

	metrics_head(out, "bauta_messages_total", "counter", "Texts, by the states that they came to.");
	for (int i = 0; message_state_words[i]; i++)
		buf_fmt(out, "bauta_messages_total{state=\"%s\"} %llu\n", message_state_words[i],
			(unsigned long long)counts.states[i]);
	metrics_head(out, "bauta_messages_lost_total", "counter", "Texts that were refused or failed, by reason.");
	for (int i = 1; message_why_words[i]; i++)
		buf_fmt(out, "bauta_messages_lost_total{reason=\"%s\"} %llu\n", message_why_words[i],
			(unsigned long long)counts.whys[i]);
	metrics_single(out, "bauta_messages_waiting", "gauge", "Texts that wait for their provider.", counts.waiting);
	metrics_single(out, "bauta_message_tries_total", "counter", "Requests to providers to take a text.",
		(double)counts.tries);
	metrics_single(out, "bauta_messages_repeated_total", "counter", "Texts that a provider brought again.",
		(double)counts.repeated);
	metrics_single(out, "bauta_message_reports_unknown_total", "counter", "Reports of texts that are not known.",
		(double)counts.reports_unknown);
	metrics_single(out, "bauta_messages_dropped_total", "counter", "Texts whose row found the writer's queue full.",
		(double)server->metrics->messages_dropped);
}
