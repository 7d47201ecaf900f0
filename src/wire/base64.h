/* base64: RFC 4648 section 4, with padding, strict. */
#ifndef WIRE_BASE64_H
#define WIRE_BASE64_H

#include "base/buf.h"

void base64_put(struct buf *out, const void *bytes, size_t len);

/* False: not canonical base64 or more than `size` bytes. */
bool base64_read(struct str text, void *bytes, size_t size, size_t *ret_len);

void hex_put(struct buf *out, const void *bytes, size_t len);
bool hex_read(struct str text, void *bytes, size_t size, size_t *ret_len);

#endif
