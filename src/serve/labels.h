/* labels: role labels as small indices, for what is remembered of calls and messages after their session has ended (the
 * engine forgets the labels that no open session has). Labels are never forgotten.
 *
 * Ownership: embed it, zeroed; it holds no pointer. Cost: O(labels). Threads: one at a time.
 */
#ifndef LABELS_H
#define LABELS_H

#include "core/session.h"

#define LABELS_MAX 1000 /* distinct labels; further ones go untold */
#define LABEL_NONE UINT16_MAX

struct labels {
	char texts[LABELS_MAX][SESSION_ROLE_MAX + 1];
	uint16_t n;
};

/* LABEL_NONE: the empty label, or a new one where there is no room. */
uint16_t labels_index(struct labels *labels, const char *label);

/* "" for LABEL_NONE. Lives as long as `labels`. */
const char *labels_text(const struct labels *labels, uint16_t index);

#endif
