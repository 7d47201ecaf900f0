/* number: any bytes as a person's number or a VN, of several countries. What is taken is a number in canonical form, which is then
 * read as itself whatever the country; what is refused changes nothing. First byte: the country. */
#include "base/check.h"
#include "phone/fold.h"
#include "phone/phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(struct phone first)
{
	char text[NUMBER_TEXT_SIZE], masked[NUMBER_TEXT_SIZE];
	struct phone again;
	struct number number;

	ASSERT(number_parse(str_of(number_text(first.number, text)), &number) == ERR_OK);
	ASSERT(number_equal(number, first.number));
	ASSERT(strstr(number_mask(first.number, masked), "*******"));
	ASSERT(phone_parse(str_of(text), 0, &again) == ERR_OK && number_equal(again.number, first.number));
	ASSERT(again.place.country == first.place.country && again.place.area == first.place.area);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const countries[] = {"", "ID", "IN", "US", "GB", "DE", "RU", "JP", "BR", "MX", "IT", "AR", "SG", "ZZ"};
	struct phone person = {.number = {5}}, vn = {.number = {5}};

	if (size < 1)
		return 0;
	uint16_t country = country_parse(str_of(countries[data[0] % (sizeof countries / sizeof *countries)]));
	struct str text = str_n((const char *)data + 1, size - 1);
	enum err err = phone_parse(text, country, &person);
	if (err)
		ASSERT((err == ERR_BAD_NUMBER || err == ERR_DESTINATION_NOT_ALLOWED) && person.number.e164 == 5);
	else
		read_again(person);
	if (phone_parse_vn(text, country, &vn) != ERR_OK)
		ASSERT(vn.number.e164 == 5);
	else if (!err)
		ASSERT(number_equal(vn.number, person.number));
	return 0;
}
