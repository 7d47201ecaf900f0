#include "api/parties.h"

#include <stdio.h>

#include "base/check.h"
#include "phone/phone.h"

static enum err refuse(struct problem *problem, enum err err, const char *path, const char *field, int index)
{
	char whole[PROBLEM_FIELD_MAX + 1];
	const char *dot = path[0] ? "." : "";

	if (index < 0)
		snprintf(whole, sizeof whole, "%s%s%s", path, dot, field);
	else
		snprintf(whole, sizeof whole, "%s%s%s[%d]", path, dot, field, index);
	return problem_is(problem, err, whole, NULL);
}

/* The i-th number of a party: `number`, then `numbers[..]`. */
static enum err refuse_number(struct problem *problem, enum err err, const char *path, int i)
{
	return refuse(problem, err, path, i == 0 ? "number" : "numbers", i - 1);
}

static bool begins_with_plus(struct str text)
{
	text = str_trim(text);
	return text.len && text.at[0] == '+';
}

bool parties_international(const struct party_text *text)
{
	bool international = !text->vn.at || begins_with_plus(text->vn);

	for (int i = 0; i < text->numbers_n; i++)
		international = international && begins_with_plus(text->numbers[i]);
	return international;
}

enum err parties_read(const struct party_text *text, uint16_t country, struct vault_use *vault,
	const char *path, struct party_read *ret_read, struct problem *problem)
{
	struct party_read read = {
		.party = {.numbers_n = (uint8_t)text->numbers_n, .may_call = text->may_call}};
	struct party *party = &read.party;
	struct phone phone;

	if (!str_copy(party->role, sizeof party->role, text->role))
		return refuse(problem, ERR_BAD_REQUEST, path, "role", -1);
	for (int i = 0; i < text->numbers_n; i++) {
		enum err err = phone_parse(text->numbers[i], country, &phone);
		if (err)
			return refuse_number(problem, err, path, i);
		party->numbers[i] = phone.number;
		vault_person(vault, phone.number, &party->persons[i]);
		party->persons_old[i] = vault_short_old(vault, phone.number);
		read.countries[i] = phone.place.country;
		if (i == 0)
			party->place = phone.place;
	}
	if (text->vn.at) {
		enum err err = phone_parse_vn(text->vn, country, &phone);
		if (err)
			return refuse(problem, err, path, "vn", -1);
		party->vn = phone.number;
	}
	*ret_read = read;
	return ERR_OK;
}

enum err parties_dialled(const struct party_read *read, const struct pool_brief *pool, const char *path,
	struct problem *problem)
{
	for (int i = 0; i < read->party.numbers_n; i++)
		if (!pool_brief_dials(pool, read->countries[i]))
			return refuse_number(problem, ERR_DESTINATION_NOT_ALLOWED, path, i);
	return ERR_OK;
}

enum err parties_fill(const struct party_text *texts, int n, const struct pool_brief *pool,
	struct vault_use *vault, struct arena *arena, struct party **ret_parties, struct problem *problem)
{
	struct party *parties = arena_alloc(arena, sizeof *parties * (size_t)(n + 1));
	struct party_read read;
	char path[] = "parties[0]";
	const size_t digit = sizeof "parties[" - 1;
	_Static_assert(SESSION_PARTIES_MAX <= 10, "one digit names a party");

	ASSERT(n <= SESSION_PARTIES_MAX);
	if (!parties)
		return ERR_LIMIT_REACHED;
	for (int i = 0; i < n; i++) {
		path[digit] = (char)('0' + i);
		enum err err = parties_read(&texts[i], pool->country, vault, path, &read, problem);
		if (err == ERR_OK)
			err = parties_dialled(&read, pool, path, problem);
		if (err)
			return err;
		parties[i] = read.party;
	}
	*ret_parties = parties;
	return ERR_OK;
}
