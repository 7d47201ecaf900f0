#include "api/party_blame.h"

#include <stdio.h>

static enum err field(const struct party_blame *blame, enum err err, int i, const char *name, int index,
	const char *detail, struct problem *problem)
{
	char path[PROBLEM_FIELD_MAX + 1], party[24] = "", at[16] = "";

	if (!blame->session)
		snprintf(party, sizeof party, "parties[%d].", i);
	if (index >= 0)
		snprintf(at, sizeof at, "[%d]", index);
	snprintf(path, sizeof path, "%s%s%s", party, name, at);
	return problem_is(problem, err, path, detail);
}

static bool has_number(const struct party *party, int numbers_n, struct number number)
{
	for (int k = 0; k < numbers_n; k++)
		if (number_equal(party->numbers[k], number))
			return true;
	return false;
}

/* Has an earlier number of the request, or another party of the session, the same? */
static bool is_again(const struct party_blame *blame, int i, int k)
{
	const struct party *party = &blame->parties[i];

	for (int earlier = 0; earlier < i; earlier++)
		if (has_number(&blame->parties[earlier], blame->parties[earlier].numbers_n, party->numbers[k]))
			return true;
	for (int other = 0; blame->session && other < blame->session->parties_n; other++) {
		const struct party *there = &blame->session->parties[other];
		if (strcmp(there->role, party->role) != 0 &&
			has_number(there, there->numbers_n, party->numbers[k]))
			return true;
	}
	return has_number(party, k, party->numbers[k]);
}

static enum err blame_number(const struct party_blame *blame, enum err err, struct problem *problem)
{
	for (int i = 0; i < blame->n; i++)
		for (int k = 0; k < blame->parties[i].numbers_n; k++) {
			bool guilty = err == ERR_NUMBER_IS_VIRTUAL
					      ? engine_vn_by_number(blame->engine, blame->parties[i].numbers[k]) != 0
					      : is_again(blame, i, k);
			if (guilty)
				return field(blame, err, i, k ? "numbers" : "number", k - 1, NULL, problem);
		}
	return err;
}

static bool is_of_pool(const struct party_blame *blame, struct number number)
{
	uint32_t id = engine_vn_by_number(blame->engine, number);
	struct vn_view view;

	return id && engine_vn(blame->engine, id, &view) == ERR_OK && view.row->pool_id == blame->pool + 1u;
}

/* A wished VN. Where there are several it may be their meeting that can't be: then nobody is blamed. */
static enum err blame_wish(const struct party_blame *blame, enum err err, struct problem *problem)
{
	int wishes = 0, last = 0;

	for (int i = 0; i < blame->n; i++) {
		if (!number_is(blame->parties[i].vn))
			continue;
		if (err == ERR_NOT_FOUND && !is_of_pool(blame, blame->parties[i].vn))
			return field(blame, err, i, "vn", -1, "that number is not one of the pool's", problem);
		wishes++;
		last = i;
	}
	if (err == ERR_NUMBER_IN_USE && wishes == 1)
		return field(blame, err, last, "vn", -1, "that number can't be lent to this session now", problem);
	return err;
}

enum err party_blame(const struct party_blame *blame, enum err err, struct problem *problem)
{
	if (err == ERR_NUMBER_IS_VIRTUAL || err == ERR_SAME_NUMBER_TWICE)
		return blame_number(blame, err, problem);
	if (err == ERR_NOT_FOUND || err == ERR_NUMBER_IN_USE)
		return blame_wish(blame, err, problem);
	return err;
}
