/* dialplan: any bytes under several plans. What is read is a number in canonical form; written
 * nationally it is read as the same number or refused as ambiguous, never as another. */
#include "base/check.h"
#include "core/dialplan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct dialplan plans[] = {
	{0},
	{'I' << 8 | 'N', 91, "0", "00", 1u << 10},
	{'I' << 8 | 'D', 62, "0", "00", 1u << 7 | 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 1u << 12},
	{'U' << 8 | 'S', 1, "1", "011", 1u << 10},
	{'R' << 8 | 'U', 7, "8", "810", 1u << 10},
	{'Z' << 8 | 'Z', 999, "", "00", 1u << 9 | 1u << 10 | 1u << 11},
	{'Z' << 8 | 'Z', 65535, "1234567", "1234567", 0xffffffff},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_n((const char *)data, size);

	for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
		char canonical[NUMBER_TEXT_SIZE], national[32];
		struct number number = {5}, again;

		if (dialplan_number(&plans[i], text, &number) != ERR_OK) {
			ASSERT(number.e164 == 5);
			continue;
		}
		ASSERT(number_parse(str_of(number_text(number, canonical)), &again) == ERR_OK);
		ASSERT(number_equal(number, again));
		ASSERT(dialplan_national(&plans[i], number, national, sizeof national) == ERR_OK);
		if (dialplan_number(&plans[i], str_of(national), &again) == ERR_OK)
			ASSERT(number_equal(number, again));
	}
	return 0;
}
