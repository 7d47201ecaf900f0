/* The JSON reader on any bytes: what it takes is walked with every getter, to the last leaf. */
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct json_at *at, int depth)
{
	static const char *const names[] = {"!a", "b", NULL};
	struct problem problem;
	struct str text = STR_NONE;
	uint64_t whole;
	int64_t time_ms;
	bool truth;
	int n = 0;

	/* A value in the deepest array is no level. */
	if (depth > JSON_DEPTH_MAX + !(json_at_is_array(at) || json_at_is_object(at)))
		__builtin_trap();
	if (json_at_text(at, 0, 100, &text, &problem) == ERR_OK && text.len > 100)
		__builtin_trap();
	if (json_at_u64(at, 1, 100, &whole, &problem) == ERR_OK ||
		json_at_bool(at, &truth, &problem) == ERR_OK ||
		json_at_time(at, &time_ms, &problem) == ERR_OK ||
		json_at_word(at, names, &n, &problem) == ERR_OK ||
		json_at_fields(at, names, &problem) == ERR_OK)
		n = 0;
	if (json_at_is_array(at) && json_at_count(at, 0, INT32_MAX, &n, &problem) == ERR_OK) {
		for (int i = 0; i < n; i++) {
			struct json_at item = json_at_item(at, i);
			walk(&item, depth + 1);
		}
	}
	struct json_at a = json_at_field(at, "a"), b = json_at_field(at, "b");
	if (json_at_there(&a))
		walk(&a, depth + 1);
	if (json_at_there(&b))
		walk(&b, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problem problem = {0};
	struct json json = {0};

	if (json_read(str_n((const char *)data, size), 65536, &json, &problem) != ERR_OK) {
		if (!problem.detail[0])
			__builtin_trap();
		return 0;
	}
	struct json_at root = json_at_root(&json);
	walk(&root, 1);
	json_done(&json);
	return 0;
}
