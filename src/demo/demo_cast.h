/* demo_cast: who plays in the demo's story. Nobody has these numbers: they are set aside for fiction or are
 * this project's own examples. */
#ifndef DEMO_CAST_H
#define DEMO_CAST_H

#include "core/number.h"

struct demo_phone {
	const char *owner; /* "customer", as the story calls them */
	struct number number;
};

extern const struct demo_phone cast_customer, cast_courier, cast_second, cast_stranger, cast_tourist,
	cast_guide, cast_patient, cast_doctor, cast_caller;

/* All of them: the numbers that must not be seen. NULL ends. */
extern const struct demo_phone *const demo_cast[];
#define DEMO_CAST_MAX 16

/* Whose number it is; NULL: nobody's. */
const struct demo_phone *demo_cast_owner(struct number number);

#endif
