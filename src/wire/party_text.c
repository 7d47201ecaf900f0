#include "wire/party_text.h"

static enum err read_role(const struct json_at *at, struct party_text *party, struct problem *problem)
{
	enum err err = json_at_text(at, 1, SESSION_ROLE_MAX, &party->role, problem);

	if (err == ERR_OK && !session_role_ok(party->role))
		err = json_at_problem(
			at, ERR_BAD_REQUEST, "a role has letters, digits, '_', '-' and '.'", problem);
	return err;
}

static enum err read_further_numbers(
	const struct json_at *at, struct party_text *party, struct problem *problem)
{
	int n = 0;
	enum err err = json_at_count(at, 0, SESSION_NUMBERS_MAX - 1, &n, problem);

	for (int i = 0; err == ERR_OK && i < n; i++) {
		struct json_at number = json_at_item(at, i);
		err = json_at_text(
			&number, 1, PARTY_NUMBER_TEXT_MAX, &party->numbers[party->numbers_n++], problem);
	}
	return err;
}

enum err party_text_read(
	const struct json_at *at, bool role_in_body, struct party_text *ret_party, struct problem *problem)
{
	static const char *const with_role[] = {"!role", "!number", "numbers", "may_call", "vn", NULL};
	struct party_text party = {.may_call = true, .numbers_n = 1};
	struct json_at role = json_at_field(at, "role"), number = json_at_field(at, "number");
	struct json_at numbers = json_at_field(at, "numbers"), may_call = json_at_field(at, "may_call");
	struct json_at vn = json_at_field(at, "vn");

	enum err err = json_at_fields(at, role_in_body ? with_role : with_role + 1, problem);
	if (err == ERR_OK && role_in_body)
		err = read_role(&role, &party, problem);
	if (err == ERR_OK)
		err = json_at_text(&number, 1, PARTY_NUMBER_TEXT_MAX, &party.numbers[0], problem);
	if (err == ERR_OK)
		err = read_further_numbers(&numbers, &party, problem);
	if (err == ERR_OK)
		err = json_at_bool(&may_call, &party.may_call, problem);
	if (err == ERR_OK && !json_at_null(&vn))
		err = json_at_text(&vn, 1, PARTY_NUMBER_TEXT_MAX, &party.vn, problem);
	if (err == ERR_OK)
		*ret_party = party;
	return err;
}

static bool role_is_taken(const struct party_text *parties, int n)
{
	for (int i = 0; i < n; i++)
		if (str_equal(parties[i].role, parties[n].role))
			return true;
	return false;
}

enum err party_text_list(const struct json_at *at, int min, struct arena *arena,
	struct party_text **ret_parties, int *ret_n, struct problem *problem)
{
	int n = 0;

	enum err err = json_at_count(at, min, INT32_MAX, &n, problem);
	if (err)
		return err;
	if (n > SESSION_PARTIES_MAX)
		return json_at_problem(at, ERR_TOO_MANY_PARTIES, "a session has at most 8 parties", problem);
	struct party_text *parties = arena_alloc(arena, sizeof *parties * (size_t)(n + 1));
	if (!parties)
		return problem_is(problem, ERR_TOO_LARGE, NULL, NULL);
	for (int i = 0; i < n; i++) {
		struct json_at item = json_at_item(at, i), role = json_at_field(&item, "role");
		err = party_text_read(&item, true, &parties[i], problem);
		if (err)
			return err;
		if (role_is_taken(parties, i))
			return json_at_problem(
				&role, ERR_BAD_REQUEST, "two parties have the same role", problem);
	}
	*ret_parties = parties;
	*ret_n = n;
	return ERR_OK;
}
