#include "serve/labels.h"

#include <string.h>

uint16_t labels_index(struct labels *labels, const char *label)
{
	if (!label[0])
		return LABEL_NONE;
	for (uint16_t i = 0; i < labels->n; i++)
		if (strcmp(labels->texts[i], label) == 0)
			return i;
	if (labels->n == LABELS_MAX || !str_copy(labels->texts[labels->n], sizeof labels->texts[0], str_of(label)))
		return LABEL_NONE;
	return labels->n++;
}

const char *labels_text(const struct labels *labels, uint16_t index)
{
	return index < labels->n ? labels->texts[index] : "";
}
