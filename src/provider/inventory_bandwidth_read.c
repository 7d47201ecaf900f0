#include <stdio.h>

#include "provider/inventory_bandwidth.h"
#include "provider/inventory_read.h"
#include "provider/provider.h"
#include "provider/xml.h"

#define NODES_MAX (INVENTORY_PAGE_NUMBERS * 32 + 64)
#define TREE_MEMORY_MAX (16u << 20)

/* A document, in memory of its own: what is kept of it is copied. */
struct document {
	struct arena arena;
	struct xml_node *root;
};

/* Some of the errors of errors.mdx mean more than "no". */
static const struct {
	const char *code;
	enum inventory_outcome outcome;
} codes[] = {
	{"4009", INVENTORY_AGAIN},     /* a system error */
	{"4014", INVENTORY_NO_ACCESS}, /* this search */
	{"4017", INVENTORY_GONE},      /* the number does not exist */
	{"5005", INVENTORY_GONE},      /* not available */
	{"5012", INVENTORY_NO_ACCESS}, /* the account is locked */
	{"5018", INVENTORY_GONE},      /* nothing of what was ordered is available */
	{"5019", INVENTORY_AGAIN},     /* the order is pending */
	{"5051", INVENTORY_NO_ACCESS}, /* this account */
	{"5071", INVENTORY_GONE},      /* not on the system */
	{"5074", INVENTORY_GONE},      /* not in service */
	{"5076", INVENTORY_GONE},      /* not this account's */
	{"5086", INVENTORY_AGAIN},     /* the order timed out */
	{"5183", INVENTORY_NO_ACCESS}, /* ordering is not enabled */
	{"13536", INVENTORY_GONE},     /* not in that Location */
};

static bool open_tree(struct str body, struct document *answer, struct inventory_result *result)
{
	arena_init(&answer->arena, TREE_MEMORY_MAX);
	if (body.len <= INVENTORY_ANSWER_MAX &&
		xml_parse_answer(body, NODES_MAX, &answer->arena, &answer->root) == ERR_OK)
		return true;
	arena_done(&answer->arena);
	if (result->outcome == INVENTORY_DONE)
		inventory_unreadable(result, "the answer is no XML document, or too long");
	return false;
}

/* The first element with a code and a sentence: <Error><Code/><Description/>, in an <ErrorList> or not, or
 * <ResponseStatus><ErrorCode/><Description/>. Recursion ends at XML_ANSWER_DEPTH_MAX. */
static const struct xml_node *find_error(const struct xml_node *node, struct str *ret_code)
{
	struct str code = xml_child_text(node, "Code");

	if (!code.len)
		code = xml_child_text(node, "ErrorCode");
	if (code.len && xml_child(node, "Description")) {
		*ret_code = code;
		return node;
	}
	for (const struct xml_node *child = node->child; child; child = child->next) {
		const struct xml_node *error = find_error(child, ret_code);
		if (error)
			return error;
	}
	return NULL;
}

/* Takes over what the answer says is wrong. What the status alone says of rights, of haste and of faults
 * there stands; a 2xx or a plain no becomes what the code means. False: it says nothing. */
static bool take_error(const struct xml_node *root, struct inventory_result *result)
{
	struct str code = STR_NONE;
	const struct xml_node *error = find_error(root, &code);

	if (!error)
		return false;
	if (result->outcome == INVENTORY_DONE)
		result->outcome = INVENTORY_REFUSED;
	for (size_t i = 0; i < sizeof codes / sizeof codes[0] && result->outcome == INVENTORY_REFUSED; i++)
		if (str_equal(str_of(codes[i].code), code))
			result->outcome = codes[i].outcome;
	inventory_say(result, code, xml_child_text(error, "Description"));
	return true;
}

/* The document of an answer that says yes. False: there is none, the result says why. */
static bool open_answer(
	int status, struct str body, struct document *answer, struct inventory_result *ret_result)
{
	inventory_by_status(status, ret_result);
	if (!open_tree(body, answer, ret_result))
		return false;
	if (ret_result->outcome == INVENTORY_DONE)
		return true;
	take_error(answer->root, ret_result);
	arena_done(&answer->arena);
	return false;
}

