#include "provider/report.h"

static const struct {
	struct str word;
	enum call_status status;
} words[] = {
	{{"queued", 6}, CALL_CONNECTING},
	{{"initiated", 9}, CALL_CONNECTING},
	{{"ringing", 7}, CALL_CONNECTING},
	{{"in-progress", 11}, CALL_ANSWERED},
	{{"answered", 8}, CALL_ANSWERED},
	{{"completed", 9}, CALL_COMPLETED},
	{{"busy", 4}, CALL_BUSY},
	{{"no-answer", 9}, CALL_NO_ANSWER},
	{{"failed", 6}, CALL_FAILED},
	{{"canceled", 8}, CALL_CANCELED},
};

bool report_word(struct str word, enum call_status *ret_status)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (str_equal_nocase(words[i].word, word)) {
			*ret_status = words[i].status;
			return true;
		}
	}
	return false;
}

uint32_t report_seconds(struct str text)
{
	uint64_t seconds;

	if (!str_u64(text, &seconds) || seconds > UINT32_MAX)
		return 0;
	return (uint32_t)seconds;
}
