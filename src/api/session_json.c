#include "api/session_json.h"

char *session_json_pin(const struct party *party, char text[12])
{
	snprintf(text, 12, "%0*u", (int)party->pin_digits % 11, (unsigned)party->pin);
	return text;
}

/* "" (null outside) where the number was erased. */
static const char *shown_number(struct number number, bool reveal, char text[NUMBER_TEXT_SIZE])
{
	return reveal ? number_text(number, text) : number_mask(number, text);
}

static void put_party(struct json_out *json, const struct party *party, const struct session_shown *shown)
{
	char text[NUMBER_TEXT_SIZE], pin[12];

	json_out_object(json, NULL);
	json_out_lit(json, "role", party->role);
	json_out_lit_or_null(json, "number", shown_number(party->numbers[0], shown->reveal, text));
	if (party->numbers_n > 1) {
		json_out_array(json, "numbers");
		for (int i = 1; i < party->numbers_n; i++)
			json_out_lit_or_null(
				json, NULL, shown_number(party->numbers[i], shown->reveal, text));
		json_out_end(json);
	}
	json_out_lit_or_null(json, "vn", number_text(party->vn, text));
	if (!party->may_call)
		json_out_bool(json, "may_call", false);
	if (shown->pool->pin)
		json_out_lit_or_null(json, "pin", party->pin ? session_json_pin(party, pin) : "");
	json_out_end(json);
}

static void put_views(struct json_out *json, const struct session_row *row)
{
	char text[NUMBER_TEXT_SIZE];

	if (row->views_n == 0)
		return;
	json_out_array(json, "views");
	for (int i = 0; i < row->views_n; i++) {
		json_out_object(json, NULL);
		json_out_lit(json, "viewer", row->parties[row->views[i].viewer].role);
		json_out_lit(json, "target", row->parties[row->views[i].target].role);
		json_out_lit(json, "vn", number_text(row->views[i].vn, text));
		json_out_end(json);
	}
	json_out_end(json);
}

void session_json_put(struct json_out *json, const char *name, const struct session_shown *shown)
{
	const struct session_row *row = shown->row;
	char id[SESSION_ID_TEXT_SIZE];

	json_out_object(json, name);
	json_out_lit(json, "id", session_id_text(row->id, id));
	json_out_lit(json, "pool", shown->pool->name);
	json_out_str(json, "ref", row->ref);
	json_out_lit(json, "state", session_state_words[session_state_at(row, shown->now_ms)]);
	json_out_array(json, "parties");
	for (int i = 0; i < row->parties_n; i++)
		put_party(json, &row->parties[i], shown);
	json_out_end(json);
	put_views(json, row);
	json_out_time_s(json, "opened_at", row->opened_at);
	json_out_time_s(json, "expires_at", row->expires_at);
	json_out_time_s(json, "closed_at", row->closed_at);
	json_out_time_s(json, "grace_until", row->grace_until);
	json_out_time_s(json, "cool_until", row->cool_until);
	json_out_u64(json, "rev", row->rev);
	json_out_end(json);
}

static void put_contacts(struct json_out *json, const struct session_row *row, int viewer)
{
	char text[NUMBER_TEXT_SIZE];
	uint32_t vn_id;

	for (int i = 0; i < row->parties_n; i++) {
		if (i == viewer)
			continue;
		json_out_object(json, NULL);
		json_out_lit(json, "role", row->parties[i].role);
		json_out_lit_or_null(json, "vn", number_text(session_vn_seen(row, viewer, i, &vn_id), text));
		json_out_end(json);
	}
}

void session_json_contact(struct json_out *json, const struct session_shown *shown, int viewer)
{
	const struct session_row *row = shown->row;
	char pin[12];

	json_out_object(json, NULL);
	json_out_str(json, "ref", row->ref);
	json_out_lit(json, "state", session_state_words[session_state_at(row, shown->now_ms)]);
	json_out_array(json, "contacts");
	if (viewer >= 0)
		put_contacts(json, row, viewer);
	json_out_end(json);
	if (viewer >= 0 && shown->pool->pin && row->parties[viewer].pin)
		json_out_lit(json, "pin", session_json_pin(&row->parties[viewer], pin));
	json_out_end(json);
}
