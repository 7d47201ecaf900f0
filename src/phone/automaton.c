#include "phone/automaton.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SLOTS (2 * AUTOMATON_NODES_MAX) /* of both hash tables, a power of two */
#define MEMBERS_MAX (1u << 17)          /* of all sets together */
#define ANY_DIGIT 0x3ff

/* What is left to match: one of `digits`, then `to`; or, with no digits, `to` or `other`; or, with neither,
 * nothing: the patterns of `tags` have matched. Nodes are made from the end of a pattern on, and equal ones are
 * one, so that tails which many alternatives share are there once. Node 0 is none. */
struct node {
	uint16_t digits;
	uint16_t to, other;
	uint64_t tags;
};

/* A state is a set of nodes that want a digit, in ascending order, and the tags of the ends beside them. */
struct set {
	uint32_t first, n; /* in members */
};

struct maker {
	struct node nodes[AUTOMATON_NODES_MAX];
	struct set sets[AUTOMATON_STATES_MAX];
	uint16_t members[MEMBERS_MAX];
	uint16_t slots[SLOTS];       /* hash -> node */
	uint16_t set_slots[SLOTS];   /* hash -> state */
	uint32_t marks[AUTOMATON_NODES_MAX]; /* the last closure that met it */
	uint32_t nodes_n, sets_n, members_n, closure;
	struct automaton *made;
	bool failed;
};

/* --- patterns to nodes --- */

static uint16_t node_put(struct maker *maker, struct node node)
{
	uint64_t key = (uint64_t)node.digits << 32 | (uint64_t)node.to << 16 | node.other;
	uint32_t at = (uint32_t)hash_two(1, key, node.tags) & (SLOTS - 1);

	for (; maker->slots[at]; at = (at + 1) & (SLOTS - 1)) {
		const struct node *old = &maker->nodes[maker->slots[at]];
		if (old->digits == node.digits && old->to == node.to && old->other == node.other && old->tags == node.tags)
			return maker->slots[at];
	}
	if (maker->nodes_n == AUTOMATON_NODES_MAX) {
		maker->failed = true;
		return 0;
	}
	maker->nodes[maker->nodes_n] = node;
	maker->slots[at] = (uint16_t)maker->nodes_n;
	return (uint16_t)maker->nodes_n++;
}

static uint16_t fork_put(struct maker *maker, uint16_t a, uint16_t b)
{
	return a == b ? a : node_put(maker, (struct node){.to = a, .other = b});
}

static uint16_t fail(struct maker *maker)
{
	maker->failed = true;
	return 0;
}

struct text {
	const char *at, *end;
};

/* Behind the group, class, escape or digit that `text` begins with; NULL: none. */
static const char *piece_end(struct text text)
{
	int depth = 0;

	for (const char *at = text.at; at < text.end; at++) {
		if (*at == '\\' && at + 1 < text.end)
			at++;
		else if (*at == '[')
			at = memchr(at, ']', (size_t)(text.end - at));
		else if (*at == '(')
			depth++;
		else if (*at == ')')
			depth--;
		if (!at || depth < 0)
			return NULL;
		if (depth == 0)
			return at + 1;
	}
	return NULL;
}

static bool read_count(struct text *text, int *ret_n)
{
	int n = 0;
	const char *from = text->at;

	for (; text->at < text->end && *text->at >= '0' && *text->at <= '9' && n <= AUTOMATON_REPEAT_MAX; text->at++)
		n = n * 10 + (*text->at - '0');
	*ret_n = n;
	return text->at > from && n <= AUTOMATON_REPEAT_MAX;
}

/* `?`, `{n}`, `{n,m}` or nothing at the begin of `text`. */
static bool read_repeat(struct text *text, int *ret_min, int *ret_max)
{
	*ret_min = *ret_max = 1;
	if (text->at < text->end && *text->at == '?') {
		*ret_min = 0;
		text->at++;
	} else if (text->at < text->end && *text->at == '{') {
		text->at++;
		if (!read_count(text, ret_min))
			return false;
		*ret_max = *ret_min;
		if (text->at < text->end && *text->at == ',') {
			text->at++;
			if (!read_count(text, ret_max))
				return false;
		}
		if (text->at == text->end || *text->at++ != '}')
			return false;
	}
	/* Behind one of them another would make it lazy or greedy: not ours to know. */
	return *ret_min <= *ret_max && (text->at == text->end || !memchr("?{+*", *text->at, 4));
}

