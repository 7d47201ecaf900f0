/* log: what the program tells whoever runs it: one line each on standard error.
 *
 *   log_info("store opened", "path", path, "sessions_n", log_number(n, text));
 *   ts=2026-11-22T10:00:00.123Z level=info msg="store opened" path=/var/lib/bauta sessions_n=12
 *
 * Values are masked before they come here. As the last line of defence every message and value is looked
 * through once more: '+' and 8 or more digits (also with single spaces, dots, dashes or brackets between
 * them), or 10 digits and more in a row, are written as stars - unless the key says that it is a virtual
 * number, an id or a count: "vn", "id", or ending in _vn, _id, _n, _s, _ms, _us, _bytes.
 *
 * A message that is repeated more than LOG_BURST times in LOG_WINDOW_MS is kept back; the next line with
 * it tells how many were ("repeated_n").
 *
 * Threads: any. Cost: one write(2) a line. Limits: a line is cut at LOG_LINE_MAX bytes.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define LOG_LINE_MAX 4096
#define LOG_BURST 10
#define LOG_WINDOW_MS 10000

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_options {
	int fd;                 /* 2 */
	enum log_level level;   /* less important lines are not written */
	enum log_format format;
	int64_t (*now_ms)(void); /* wall clock; NULL: the system's */
};

/* Without it: standard error, LOG_INFO, logfmt. Before other threads run. */
void log_init(const struct log_options *options);

/* "error", "warn", "info", "debug"; "logfmt", "json". False: neither. */
bool log_level_parse(const char *word, enum log_level *ret_level);
bool log_format_parse(const char *word, enum log_format *ret_format);

/* Key, value, key, value, ..., NULL. Keys are of a-z and '_'. A NULL value is written as "". */
void log_put(enum log_level level, const char *message, ...) __attribute__((sentinel));

#define log_error(...) log_put(LOG_ERROR, __VA_ARGS__, (const char *)0)
#define log_warn(...) log_put(LOG_WARN, __VA_ARGS__, (const char *)0)
#define log_info(...) log_put(LOG_INFO, __VA_ARGS__, (const char *)0)
#define log_debug(...) log_put(LOG_DEBUG, __VA_ARGS__, (const char *)0)

/* A count as a value; returns `text`. */
#define LOG_NUMBER_SIZE 21
const char *log_number(uint64_t value, char text[LOG_NUMBER_SIZE]);

/* The last line of defence, for others that write texts: stars over what could be a real number, in place. */
void log_mask(char *text);

#endif
