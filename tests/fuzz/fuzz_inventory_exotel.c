/* inventory_exotel: any bytes as what Exotel's REST API answers; see inventory_results.h. */
#include "fuzz/inventory_results.h"
#include "provider/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.name = "india",
		.dialplan = {'I' << 8 | 'N', 91, "0", "00", 1u << 10},
		.sid = "example1",
		.api_key = "key",
		.secret = "token",
		.application = "http://my.exotel.com/example1/exoml/start_voice/77"};

	if (size && size <= 65536)
		check_answer(inventory_find(STR("exotel")), &account, data, size);
	return 0;
}
