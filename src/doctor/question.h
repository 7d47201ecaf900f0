/* question: what the doctor asks as an account's provider would: where does this call go? Signed as it should be, or by
 * a secret that is nobody's. Pure.
 *
 * It changes nothing: the caller is a number that nobody can have, so it matches no session, and where a call would go
 * is only said, not done. What it leaves behind is a refused call whose provider_call_id begins with QUESTION_CALL_ID.
 */
#ifndef DOCTOR_QUESTION_H
#define DOCTOR_QUESTION_H

#include "provider/provider.h"

#define QUESTION_CALL_ID "bauta-doctor-"
/* +999 is no country's (ITU-T E.164), so nobody rents or has these. */
#define QUESTION_CALLER ((struct number){99900000001})
#define QUESTION_VN ((struct number){99900000002})

struct question_ask {
	const struct account *account; /* its provider has a `sim` */
	const char *public_url;        /* what is signed */
	struct number vn;              /* who is called */
	const char *call_id;
	int64_t now_ms;
};

/* Signed; the account's own verify() would let it in. ERR_FORBIDDEN: only the provider itself can sign.
 * ERR_UNAUTHORIZED: the account has no secret to sign with. Others: it can't be put. */
MUST_CHECK enum err question_make(const struct question_ask *ask, struct sim_request *ret_request);

/* The same with one secret changed, so that the account's own verify() would not let it in. ERR_INTERNAL: no secret
 * makes a difference. */
MUST_CHECK enum err question_forge(const struct question_ask *ask, struct sim_request *ret_request);

/* Would the account's verify() let it in, whatever address it comes from? */
bool question_holds(const struct question_ask *ask, const struct sim_request *request);

#endif
