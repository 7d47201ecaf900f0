/* inventory_bandwidth: any bytes as what Bandwidth's REST API answers; see inventory_results.h. */
#include "fuzz/inventory_results.h"
#include "provider/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {.name = "us",
		.sid = "9900012",
		.api_user = "user",
		.api_password = "password",
		.application = "461",
		.location = "500014"};

	if (size && size <= 65536)
		check_answer(inventory_find(STR("bandwidth")), &account, data, size);
	return 0;
}
