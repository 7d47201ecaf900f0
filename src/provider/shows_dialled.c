#include "provider/shows_dialled.h"

#include "base/check.h"
#include "provider/provider.h"

bool shows_dialled_may_join(const struct engine *engine, uint16_t pool, struct str provider)
{
	return engine_pool(engine, pool)->policy.numbers == POOL_ONE || !provider_shows_dialled_only(provider);
}

bool shows_dialled_may_be(const struct engine *engine, uint16_t pool, enum pool_numbers numbers)
{
	if (numbers == POOL_ONE || engine_pool(engine, pool)->policy.numbers == numbers)
		return true;
	for (uint32_t vn = engine_vn_next(engine, pool, -1, 0); vn; vn = engine_vn_next(engine, pool, -1, vn)) {
		struct vn_view view;
		ASSERT(engine_vn(engine, vn, &view) == ERR_OK);
		if (provider_shows_dialled_only(str_of(view.row->provider)))
			return false;
	}
	return true;
}
