/* budget: operations whose instructions are counted. Each is a function budget_NAME() that callgrind finds by its name,
 * with the calls below it; what it needs is made before, outside.
 *
 * Everything is the same in each run: times, keys, seeds and people are constants, chance is taken from the linker
 * (tests/door/door.h). One thread.
 */
#ifndef TESTS_BUDGET_H
#define TESTS_BUDGET_H

#include <stdint.h>

/* Stays a function of its own, under its own name. */
#define MEASURED __attribute__((noipa))

#define BUDGET_START_MS 1795341600000
#define BUDGET_VN_FIRST 622150000000u

/* Says how often the operation was done: what its instructions are shared out to. */
void budget_done(const char *name, uint32_t times);

/* In the current folder, which is to be empty. */
void budget_engine(void); /* decisions; sessions made, closed, expired: engine and store */
void budget_door(void);   /* requests as a worker and the writer see them: a whole server without sockets */

#endif
