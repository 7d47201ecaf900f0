/* kafka_member: consumers under test and the store behind them: a ledger of partitions, shared by the members of a
 * group, that takes each record once and in order or writes down what was wrong. Nothing is asserted in the
 * consumers' threads.
 */
#ifndef KAFKA_MEMBER_H
#define KAFKA_MEMBER_H

#include "unit/bus/kafka_fixture.h"

#include "bus/kafka_consumer.h"

#define LEDGER_PARTITIONS 8
#define LEDGER_RECORDS 4096

struct ledger {
	struct watch watch;
	bool gaps;                         /* a start behind what was taken is asked for by the test */
	int64_t next[LEDGER_PARTITIONS];   /* offset */
	int32_t generation;                /* the highest that has written */
	int taken_n;
	uint8_t taken[LEDGER_PARTITIONS][LEDGER_RECORDS]; /* how often each offset was */
	char fault[160];
};

struct member {
	struct kafka_consumer *consumer;
	struct ledger *ledger;
	const char *mark;
	/* Of the ledger's lock. */
	int64_t begin[LEDGER_PARTITIONS];  /* ret_next; -2: as the ledger says */
	int deny;                          /* `assigned` says no so often */
	int room;                          /* records that are taken until there is no room; -1: no limit */
	bool silent;                       /* says nothing of what was applied */
	int assigned_n, denied_n, revoked_n, lost_n, refused_n, batch_most;
	int owned;                         /* partitions now */
	int32_t generation;
	struct kafka_start starts[LEDGER_PARTITIONS];
	int starts_n;
	int records_n;                     /* that this member took */
	int turns_n;
	int lines_n;                       /* of the log */
	char secret_in_log[64];
};

static inline void ledger_fault(struct ledger *ledger, const char *what, int partition, int64_t offset)
{
	if (!ledger->fault[0])
		snprintf(ledger->fault, sizeof ledger->fault, "%s: partition %d offset %lld", what, partition, (long long)offset);
}

static inline bool member_assigned(void *context, int32_t generation, struct kafka_start *starts, int n)
{
	struct member *member = context;
	struct ledger *ledger = member->ledger;
	bool told = false;

	watch_lock(&ledger->watch);
	if (member->deny > 0) {
		member->deny--;
		member->denied_n++;
	} else {
		for (int i = 0; i < n; i++) {
			int p = starts[i].partition;
			starts[i].ret_next = member->begin[p] != -2 ? member->begin[p] : ledger->next[p];
			member->starts[i] = starts[i];
			if (starts[i].ret_next > ledger->next[p])
				ledger->next[p] = starts[i].ret_next;
		}
		member->starts_n = member->owned = n;
		member->generation = generation;
		member->assigned_n++;
		told = true;
	}
	watch_unlock(&ledger->watch);
	return told;
}

static inline bool member_records(void *context, int32_t generation, const struct kafka_record *records, int n)
{
	struct member *member = context;
	struct ledger *ledger = member->ledger;
	bool fits;

	watch_lock(&ledger->watch);
	fits = member->room < 0 || member->room >= n;
	if (!fits)
		member->refused_n++;
	if (fits && member->room > 0)
		member->room -= n;
	if (fits && n > member->batch_most)
		member->batch_most = n;
	if (generation < ledger->generation)
		ledger_fault(ledger, "an old generation", records[0].partition, records[0].offset);
	ledger->generation = generation;
	for (int i = 0; i < n && fits; i++) {
		int p = records[i].partition;
		if (records[i].offset != ledger->next[p])
			ledger_fault(ledger, records[i].offset < ledger->next[p] ? "again" : "a gap", p, records[i].offset);
		ledger->next[p] = records[i].offset + 1;
		ledger->taken[p][records[i].offset]++;
		ledger->taken_n++;
		member->records_n++;
	}
	watch_unlock(&ledger->watch);
	for (int i = 0; i < n && fits && !member->silent; i++)
		kafka_consumer_applied(member->consumer, records[i].partition, records[i].offset + 1, member->mark);
	return fits;
}

static inline void member_revoked(void *context, bool lost, int timeout_ms)
{
	struct member *member = context;

	(void)timeout_ms;
	watch_lock(&member->ledger->watch);
	member->revoked_n++;
	member->lost_n += lost;
	member->owned = 0;
	watch_unlock(&member->ledger->watch);
}

static inline void member_turn(void *context)
{
	struct member *member = context;

	watch_lock(&member->ledger->watch);
	member->turns_n++;
	watch_unlock(&member->ledger->watch);
}

/* Payloads are "0", "1", ...: a line that holds "payload-" would have one of ours. */
static inline void member_log(void *context, int level, const char *line)
{
	struct member *member = context;

	(void)level;
	watch_lock(&member->ledger->watch);
	member->lines_n++;
	if (strstr(line, "payload-"))
		snprintf(member->secret_in_log, sizeof member->secret_in_log, "%s", line);
	watch_unlock(&member->ledger->watch);
}

static inline void ledger_init(struct ledger *ledger)
{
	*ledger = (struct ledger){.watch = WATCH_INIT};
}

static const char *const member_properties[] = {
	"session.timeout.ms", "3000", "heartbeat.interval.ms", "200", "fetch.wait.max.ms", "50", "reconnect.backoff.max.ms", "200",
	NULL,
};

static inline void member_start(struct member *member, struct ledger *ledger, const char *brokers, const char *topic,
	const char *group, const char *instance)
{
	struct kafka_consumer_options options = {
		.settings = {.brokers = brokers, .client_id = "bauta", .properties = member_properties, .log = member_log,
			.log_context = member},
		.topic = topic,
		.group = group,
		.instance = instance,
		.batch_max = 256,
		.context = member,
		.assigned = member_assigned,
		.records = member_records,
		.revoked = member_revoked,
		.turn = member_turn,
	};
	char error[256] = "";

	member->ledger = ledger;
	if (!member->mark)
		member->mark = "mark";
	if (kafka_consumer_new(&options, &member->consumer, error) != ERR_OK)
		fail_msg("%s", error);
	assert_int_equal(kafka_consumer_start(member->consumer), ERR_OK);
}

#define MEMBER_INIT {.begin = {-2, -2, -2, -2, -2, -2, -2, -2}, .room = -1}

static inline void member_end(struct member *member)
{
	kafka_consumer_stop(member->consumer);
	kafka_consumer_free(member->consumer);
	member->consumer = NULL;
	assert_string_equal(member->secret_in_log, "");
}

/* --- waiting --- */

struct ledger_wish {
	const struct ledger *ledger;
	int n;
};

static inline bool ledger_is_at(void *context)
{
	const struct ledger_wish *wish = context;

	return wish->ledger->taken_n >= wish->n || wish->ledger->fault[0];
}

/* So many records in all, each once and in order. */
static inline void ledger_await(struct ledger *ledger, int n)
{
	struct ledger_wish wish = {ledger, n};
	bool came = watch_until(&ledger->watch, ledger_is_at, &wish);

	watch_lock(&ledger->watch);
	int taken = ledger->taken_n;
	char fault[sizeof ledger->fault];
	memcpy(fault, ledger->fault, sizeof fault);
	watch_unlock(&ledger->watch);
	assert_string_equal(fault, "");
	assert_true(came);
	assert_int_equal(taken, n);
}

static inline bool member_await(struct member *member, bool (*is)(void *member))
{
	return watch_until(&member->ledger->watch, is, member);
}

static inline bool member_owns(void *member)
{
	return ((struct member *)member)->owned > 0;
}

#endif
