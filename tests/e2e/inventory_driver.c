/* inventory_driver: one call of one inventory client, over the wire, told as JSON; for tests that hold requests and answers to a
 * provider's own document.
 *
 *	inventory_driver PROVIDER API_URL list [CURSOR]
 *	                                  find NUMBER | one ID | search COUNTRY [TYPE] | buy NUMBER | order ID |
 *	                                  point NUMBER ID | application | release NUMBER ID
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "supply/desk.h"
#include "wire/json_out.h"

#define SID "AC00000000000000000000000000000000"
#define ANSWER_ROOM ((size_t)64 << 20)

static struct account account = {
	.name = "main", .sid = SID, .secret = "12345", .api_key = "KEY", .api_user = "user", .api_password = "password",
	.application = "1293384261075731499", .location = "500014",
};
static const struct inventory_hook hook = {
	.voice_url = "https://vn.example.com/hooks/x/main/voice", .status_url = "https://vn.example.com/hooks/x/main/status",
	.text_url = "https://vn.example.com/hooks/x/main/sms", .text_status_url = "https://vn.example.com/hooks/x/main/sms/status"};

enum reader { READ_LIST, READ_SEARCH, READ_BUY, READ_DONE };

struct trial {
	const struct inventory *inventory;
	struct inventory_request request;
	enum reader reader;
	enum desk_kind kind;
	const char *cursor;
};

static struct number number_of(const char *text)
{
	struct number number;

	ASSERT(number_parse(str_of(text), &number) == ERR_OK);
	return number;
}

static const char *argument(int argc, char **argv, int i)
{
	return i < argc ? argv[i] : "";
}

/* NULL, or why it can't be built. */
static const char *build(struct trial *call, int argc, char **argv)
{
	const struct inventory *inventory = call->inventory;
	const char *op = argv[3], *first = argument(argc, argv, 4), *second = argument(argc, argv, 5), *why = "it doesn't fit";
	struct inventory_number number = {.id = str_of(second[0] ? second : first)};
	struct inventory_offer offer = {0};
	struct inventory_want want = {.n = 5};
	enum err err = ERR_BAD_REQUEST;

	call->reader = READ_LIST;
	if (strcmp(op, "list") == 0)
		err = inventory->list(&account, call->cursor = first, &call->request, &why);
	else if (strcmp(op, "find") == 0)
		err = inventory->find(&account, number_of(first), &call->request, &why);
	else if (strcmp(op, "one") == 0 && inventory->one)
		err = inventory->one(&account, &number, &call->request, &why);
	else if (strcmp(op, "search") == 0) {
		call->reader = READ_SEARCH;
		want.country = country_parse(str_of(first));
		snprintf(want.type, sizeof want.type, "%s", second);
		err = inventory->search(&account, &want, &call->request, &why);
	} else if (strcmp(op, "buy") == 0 || strcmp(op, "order") == 0) {
		call->reader = READ_BUY;
		call->kind = op[0] == 'b' ? DESK_SPENDS : DESK_SAFE;
		if (op[0] == 'b') {
			offer.number = number_of(first);
			offer.country = country_parse(STR("GB"));
			err = inventory->buy(&account, &offer, &hook, &call->request, &why);
		} else if (inventory->order) {
			err = inventory->order(&account, first, &call->request, &why);
		}
	} else {
		call->reader = READ_DONE;
		if (strcmp(op, "application") == 0 && inventory->application)
			err = inventory->application(&account, &hook, &call->request, &why);
		if (strcmp(op, "application_texts") == 0 && inventory->application_texts)
			err = inventory->application_texts(&account, &hook, &call->request, &why);
		if (strcmp(op, "point_texts") == 0 && inventory->point_texts) {
			number.number = number_of(first);
			err = inventory->point_texts(&account, &number, &hook, &call->request, &why);
		}
		if (strcmp(op, "point") == 0 || strcmp(op, "release") == 0) {
			number.number = number_of(first);
			number.country = country_parse(STR("GB"));
			err = op[0] == 'p' ? inventory->point(&account, &number, &hook, &call->request, &why)
					   : inventory->release(&account, &number, &call->request, &why);
		}
	}
	return err ? why : NULL;
}

