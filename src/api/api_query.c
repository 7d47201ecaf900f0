/* What the query parameters of many calls mean. */
#include "api/api.h"
#include "api/page.h"
#include "wire/time_text.h"

struct str api_query(const struct api *api, const char *name)
{
	return form_value(&api->query, name);
}

enum err api_page_size(struct api *api, int *ret_size)
{
	struct str text = api_query(api, "page_size");
	uint64_t size = PAGE_SIZE_DEFAULT;

	if (text.at && (!str_u64(text, &size) || size < 1 || size > PAGE_SIZE_MAX))
		return api_problem(
			api, ERR_BAD_REQUEST, "page_size", "this is to be a whole number from 1 to 1000");
	*ret_size = (int)size;
	return ERR_OK;
}

enum err api_page_after(struct api *api, uint64_t *ret_after)
{
	struct str text = api_query(api, "page_token");

	*ret_after = 0;
	if (text.at && page_token_parse(text, ret_after) != ERR_OK)
		return api_problem(api, ERR_BAD_REQUEST, "page_token", "that is no token of ours");
	return ERR_OK;
}

enum err api_since(struct api *api, int64_t *ret_since_ms)
{
	struct str text = api_query(api, "since");

	*ret_since_ms = 0;
	if (text.at && time_text_parse(text, ret_since_ms) != ERR_OK)
		return api_problem(
			api, ERR_BAD_REQUEST, "since", "this is to be a time such as 2026-11-22T10:00:00Z");
	return ERR_OK;
}

void api_next_page(struct json_out *json, uint64_t id)
{
	char text[PAGE_TOKEN_SIZE];

	if (id)
		json_out_lit(json, "next_page_token", page_token(id, text));
	else
		json_out_null(json, "next_page_token");
}

enum err api_pool(struct api *api, struct str name, struct pool_brief *ret_pool)
{
	return pools_find(api->server->pools, api->asker.tenant_index, name, ret_pool);
}

enum err api_pool_said(struct api *api, struct str name, struct pool_brief *ret_pool)
{
	return pools_find_said(
		api->server->pools, api->asker.tenant_index, name, ret_pool, &api->problem);
}
