#include "feed/positions.h"

#include <stddef.h>

static struct position *find(const struct positions *positions, int32_t partition)
{
	for (int i = 0; i < positions->n; i++)
		if (positions->at[i].partition == partition)
			return (struct position *)(uintptr_t)&positions->at[i];
	return NULL;
}

int64_t position_of(const struct positions *positions, int32_t partition)
{
	const struct position *position = find(positions, partition);

	return position ? position->next : POSITION_NONE;
}

enum err position_expect(struct positions *positions, int32_t partition)
{
	if (find(positions, partition))
		return ERR_OK;
	if (positions->n == POSITIONS_MAX)
		return ERR_LIMIT_REACHED;
	positions->at[positions->n++] = (struct position){.partition = partition, .next = POSITION_NONE};
	return ERR_OK;
}

enum err position_set(struct positions *positions, int32_t partition, int64_t next)
{
	enum err err = position_expect(positions, partition);

	if (err)
		return err;
	struct position *position = find(positions, partition);
	position->next = next;
	position->back = false;
	return ERR_OK;
}

void position_back(struct positions *positions, int32_t partition, int64_t next)
{
	struct position *position = find(positions, partition);

	if (!position || position->back)
		return;
	position->next = next;
	position->back = true;
}
