#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "wire/json_text.h"

#define VALUE_MAX 1024 /* bytes of one value */
#define SEEN_SIZE 64   /* messages whose repeats are counted */

struct seen {
	uint64_t message; /* hash; 0: free */
	int64_t since_ms;
	uint32_t n; /* in this window */
};

static const char *const level_words[] = {"error", "warn", "info", "debug", NULL};
static const char *const format_words[] = {"logfmt", "json", NULL};

static int64_t system_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct log_options log_options = {
	.fd = 2, .level = LOG_INFO, .format = LOG_LOGFMT, .now_ms = system_now_ms};
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER; /* over log_seen */
static struct seen log_seen[SEEN_SIZE];

void log_init(const struct log_options *options)
{
	log_options = *options;
	if (!log_options.now_ms)
		log_options.now_ms = system_now_ms;
	memset(log_seen, 0, sizeof log_seen);
}

static int word_index(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

bool log_level_parse(const char *word, enum log_level *ret_level)
{
	int i = word_index(level_words, word);

	if (i >= 0)
		*ret_level = (enum log_level)i;
	return i >= 0;
}

bool log_format_parse(const char *word, enum log_format *ret_format)
{
	int i = word_index(format_words, word);

	if (i >= 0)
		*ret_format = (enum log_format)i;
	return i >= 0;
}

const char *log_number(uint64_t value, char text[LOG_NUMBER_SIZE])
{
	snprintf(text, LOG_NUMBER_SIZE, "%llu", (unsigned long long)value);
	return text;
}

/* False: kept back. *ret_repeated: how many were kept back before this one. */
static bool may_write(const char *message, int64_t now_ms, uint32_t *ret_repeated)
{
	static const uint64_t key[2] = {3, 4}; /* messages are ours */
	uint64_t hash = hash_bytes(key, message, strlen(message)) | 1;
	struct seen *seen = &log_seen[(hash >> 1) % SEEN_SIZE];
	bool may = true;

	*ret_repeated = 0;
	pthread_mutex_lock(&log_lock);
	/* A clock that was set back begins a new window. */
	bool same =
		seen->message == hash && now_ms >= seen->since_ms && now_ms - seen->since_ms < LOG_WINDOW_MS;
	if (same) {
		may = ++seen->n <= LOG_BURST;
	} else {
		if (seen->message == hash && seen->n > LOG_BURST)
			*ret_repeated = seen->n - LOG_BURST;
		*seen = (struct seen){hash, now_ms, 1};
	}
	pthread_mutex_unlock(&log_lock);
	return may;
}

static bool ends_with(const char *key, const char *end)
{
	size_t len = strlen(key), end_len = strlen(end);

	return len >= end_len && strcmp(key + len - end_len, end) == 0;
}

static bool is_plain_key(const char *key)
{
	static const char *const ends[] = {"_vn", "_id", "_n", "_s", "_ms", "_us", "_bytes", NULL};

	for (const char *const *end = ends; *end; end++)
		if (ends_with(key, *end))
			return true;
	return strcmp(key, "vn") == 0 || strcmp(key, "id") == 0;
}

/* logfmt: bare where a reader can't be misled, else quoted with JSON's escapes. */
static void put_value(struct buf *line, const char *text)
{
	bool bare = log_options.format == LOG_LOGFMT && *text;

	for (const char *c = text; *c && bare; c++)
		bare = (unsigned char)*c > ' ' && (unsigned char)*c < 0x7f && *c != '"' && *c != '=' &&
		       *c != '\\';
	if (bare)
		buf_lit(line, text);
	else
		json_put_string(line, str_of(text));
}

/* A pair that does not fit is left out whole. */
static void put_pair(struct buf *line, const char *key, const char *value)
{
	char text[VALUE_MAX];
	size_t before = line->len;
	bool json = log_options.format == LOG_JSON;

	snprintf(text, sizeof text, "%s", value ? value : "");
	if (!is_plain_key(key))
		log_mask(text);
	buf_fmt(line, json ? "%s\"%s\":" : "%s%s=", before ? (json ? "," : " ") : (json ? "{" : ""), key);
	put_value(line, text);
	if (buf_ok(line))
		return;
	line->len = before;
	line->failed = false;
}

static void put_time(struct buf *line, int64_t now_ms)
{
	char date[32], text[64];
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof text, "%s.%03dZ", date, (int)(now_ms % 1000));
	put_pair(line, "ts", text);
}

static void write_line(const struct buf *line)
{
	ssize_t n;

	do
		n = write(log_options.fd, line->at, line->len);
	while (n < 0 && errno == EINTR);
}

void log_put(enum log_level level, const char *message, ...)
{
	char room[LOG_LINE_MAX + 2], number[LOG_NUMBER_SIZE];
	int saved = errno;
	struct buf line;
	uint32_t repeated;
	va_list args;

	if (level > log_options.level)
		return;
	int64_t now_ms = log_options.now_ms();
	if (!may_write(message, now_ms, &repeated))
		return;
	buf_fixed(&line, room, LOG_LINE_MAX);
	put_time(&line, now_ms);
	put_pair(&line, "level", level_words[level]);
	put_pair(&line, "msg", message);
	va_start(args, message);
	for (const char *key = va_arg(args, const char *); key; key = va_arg(args, const char *))
		put_pair(&line, key, va_arg(args, const char *));
	va_end(args);
	if (repeated)
		put_pair(&line, "repeated_n", log_number(repeated, number));
	line.max = line.size = sizeof room;
	buf_lit(&line, log_options.format == LOG_JSON ? "}\n" : "\n");
	write_line(&line);
	errno = saved;
}
