/* json_pointer: RFC 6901: "/payload/parties/0/phone" names a place in a document whose shape is another's.
 *
 * Memory: none. Threads: as the document's.
 */
#ifndef WIRE_JSON_POINTER_H
#define WIRE_JSON_POINTER_H

#include "wire/json.h"

#define JSON_POINTER_MAX 255 /* bytes */

/* "" (the whole) or begins with '/', '~' only as ~0 and ~1; not longer than JSON_POINTER_MAX. */
bool json_pointer_ok(struct str pointer);

/* The place below `at`, absent where nothing is there. Errors name it by the pointer itself. `pointer` is a good one
 * (ASSERT) and outlives the place. */
struct json_at json_at_pointer(const struct json_at *at, const char *pointer);

#endif