static void put_number(struct json_out *json, const char *name, struct number number)
{
	char text[NUMBER_TEXT_SIZE];

	json_out_lit_or_null(json, name, number_text(number, text));
}

static void put_page(struct json_out *json, const struct inventory_page *page)
{
	json_out_array(json, "numbers");
	for (int i = 0; i < page->n; i++) {
		const struct inventory_number *number = &page->numbers[i];
		json_out_object(json, NULL);
		put_number(json, "number", number->number);
		json_out_str(json, "id", number->id);
		json_out_bool(json, "voice", number->voice);
		json_out_bool(json, "active", number->active);
		json_out_bool(json, "hook_told", number->hook_told);
		json_out_str(json, "hook", number->hook);
		json_out_end(json);
	}
	json_out_end(json);
	json_out_lit(json, "next", page->next);
}

static void put_offers(struct json_out *json, const struct inventory_offers *offers)
{
	json_out_array(json, "offers");
	for (int i = 0; i < offers->n; i++) {
		json_out_object(json, NULL);
		put_number(json, "number", offers->offers[i].number);
		json_out_i64(json, "month_micros", offers->offers[i].month_micros);
		json_out_lit(json, "currency", offers->offers[i].currency);
		json_out_end(json);
	}
	json_out_end(json);
}

static void read_answer(const struct trial *call, const struct desk_answer *answer, struct json_out *json)
{
	const struct inventory *inventory = call->inventory;
	struct inventory_page page = {.asked = call->cursor};
	struct inventory_offers offers = {0};
	struct inventory_bought bought = {0};
	struct inventory_result result;
	struct arena arena;

	arena_init(&arena, ANSWER_ROOM);
	switch (call->reader) {
	case READ_LIST:
		inventory->read_list(&account, answer->status, answer->body, &arena, &page, &result);
		put_page(json, &page);
		break;
	case READ_SEARCH:
		inventory->read_search(&account, answer->status, answer->body, &arena, &offers, &result);
		put_offers(json, &offers);
		break;
	case READ_BUY:
		inventory->read_buy(&account, answer->status, answer->body, &arena, &bought, &result);
		put_number(json, "bought", bought.number);
		json_out_lit(json, "order", bought.order);
		break;
	case READ_DONE:
		inventory->read_done(&account, answer->status, answer->body, &arena, &result);
		break;
	}
	json_out_i64(json, "status", result.status);
	json_out_lit(json, "outcome", inventory_outcome_words[result.outcome]);
	json_out_lit(json, "code", result.code);
	json_out_lit(json, "why", result.why);
	arena_done(&arena);
}

int main(int argc, char **argv)
{
	struct trial call = {.inventory = argc > 3 ? inventory_find(str_of(argv[1])) : NULL, .kind = DESK_SAFE};
	struct desk_answer answer;
	struct buf out;

	if (!call.inventory) {
		fputs("usage: inventory_driver PROVIDER API_URL CALL [ARGUMENTS]\n", stderr);
		return 2;
	}
	account.provider = provider_find(str_of(argv[1]));
	snprintf(account.api_url, sizeof account.api_url, "%s", argv[2]);
	const char *why = build(&call, argc, argv);
	buf_init(&out, ANSWER_ROOM);
	struct json_out json = json_out_to(&out);
	json_out_object(&json, NULL);
	if (!why) {
		struct desk *desk = desk_new(&(struct desk_options){.account = &account, .inventory = call.inventory});
		ASSERT(desk);
		json_out_lit(&json, "url", call.request.url);
		json_out_lit(&json, "body", call.request.body);
		if (desk_ask(desk, &call.request, call.kind, &answer, &why) == ERR_OK) {
			why = NULL;
			read_answer(&call, &answer, &json);
		}
		desk_free(desk);
	}
	json_out_lit_or_null(&json, "failed", why);
	json_out_end(&json);
	ASSERT(buf_ok(&out));
	printf("%.*s\n", (int)out.len, out.at);
	buf_done(&out);
	return 0;
}
