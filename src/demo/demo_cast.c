#include "demo/demo_cast.h"

#include <stddef.h>

const struct demo_phone cast_customer = {"customer", {6281234567210}};
const struct demo_phone cast_courier = {"courier", {6281298765877}};
const struct demo_phone cast_second = {"second courier", {6281211112222}};
const struct demo_phone cast_stranger = {"stranger", {14155550123}};
const struct demo_phone cast_tourist = {"tourist", {447700900101}};
const struct demo_phone cast_guide = {"guide", {447700900102}};
const struct demo_phone cast_patient = {"patient", {919876543201}};
const struct demo_phone cast_doctor = {"doctor", {919876543202}};
const struct demo_phone cast_caller = {"cold caller", {919876543203}};

const struct demo_phone *const demo_cast[] = {
	&cast_customer,
	&cast_courier,
	&cast_second,
	&cast_stranger,
	&cast_tourist,
	&cast_guide,
	&cast_patient,
	&cast_doctor,
	&cast_caller,
	NULL,
};

const struct demo_phone *demo_cast_owner(struct number number)
{
	for (int i = 0; demo_cast[i]; i++)
		if (number_equal(demo_cast[i]->number, number))
			return demo_cast[i];
	return NULL;
}
