/* json_out: writes a JSON document straight through into a bounded buffer; commas and closing
 * brackets are its business.
 *
 *	struct json_out json = json_out_to(buf);
 *	json_out_object(&json, NULL);
 *	json_out_lit(&json, "ref", "A-1001");
 *	json_out_array(&json, "parties");
 *	json_out_end(&json);
 *	json_out_end(&json);                  -> {"ref":"A-1001","parties":[]}
 *
 * `name` is a member's name (plain ASCII, not escaped), NULL inside an array and for the root.
 * Limits: depth 32 (ASSERT). Errors: the buffer's; ask buf_ok() at the end.
 */
#ifndef WIRE_JSON_OUT_H
#define WIRE_JSON_OUT_H

#include "base/buf.h"

#define JSON_OUT_DEPTH_MAX 32

struct json_out {
	struct buf *buf;
	int depth;
	bool comma; /* something stands before in this object or array */
	char closing[JSON_OUT_DEPTH_MAX];
};

struct json_out json_out_to(struct buf *buf);

void json_out_object(struct json_out *json, const char *name);
void json_out_array(struct json_out *json, const char *name);
/* Closes what was opened last. */
void json_out_end(struct json_out *json);

void json_out_str(struct json_out *json, const char *name, struct str text);
void json_out_lit(struct json_out *json, const char *name, const char *text);
/* null for the empty text. */
void json_out_lit_or_null(struct json_out *json, const char *name, const char *text);
void json_out_u64(struct json_out *json, const char *name, uint64_t value);
void json_out_i64(struct json_out *json, const char *name, int64_t value);
/* Millionths as a decimal fraction: 1000 -> 0.001, 2500000 -> 2.5, 3000000 -> 3. */
void json_out_micros(struct json_out *json, const char *name, uint64_t micros);
void json_out_bool(struct json_out *json, const char *name, bool value);
void json_out_null(struct json_out *json, const char *name);
/* RFC 3339 UTC; null for 0. */
void json_out_time_ms(struct json_out *json, const char *name, int64_t time_ms);
void json_out_time_s(struct json_out *json, const char *name, uint32_t time_s);

#endif
