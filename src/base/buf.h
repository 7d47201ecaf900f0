/* buf: a bounded text builder that keeps its first error.
 *
 * Build straight through, ask buf_ok() once at the end. Past the maximum nothing more is written
 * and buf_ok() is false for good. Memory: grows on the heap up to `max`, or stays in the caller's
 * array (buf_fixed), which is never freed. The text is not terminated; buf_text() gives a str.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
	char *at;
	size_t len;
	size_t size; /* allocated */
	size_t max;
	bool failed;
	bool no_memory; /* why it failed: the heap had none; else: past the maximum */
	bool fixed; /* `at` is the caller's */
};

void buf_init(struct buf *buf, size_t max);
void buf_fixed(struct buf *buf, char *array, size_t size);
void buf_done(struct buf *buf);

/* Forgets the text and the error, keeps the memory. */
void buf_reset(struct buf *buf);

bool buf_ok(const struct buf *buf);
struct str buf_text(const struct buf *buf);

void buf_put(struct buf *buf, const void *bytes, size_t len);
void buf_str(struct buf *buf, struct str s);
void buf_lit(struct buf *buf, const char *text);
void buf_char(struct buf *buf, char c);
void buf_u64(struct buf *buf, uint64_t value);
void buf_i64(struct buf *buf, int64_t value);
void buf_fmt(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for `len` bytes to be written by the caller and then taken with buf_took(); NULL past the maximum. */
char *buf_room(struct buf *buf, size_t len);
void buf_took(struct buf *buf, size_t len);

#endif
