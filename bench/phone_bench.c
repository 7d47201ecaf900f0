/* How long one number takes to be read, three of four in E.164 form: one JSON line. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "phone/phone.h"

#define TEXTS 4096
#define ROUNDS 10

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(void)
{
	static const char *const forms[] = {
		"+62812345%05u", "0812-345-%05u", "+9198765%05u", "+14155550%03u"};
	static char texts[TEXTS][24];
	struct random random = {1};
	const uint16_t indonesia = 'I' << 8 | 'D';
	int taken = 0;

	for (int i = 0; i < TEXTS; i++)
		/* Fictitious or not, nobody is rung. */
		snprintf(texts[i], sizeof texts[i], forms[i % 4],
			i % 4 == 3 ? 100 + random_below(&random, 100) : random_below(&random, 100000));
	int64_t best = INT64_MAX;
	for (int round = 0; round < ROUNDS; round++) {
		int64_t began = now_ns();
		for (int i = 0; i < TEXTS; i++) {
			struct phone phone;
			taken += phone_parse(str_of(texts[i]), indonesia, &phone) == ERR_OK;
		}
		int64_t took = now_ns() - began;
		best = took < best ? took : best;
	}
	if (taken != TEXTS * ROUNDS)
		return EXIT_FAILURE;
	printf("{\"phone_parse\": {\"value\": %.0f, \"unit\": \"ns a number\"}}\n", (double)best / TEXTS);
	return EXIT_SUCCESS;
}
