#include "base/err.h"

#include <string.h>

static const struct {
	const char *slug;
	int http;
	int sip;
	const char *title;
} table[ERR__COUNT] = {
	[ERR_OK] = {"ok", 200, 200, "Done"},
	[ERR_BAD_REQUEST] = {"bad_request", 400, 400, "The request is not well formed"},
	[ERR_BAD_NUMBER] = {"bad_number", 422, 484, "That is not a phone number that can be dialled"},
	[ERR_NUMBER_IS_VIRTUAL] = {"number_is_virtual", 422, 482, "A party's number is a virtual number of ours"},
	[ERR_SAME_NUMBER_TWICE] = {"same_number_twice", 422, 482, "Two parties have the same number"},
	[ERR_DESTINATION_NOT_ALLOWED] = {"destination_not_allowed", 422, 403, "This pool does not dial that number"},
	[ERR_TOO_MANY_PARTIES] = {"too_many_parties", 422, 403, "The pool does not take that many parties"},
	[ERR_UNAUTHORIZED] = {"unauthorized", 401, 401, "A valid API key is needed"},
	[ERR_FORBIDDEN] = {"forbidden", 403, 403, "The API key lacks the scope for this"},
	[ERR_NOT_FOUND] = {"not_found", 404, 404, "There is no such thing"},
	[ERR_POOL_EXHAUSTED] = {"pool_exhausted", 409, 480, "The pool has no virtual number left for this session"},
	[ERR_SESSION_EXISTS] = {"session_exists", 409, 491, "The order has a session with other parties"},
	[ERR_SESSION_CLOSED] = {"session_closed", 409, 480, "The session has ended"},
	[ERR_NUMBER_IN_USE] = {"number_in_use", 409, 486, "The number is in use"},
	[ERR_POOL_EXISTS] = {"pool_exists", 409, 491, "There is a pool of that name"},
	[ERR_TOO_OLD] = {"too_old", 409, 491, "That version, with other content, or a newer one was applied"},
	[ERR_TOO_LARGE] = {"too_large", 413, 413, "The request is too large"},
	[ERR_LIMIT_REACHED] = {"limit_reached", 503, 503, "A configured limit is reached"},
	[ERR_OVERLOADED] = {"overloaded", 503, 503, "The server has more work than it can take"},
	[ERR_IDEMPOTENCY_MISMATCH] = {"idempotency_mismatch", 422, 491, "The Idempotency-Key was used for another request"},
	[ERR_STORE_FAILED] = {"store_failed", 503, 503, "The change could not be stored"},
	[ERR_INTERNAL] = {"internal", 500, 500, "Something is wrong on our side"},
	[ERR_METHOD_NOT_ALLOWED] = {"method_not_allowed", 405, 405, "That method is not for this path"},
	[ERR_UNSUPPORTED_MEDIA_TYPE] = {"unsupported_media_type", 415, 415, "That content type is not taken here"},
	[ERR_SESSION_FULL] = {"session_full", 409, 480, "The session has had as many changes of its parties as one can hold"},
	[ERR_ROLES_FULL] = {"too_many_roles", 422, 480, "The open sessions use as many distinct roles as limits.roles allows"},
	[ERR_STORE_REFUSED] = {"store_refused", 500, 500, "The data folder can't be used as it is"},
};

static enum err known(enum err err)
{
	return (unsigned)err < ERR__COUNT ? err : ERR_INTERNAL;
}

const char *err_slug(enum err err)
{
	return table[known(err)].slug;
}

const char *err_title(enum err err)
{
	return table[known(err)].title;
}

int err_http_status(enum err err)
{
	return table[known(err)].http;
}

int err_sip_status(enum err err)
{
	return table[known(err)].sip;
}

enum err err_by_slug(const char *slug)
{
	for (int i = 0; i < ERR__COUNT; i++)
		if (strcmp(table[i].slug, slug) == 0)
			return (enum err)i;
	return ERR_INTERNAL;
}