static bool is_root(const struct document *answer, const char *name)
{
	return str_equal(answer->root->name, str_of(name));
}

/* Ten digits, eleven with the 1, or the whole of it. */
static bool read_number(struct str text, struct number *ret_number)
{
	struct number number;
	char digits[NUMBER_TEXT_SIZE];

	if (text.len == 10) {
		digits[0] = '1';
		memcpy(digits + 1, text.at, 10);
		text = str_n(digits, 11);
	}
	if (number_parse_digits(text, &number))
		return false;
	if (!bandwidth_digits(number, digits)[0])
		return false;
	*ret_number = number;
	return true;
}

static bool has_service(const struct xml_node *services, const char *name)
{
	const struct xml_node *service = xml_child(services, "ServiceType");

	for (; service; service = xml_again(service))
		if (str_equal_nocase(service->text, str_of(name)))
			return true;
	return false;
}

/* "site/location", or `application` where that is the account's own. Details alone tell. */
static bool put_hook(const struct account *account, const struct xml_node *row, struct arena *arena,
	struct inventory_number *number)
{
	struct str site = xml_child_text(xml_child(row, "Site"), "Id");
	struct str peer = xml_child_text(xml_child(row, "SipPeer"), "PeerId");
	char text[2 * INVENTORY_ID_MAX + 2];

	number->hook = STR_NONE;
	number->hook_told = site.len != 0 && (peer.len != 0 || !account->location[0]);
	if (!number->hook_told)
		return true;
	if (site.len > INVENTORY_ID_MAX || peer.len > INVENTORY_ID_MAX)
		return false;
	bool ours = account->application[0] && str_equal(site, str_of(account->application)) &&
		    (!account->location[0] || str_equal(peer, str_of(account->location)));
	int len = snprintf(text, sizeof text, "%.*s/%.*s", (int)site.len, site.at, (int)peer.len,
		peer.at ? peer.at : "");
	number->hook = arena_str(arena, ours ? str_of(account->application) : str_n(text, (size_t)len));
	return number->hook.at != NULL;
}

static uint16_t country_of(struct str code)
{
	return str_equal(code, STR("USA"))   ? 'U' << 8 | 'S'
	       : str_equal(code, STR("CAN")) ? 'C' << 8 | 'A'
					     : 0;
}

/* What another account has, or nobody. */
static bool is_foreign(const struct account *account, const struct xml_node *row)
{
	struct str owner = xml_child_text(row, "AccountId"), status = xml_child_text(row, "Status");

	return (owner.len && !str_equal(owner, str_of(account->sid))) ||
	       str_equal_nocase(status, STR("Available")) || str_equal_nocase(status, STR("Aging")) ||
	       str_equal_nocase(status, STR("Disconnected"));
}

struct rows {
	int left_out; /* numbers that are none */
	const char *wrong;
};

static void read_row(const struct account *account, const struct xml_node *row, struct arena *arena,
	struct inventory_page *page, struct rows *rows)
{
	const struct xml_node *services = xml_child(row, "ServiceTypes");
	struct str text = row->child ? xml_child_text(row, "FullNumber") : row->text;
	struct inventory_number number = {.country = country_of(xml_child_text(row, "CountryCodeA3")),
		.voice = !services || has_service(services, "Voice"),
		.sms = has_service(services, "Messaging") ||
		       str_equal(xml_child_text(xml_child(row, "MessagingSettings"), "SmsEnabled"),
			       STR("true")),
		.active = str_equal_nocase(xml_child_text(row, "Status"), STR("Inservice")),
		.month_micros = INVENTORY_NO_PRICE};
	char digits[NUMBER_TEXT_SIZE];

