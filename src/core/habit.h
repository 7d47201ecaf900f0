/* habit: which VN stood for a person last, for pools with `stick: prefer`. A cache: when a set of four is
 * full the habit that ends first is forgotten. Threads: one. */
#ifndef CORE_HABIT_H
#define CORE_HABIT_H

#include <stddef.h>
#include <stdint.h>

struct habits;

struct habits *habits_new(uint32_t max, uint64_t seed);
void habits_free(struct habits *habits);

/* The VN's id, 0: none or its time is over. `pool` keeps pools apart. */
uint32_t habit_find(const struct habits *habits, uint32_t pool, uint64_t person, uint32_t now);
void habit_put(struct habits *habits, uint32_t pool, uint64_t person, uint32_t vn, uint32_t until, uint32_t now);

size_t habits_bytes(const struct habits *habits);

#endif
