/* inventory_read: what the readers of answers do alike. For inventory_*.c. */
#ifndef PROVIDER_INVENTORY_READ_H
#define PROVIDER_INVENTORY_READ_H

#include "provider/inventory.h"
#include "wire/json.h"

/* What the status alone says; no code, no sentence. 2xx: INVENTORY_DONE. */
void inventory_by_status(int status, struct inventory_result *ret_result);
/* Takes the provider's code and sentence over, fit to be logged: printable ASCII, cut, and no run of 8 or more digits. */
void inventory_say(struct inventory_result *result, struct str code, struct str why);
/* A 2xx answer that isn't what it should be. `what` is static: "the list of numbers has no numbers". */
void inventory_unreadable(struct inventory_result *result, const char *what);

/* The document of an answer, up to INVENTORY_ANSWER_MAX. False: none; the result says so if it was 2xx. */
bool inventory_json(struct str body, struct json *ret_json, struct inventory_result *result);
/* A text member; STR_NONE: absent, null or no text. Numbers (Telnyx, Plivo lata) are no texts. */
struct str inventory_text(const struct json_at *object, const char *name);
bool inventory_flag(const struct json_at *object, const char *name); /* false if absent */
/* A copy of what an answer says, which lives as long as the answer's document; STR_NONE where it is empty or longer than
 * `max`. False: no memory. */
MUST_CHECK bool inventory_keep(struct arena *arena, struct str text, size_t max, struct str *ret_text);

/* The query of the next page's address, which an answer gives as a path or a URL: of these nothing else is followed, so that no
 * answer leads elsewhere. "" where the place is absent, null or empty. False: it is no text, has no query, is too long, or holds
 * what no query holds. */
MUST_CHECK bool inventory_next(const struct json_at *at, char ret_next[INVENTORY_CURSOR_MAX + 1]);

/* An id that may stand in a path as it is: 1..INVENTORY_ID_MAX letters, digits, '-', '_', '+'. A dot may not: ".." is a way
 * to another call. */
bool inventory_id_ok(struct str id);

/* "1.15", "0.80000", "499" -> millionths; INVENTORY_NO_PRICE: no price, negative or above 10^9. */
int64_t inventory_price(struct str text);
/* Three capitals; else "". */
void inventory_currency(struct str text, char ret_currency[4]);

#endif
