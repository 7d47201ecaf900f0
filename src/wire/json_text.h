/* json_text: the few pieces of JSON that are written by hand (RFC 8259), where a document is a
 * fixed shape with some values in it. Whole documents of the API are made elsewhere. */
#ifndef WIRE_JSON_TEXT_H
#define WIRE_JSON_TEXT_H

#include "base/buf.h"

/* `text` in quotes, escaped. Bytes that are not UTF-8 become U+FFFD, one for each, so that what is
 * written is JSON whatever came in. */
void json_put_string(struct buf *out, struct str text);

#endif
