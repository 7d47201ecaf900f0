/* client: asks a running Bauta over HTTP, for the commands that are clients of the API.
 *
 * BAUTA_URL (default http://127.0.0.1:8080) says where; BAUTA_KEY, or the file that BAUTA_API_KEY_FILE names,
 * is the API key. Redirects are not followed, other protocols than http and https not spoken, and no proxy
 * stands between us and a loopback address.
 *
 * Memory: an answer of at most CLIENT_ANSWER_MAX. Time-outs: 5 s to connect, `timeout_s` for the whole.
 * Threads: one at a time for one client. The key is wiped at the end and is in no sentence.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

#define CLIENT_URL_DEFAULT "http://127.0.0.1:8080"
#define CLIENT_ANSWER_MAX (64u << 20)
#define CLIENT_SENTENCE_SIZE 512

struct client;

/* ERR_BAD_REQUEST: an address or a key file that can't be used; the sentence says which. A missing key is no
 * error: the server will say whether one is needed. */
MUST_CHECK enum err client_new(struct client **ret_client, char ret_error[CLIENT_SENTENCE_SIZE]);
/* The same for a server that is not the environment's: the demo's own. */
MUST_CHECK enum err client_new_at(const char *url, const char *key, struct client **ret_client,
	char ret_error[CLIENT_SENTENCE_SIZE]);
void client_free(struct client *client);

/* Where it asks: BAUTA_URL without a slash at the end. */
const char *client_url(const struct client *client);

struct client_request {
	const char *method;         /* "GET" */
	const char *target;         /* path and query, encoded */
	struct str body;            /* STR_NONE: none */
	const char *content_type;   /* of the body */
	const char *const *headers; /* "Name: value" lines of its own, NULL ends; NULL: none */
	bool without_key;           /* as a provider asks */
	int timeout_s;              /* 0: 30 */
};

struct client_answer {
	int status;
	struct buf body;
	json_t *json;      /* NULL: the body is not JSON */
	int retry_after_s; /* 0: not said */
};

/* ERR_OK: an answer came, whatever its status. ERR_OVERLOADED: none came (refused, time-out, cut off); the
 * sentence says why. The answer must be given to client_answer_done() after ERR_OK. */
MUST_CHECK enum err client_ask(struct client *client, const struct client_request *request,
	struct client_answer *ret_answer, char ret_error[CLIENT_SENTENCE_SIZE]);
void client_answer_done(struct client_answer *answer);

static inline bool client_answer_good(const struct client_answer *answer)
{
	return answer->status >= 200 && answer->status < 300;
}

/* What an answer that is not good says, as one sentence: a problem document's detail with the field or line
 * to blame and its code, or the status when there is none. */
void client_sentence(
	const struct client *client, const struct client_answer *answer, char sentence[CLIENT_SENTENCE_SIZE]);

#endif
