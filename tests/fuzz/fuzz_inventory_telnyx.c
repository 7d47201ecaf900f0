/* Telnyx's REST answers: any bytes, see fuzz_inventory.h. */
#include "fuzz_inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct account account = {
		.name = "main", .api_key = "key", .api_password = "secret", .application = "1293384261075731499"};

	fuzz_answer(inventory_find(STR("telnyx")), &account, data, size);
	return 0;
}