/* The inside of `[...]`: digits and ranges of them. 0: something else. */
static uint16_t read_class(struct text text)
{
	uint16_t digits = 0;

	while (text.at < text.end) {
		char from = *text.at++, to = from;
		if (text.end - text.at >= 2 && *text.at == '-') {
			to = text.at[1];
			text.at += 2;
		}
		if (from < '0' || to > '9' || from > to)
			return 0;
		for (char c = from; c <= to; c++)
			digits |= (uint16_t)(1u << (c - '0'));
	}
	return digits;
}

static uint16_t alternatives(struct maker *maker, struct text text, uint16_t next, int depth);

static uint16_t piece(struct maker *maker, struct text text, uint16_t next, int depth)
{
	size_t len = (size_t)(text.end - text.at);
	uint16_t digits = 0;

	if (*text.at == '(') {
		struct text inside = {text.at + 1, text.end - 1};
		if (len >= 4 && text.at[1] == '?') {
			if (text.at[2] != ':')
				return fail(maker);
			inside.at += 2;
		}
		return alternatives(maker, inside, next, depth + 1);
	}
	if (*text.at == '[')
		digits = read_class((struct text){text.at + 1, text.end - 1});
	else if (len == 2 && text.at[0] == '\\' && text.at[1] == 'd')
		digits = ANY_DIGIT;
	else if (len == 1 && *text.at >= '0' && *text.at <= '9')
		digits = (uint16_t)(1u << (*text.at - '0'));
	return digits ? node_put(maker, (struct node){.digits = digits, .to = next}) : fail(maker);
}

static uint16_t row(struct maker *maker, struct text text, uint16_t next, int depth)
{
	if (text.at == text.end)
		return next;
	struct text one = {text.at, piece_end(text)}, rest = {one.end, text.end};
	int min, max;
	if (depth > AUTOMATON_DEPTH_MAX || !one.end || !read_repeat(&rest, &min, &max))
		return fail(maker);
	next = row(maker, rest, next, depth + 1);
	uint16_t all = next;
	for (int i = 0; i < max - min && !maker->failed; i++)
		all = fork_put(maker, piece(maker, one, all, depth), next);
	for (int i = 0; i < min && !maker->failed; i++)
		all = piece(maker, one, all, depth);
	return all;
}

static uint16_t alternatives(struct maker *maker, struct text text, uint16_t next, int depth)
{
	uint16_t all = 0;

	for (;;) {
		const char *bar = text.at;
		while (bar && bar < text.end && *bar != '|')
			bar = piece_end((struct text){bar, text.end});
		if (!bar || maker->failed)
			return fail(maker);
		uint16_t one = row(maker, (struct text){text.at, bar}, next, depth);
		all = all ? fork_put(maker, all, one) : one;
		if (bar == text.end)
			return all;
		text.at = bar + 1;
	}
}

/* --- nodes to states --- */

/* Adds to the set that is being made what can follow without a digit. */
static void closure_add(struct maker *maker, uint16_t at, struct set *set, uint64_t *tags)
{
	const struct node *node = &maker->nodes[at];

	if (maker->marks[at] == maker->closure)
		return;
	maker->marks[at] = maker->closure;
	*tags |= node->tags;
	if (node->digits) {
		if (set->first + set->n == MEMBERS_MAX)
			maker->failed = true;
		else
			maker->members[set->first + set->n++] = at;
	} else if (!node->tags) {
		/* The second way is the end of a chain of optional pieces or the next alternative; the first is short. */
		closure_add(maker, node->to, set, tags);
		closure_add(maker, node->other, set, tags);
	}
}

