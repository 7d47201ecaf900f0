/* err: every failure that is the world's fault, and how each is told outside.
 *
 * A function that can fail returns `enum err`; ERR_OK is 0. Outputs are untouched on failure.
 * One table (err.c) gives each error its API slug, HTTP status, SIP status and a title, so that
 * the HTTP API, the command line and later doors say the same thing.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
	ERR_OK = 0,
	ERR_BAD_REQUEST,
	ERR_BAD_NUMBER,
	ERR_NUMBER_IS_VIRTUAL,
	ERR_SAME_NUMBER_TWICE,
	ERR_DESTINATION_NOT_ALLOWED,
	ERR_TOO_MANY_PARTIES,
	ERR_UNAUTHORIZED,
	ERR_FORBIDDEN,
	ERR_NOT_FOUND,
	ERR_POOL_EXHAUSTED,
	ERR_SESSION_EXISTS,
	ERR_SESSION_CLOSED,
	ERR_NUMBER_IN_USE,
	ERR_POOL_EXISTS,
	ERR_TOO_OLD,
	ERR_TOO_LARGE,
	ERR_LIMIT_REACHED,
	ERR_OVERLOADED,
	ERR_IDEMPOTENCY_MISMATCH,
	ERR_STORE_FAILED,
	ERR_INTERNAL,
	ERR_METHOD_NOT_ALLOWED,
	ERR_UNSUPPORTED_MEDIA_TYPE,
	ERR_SESSION_FULL,  /* one session's own limits: waiting for room is no use */
	ERR_ROLES_FULL,    /* distinct roles: as many as limits.roles are in use */
	ERR_STORE_REFUSED, /* a database that must not be used: foreign, newer, broken, wrong key */
	ERR__COUNT
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* The API's `code`, such as "pool_exhausted". Static storage. */
const char *err_slug(enum err err);

/* One sentence for people, without values of the request. Static storage. */
const char *err_title(enum err err);

/* RFC 9110 status. */
int err_http_status(enum err err);

/* RFC 3261 status: what a SIP door would answer. */
int err_sip_status(enum err err);

/* The error whose slug is `slug`, ERR_INTERNAL if there is none; of those that share one the first. */
enum err err_by_slug(const char *slug);

#endif
