#include "wire/retry_after.h"

#include "wire/http_date.h"

static bool all_digits(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

bool retry_after_read(struct str value, int64_t now_ms, int64_t *ret_wait_s)
{
	uint64_t seconds = 0;
	int64_t time_ms;

	value = str_trim(value);
	if (all_digits(value)) {
		if (!str_u64(value, &seconds) || seconds > (uint64_t)RETRY_AFTER_MAX_S)
			seconds = (uint64_t)RETRY_AFTER_MAX_S;
	} else if (!http_date_read(value, now_ms, &time_ms)) {
		return false;
	} else if (time_ms > now_ms) {
		seconds = (uint64_t)(time_ms - now_ms + 999) / 1000;
		if (seconds > (uint64_t)RETRY_AFTER_MAX_S)
			seconds = (uint64_t)RETRY_AFTER_MAX_S;
	}
	*ret_wait_s = (int64_t)seconds;
	return true;
}