static int by_value(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* The state of the set that begins at members_n: an old one, or a new one, which keeps the members. */
static uint16_t state_put(struct maker *maker, struct set set, uint64_t tags)
{
	uint16_t *members = maker->members + set.first;
	uint64_t hash = tags;

	if (set.n == 0 && tags == 0)
		return AUTOMATON_DEAD;
	qsort(members, set.n, sizeof *members, by_value);
	for (uint32_t i = 0; i < set.n; i++)
		hash = hash_two(2, hash, members[i]);
	uint32_t at = (uint32_t)hash & (SLOTS - 1);
	for (; maker->set_slots[at]; at = (at + 1) & (SLOTS - 1)) {
		uint16_t state = maker->set_slots[at];
		const struct set *old = &maker->sets[state];
		if (old->n == set.n && maker->made->tags[state] == tags &&
			memcmp(maker->members + old->first, members, set.n * sizeof *members) == 0)
			return state;
	}
	if (maker->sets_n == AUTOMATON_STATES_MAX)
		return fail(maker);
	maker->sets[maker->sets_n] = set;
	maker->made->tags[maker->sets_n] = tags;
	maker->members_n += set.n;
	maker->set_slots[at] = (uint16_t)maker->sets_n;
	return (uint16_t)maker->sets_n++;
}

static uint16_t state_behind(struct maker *maker, const struct set *from, int digit)
{
	struct set set = {.first = maker->members_n};
	uint64_t tags = 0;

	maker->closure++;
	for (uint32_t i = 0; i < from->n; i++) {
		const struct node *node = &maker->nodes[maker->members[from->first + i]];
		if (node->digits >> digit & 1)
			closure_add(maker, node->to, &set, &tags);
	}
	return state_put(maker, set, tags);
}

static void states_make(struct maker *maker, uint16_t start)
{
	struct set set = {0};
	uint64_t tags = 0;

	maker->closure = 1;
	maker->sets_n = AUTOMATON_START;
	closure_add(maker, start, &set, &tags);
	state_put(maker, set, tags);
	for (uint32_t state = AUTOMATON_START; state < maker->sets_n && !maker->failed; state++)
		for (int digit = 0; digit < 10; digit++)
			maker->made->next[state][digit] = state_behind(maker, &maker->sets[state], digit);
	maker->made->states = maker->sets_n;
}

static void make(struct maker *maker, const struct automaton_pattern *patterns, size_t patterns_n)
{
	uint16_t start = 0;

	maker->nodes_n = 1;
	for (size_t i = 0; i < patterns_n && !maker->failed; i++) {
		struct text text = {patterns[i].text, patterns[i].text + strlen(patterns[i].text)};
		uint16_t end = node_put(maker, (struct node){.tags = patterns[i].tag});
		uint16_t one = alternatives(maker, text, end, 0);
		start = start ? fork_put(maker, start, one) : one;
	}
	if (!start)
		maker->failed = true;
	if (!maker->failed)
		states_make(maker, start);
}

static bool shrink(struct automaton *automaton)
{
	void *next = realloc(automaton->next, automaton->states * sizeof *automaton->next);
	if (!next)
		return false;
	automaton->next = next;
	void *tags = realloc(automaton->tags, automaton->states * sizeof *automaton->tags);
	if (!tags)
		return false;
	automaton->tags = tags;
	return true;
}

struct automaton *automaton_new(const struct automaton_pattern *patterns, size_t patterns_n)
{
	struct maker *maker = calloc(1, sizeof *maker);
	struct automaton *made = calloc(1, sizeof *made);
	bool good = false;

	if (maker && made) {
		made->next = calloc(AUTOMATON_STATES_MAX, sizeof *made->next);
		made->tags = calloc(AUTOMATON_STATES_MAX, sizeof *made->tags);
		maker->made = made;
		maker->failed = !made->next || !made->tags;
		if (!maker->failed)
			make(maker, patterns, patterns_n);
		good = !maker->failed && shrink(made);
	}
	free(maker);
	if (good)
		return made;
	automaton_free(made);
	return NULL;
}

void automaton_free(struct automaton *automaton)
{
	if (!automaton)
		return;
	free(automaton->next);
	free(automaton->tags);
	free(automaton);
}
