/* answer: what most dialects do alike to write one. */
#ifndef PROVIDER_ANSWER_H
#define PROVIDER_ANSWER_H

#include <stdint.h>

/* Within 1..max, what the provider takes: a shorter call is better than a refused document. */
static inline uint32_t answer_seconds(uint32_t seconds, uint32_t max)
{
	return seconds < 1 ? 1 : seconds > max ? max : seconds;
}

#endif
