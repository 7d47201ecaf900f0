/* session_task: what the calls that name one session by its id have in common (api_sessions.c,
 * api_parties.c): finding it in the engine if it is open and of this tenant, else in the store. */
#ifndef SESSION_TASK_H
#define SESSION_TASK_H

#include "api/parties.h"
#include "api/task.h"

struct session_task {
	uint64_t id;
	uint32_t ttl_s, expires_at; /* PATCH */
	int64_t grace_s;            /* close */
	struct str role;            /* of the path */
	struct party_text text;     /* PUT: as it came, where the pool's country must be known to read it */
	struct party_read read;     /* PUT */
	bool was_read;
};

/* A task for the session that the path names. ERR_NOT_FOUND, ERR_OVERLOADED. */
MUST_CHECK enum err session_task_new(struct api *api, struct task **ret_task);
struct session_task *session_task(struct task *task);

/* Writer. ERR_NOT_FOUND: it is not open, or another tenant's. */
MUST_CHECK enum err session_task_find(struct task *task, struct engine *engine, uint32_t *ret_slot);

/* Writer, in a change: the answer is the session in `slot` (or, if the change has ended it, as the store will
 * have it). */
MUST_CHECK enum err session_task_show(
	struct task *task, struct engine *engine, int64_t now_ms, uint32_t slot);

/* Reader: a change of a session that is not open: ERR_SESSION_CLOSED, ERR_NOT_FOUND. */
MUST_CHECK enum err session_task_refuse_ended(struct task *task, struct store_reader *reader);

#endif
