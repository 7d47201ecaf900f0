/* mask: a provider's document without what nobody should see over a shoulder: for `bauta call` and the demo.
 */
#ifndef MASK_H
#define MASK_H

#include "base/buf.h"
#include "core/number.h"

/* Copies `text` with every run of 8 and more digits masked ("62*******210"), be it E.164, national, or behind
 * a percent escape, unless it is one of the `virtuals`; digits inside longer words (call ids) are left.
 * `secret` (NULL or "": none) becomes "...". */
void mask_document(
	struct buf *out, struct str text, const struct number *virtuals, int virtuals_n, const char *secret);

#endif