	if (!text.len) {
		rows->wrong = "a number of the list has no FullNumber";
		return;
	}
	if (is_foreign(account, row))
		return;
	if (!read_number(text, &number.number)) {
		rows->left_out++;
		return;
	}
	number.id = arena_str(arena, str_of(bandwidth_digits(number.number, digits)));
	if (!number.id.at || !put_hook(account, row, arena, &number)) {
		rows->wrong = "no memory for the list of numbers, or a Location's id is too long";
		return;
	}
	page->numbers[page->n++] = number;
}

static void read_rows(const struct account *account, const struct xml_node *first, struct arena *arena,
	struct inventory_page *page, struct rows *rows)
{
	int n = 0;

	for (const struct xml_node *row = first; row; row = xml_again(row))
		n++;
	bool fits = n <= INVENTORY_PAGE_NUMBERS;
	page->numbers = n && fits ? arena_alloc(arena, (size_t)n * sizeof *page->numbers) : NULL;
	if (!fits)
		rows->wrong = "the list of numbers is too long";
	else if (n && !page->numbers)
		rows->wrong = "no memory for the list of numbers";
	for (const struct xml_node *row = first; row && !rows->wrong; row = xml_again(row))
		read_row(account, row, arena, page, rows);
	if (!rows->wrong && rows->left_out && !page->n)
		rows->wrong = "no number of the list is one";
}

/* Link=<https://dashboard.bandwidth.com:443/v1.0/tns?account=9500012&page=4155550101&size=500>;rel="next";
 * what page= says is the cursor, the rest is ours to write. */
static bool take_next(const struct xml_node *root, char next[INVENTORY_CURSOR_MAX + 1])
{
	struct str link = xml_child_text(xml_child(root, "Links"), "next"), query, field;

	next[0] = '\0';
	if (!link.len)
		return true;
	str_cut(link, '?', &query);
	query = str_cut(str_cut(query, '>', &field), '#', &field);
	while (query.len) {
		field = str_cut(query, '&', &query);
		if (str_starts(field, STR("page=")))
			return inventory_id_ok(str_n(field.at + 5, field.len - 5)) &&
			       str_copy(next, INVENTORY_CURSOR_MAX + 1, str_n(field.at + 5, field.len - 5));
	}
	return false;
}

static void read_document(const struct account *account, const struct document *answer, struct arena *arena,
	struct inventory_page *page, struct rows *rows)
{
	const struct xml_node *root = answer->root, *numbers = xml_child(root, "TelephoneNumbers");
	const struct xml_node *details = xml_child(root, "TelephoneNumberDetails");
	bool empty = str_equal(xml_child_text(root, "TelephoneNumberCount"), STR("0"));

	if (is_root(answer, "TelephoneNumberResponse") && details)
		read_rows(account, details, arena, page, rows);
	else if (!is_root(answer, "TelephoneNumbersResponse") || (!numbers && !empty))
		rows->wrong = "the list of numbers has no TelephoneNumbers";
	else if (!take_next(root, page->next))
		rows->wrong = "the list doesn't say where it goes on";
	else
		read_rows(account, xml_child(numbers, "TelephoneNumber"), arena, page, rows);
}

void bandwidth_read_list(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_page *ret_page, struct inventory_result *ret_result)
{
	struct inventory_page page = {0};
	struct rows rows = {0};
	struct document answer;

	if (status == 204) { /* nothing there */
		inventory_by_status(status, ret_result);
		*ret_page = page;
		return;
	}
	if (!open_answer(status, body, &answer, ret_result))
		return;
	read_document(account, &answer, arena, &page, &rows);
	if (!rows.wrong)
		*ret_page = page;
	else if (!take_error(answer.root, ret_result))
		inventory_unreadable(ret_result, rows.wrong);
	arena_done(&answer.arena);
}

void bandwidth_read_search(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_offers *ret_offers, struct inventory_result *ret_result)
{
	struct inventory_offers found = {
		.offers = arena_alloc(arena, INVENTORY_OFFERS_MAX * sizeof *found.offers)};
	struct inventory_offer offer = {
		.month_micros = INVENTORY_NO_PRICE, .setup_micros = INVENTORY_NO_PRICE};
	struct document answer;
	int wrong = 0;

	(void)account;
	if (!open_answer(status, body, &answer, ret_result))
		return;
	const struct xml_node *list = xml_child(answer.root, "TelephoneNumberList");
	const struct xml_node *row = found.offers ? xml_child(list, "TelephoneNumber") : NULL;
	for (; row && found.n < INVENTORY_OFFERS_MAX; row = xml_again(row)) {
		if (read_number(row->text, &offer.number))
			found.offers[found.n++] = offer;
		else
			wrong++;
	}
	const char *what = !is_root(&answer, "SearchResult") ? "the offers are no SearchResult"
			   : !found.offers                   ? "no memory for the offers"
			   : wrong && !found.n               ? "no offer is a number"
							     : NULL;
	bool refused = !list && take_error(answer.root, ret_result);
	if (what && !refused)
		inventory_unreadable(ret_result, what);
	else if (!refused)
		*ret_offers = found;
	arena_done(&answer.arena);
}

static void take_number(const struct xml_node *root, struct inventory_bought *bought)
{
	const struct xml_node *number = xml_child(xml_child(root, "CompletedNumbers"), "TelephoneNumber");
	char digits[NUMBER_TEXT_SIZE];

	struct str text = number && number->child ? xml_child_text(number, "FullNumber")
			  : number                ? number->text
						  : STR_NONE;

	if (!read_number(text, &bought->number))
		bought->number = NUMBER_NONE;
	if (!str_copy(bought->id, sizeof bought->id, str_of(bandwidth_digits(bought->number, digits))))
		bought->id[0] = '\0';
}

/* COMPLETE, or PARTIAL with our number: had. FAILED, or PARTIAL without: not. Every other word is an order on
 * its way. */
static void read_order(
	const struct xml_node *root, struct inventory_bought *ret_bought, struct inventory_result *result)
{
	struct inventory_bought bought = {0};
	struct str status = xml_child_text(root, "OrderStatus"),
		   id = xml_child_text(xml_child(root, "Order"), "id");

	take_number(root, &bought);
	bool partial = str_equal_nocase(status, STR("PARTIAL"));
	bool had = str_equal_nocase(status, STR("COMPLETE")) || (partial && number_is(bought.number));
	if (!had && (partial || str_equal_nocase(status, STR("FAILED")))) {
		if (!take_error(root, result))
			inventory_say(result, STR_NONE, xml_child_text(root, "Summary"));
		/* This order is over, whatever a new one would come to. */
		if (result->outcome == INVENTORY_DONE || result->outcome == INVENTORY_AGAIN)
			result->outcome = INVENTORY_REFUSED;
		return;
	}
	if (!had) {
		result->outcome = INVENTORY_PENDING;
		bought = (struct inventory_bought){0};
		if (inventory_id_ok(id) && !str_copy(bought.order, sizeof bought.order, id))
			bought.order[0] = '\0';
	}
	*ret_bought = bought;
}

void bandwidth_read_buy(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_bought *ret_bought, struct inventory_result *ret_result)
{
	struct document answer;

	(void)account, (void)arena;
	if (!open_answer(status, body, &answer, ret_result))
		return;
	if (is_root(&answer, "OrderResponse") && xml_child_text(answer.root, "OrderStatus").len)
		read_order(answer.root, ret_bought, ret_result);
	else if (!take_error(answer.root, ret_result))
		inventory_unreadable(ret_result, "the answer to an order has no OrderStatus");
	arena_done(&answer.arena);
}

/* What a yes says beside its status isn't looked at, unless it is a no. */
void bandwidth_read_done(const struct account *account, int status, struct str body, struct arena *arena,
	struct inventory_result *ret_result)
{
	struct inventory_result unread;
	struct document answer;

	(void)account, (void)arena;
	inventory_by_status(status, ret_result);
	unread = *ret_result; /* a body that is no XML is no fault here */
	if (!open_tree(body, &answer, &unread))
		return;
	take_error(answer.root, ret_result);
	arena_done(&answer.arena);
}
