#include "api/supply_json.h"

#include <math.h>
#include <stddef.h>

#include "provider/provider.h"

#define MILLION 1000000.0
#define DAY_S 86400.0
#define MONEY_MAX 1e9
#define ACCOUNT_TEXT_MAX 64

enum kind { KIND_FLAG, KIND_BY, KIND_TEXT, KIND_COUNT, KIND_STOCKOUT, KIND_ACCOUNTS, KIND_MONEY };

/* In the order in which they are shown. */
static const struct setting {
	const char *name;
	enum kind kind;
	size_t offset;
	size_t size; /* KIND_TEXT: of the array */
} settings[] = {
	{"buy", KIND_FLAG, offsetof(struct supply_policy, buy), 0},
	{"join", KIND_FLAG, offsetof(struct supply_policy, join), 0},
	{"replace", KIND_FLAG, offsetof(struct supply_policy, replace), 0},
	{"by", KIND_BY, offsetof(struct supply_policy, by), 0},
	{"stockout", KIND_STOCKOUT, offsetof(struct supply_policy, stockout_ppm), 0},
	{"accounts", KIND_ACCOUNTS, offsetof(struct supply_policy, accounts), 0},
	{"type", KIND_TEXT, offsetof(struct supply_policy, type), sizeof((struct supply_policy *)0)->type},
	{"area", KIND_TEXT, offsetof(struct supply_policy, area), sizeof((struct supply_policy *)0)->area},
	{"region", KIND_TEXT, offsetof(struct supply_policy, region), sizeof((struct supply_policy *)0)->region},
	{"tag", KIND_TEXT, offsetof(struct supply_policy, tag), sizeof((struct supply_policy *)0)->tag},
	{"sms", KIND_FLAG, offsetof(struct supply_policy, sms), 0},
	{"total_max", KIND_COUNT, offsetof(struct supply_policy, total_max), 0},
	{"day_max", KIND_COUNT, offsetof(struct supply_policy, day_max), 0},
	{"month_max", KIND_MONEY, offsetof(struct supply_policy, month_micros), 0},
	{"currency", KIND_TEXT, offsetof(struct supply_policy, currency), sizeof((struct supply_policy *)0)->currency},
};

#define SETTINGS_N ((int)(sizeof settings / sizeof *settings))

static const char *const fields[] = {"buy", "join", "replace", "by", "stockout", "accounts", "type", "area", "region", "tag", "sms",
	"total_max", "day_max", "month_max", "currency", NULL};

static void *field_of(struct supply_policy *policy, const struct setting *setting)
{
	return (char *)policy + setting->offset;
}

bool supply_account_parse(struct str text, struct supply_account *ret_account)
{
	struct str name, provider = str_cut(text, '/', &name);
	struct supply_account account;

	if (!name.at || !provider.len || !name.len || !provider_find(provider) ||
		!str_copy(account.provider, sizeof account.provider, provider) || !str_copy(account.name, sizeof account.name, name))
		return false;
	*ret_account = account;
	return true;
}

/* --- reading --- */

static enum err read_accounts(const struct json_at *at, struct supply_policy *policy, struct problem *problem)
{
	int n = 0;
	enum err err = json_at_count(at, 0, SUPPLY_ACCOUNTS_MAX, &n, problem);

	for (int i = 0; err == ERR_OK && i < n; i++) {
		struct json_at item = json_at_item(at, i);
		struct str text = STR_NONE;
		err = json_at_text(&item, 1, ACCOUNT_TEXT_MAX, &text, problem);
		if (err == ERR_OK && !supply_account_parse(text, &policy->accounts[i]))
			err = json_at_problem(&item, ERR_BAD_REQUEST, "an account is written as provider/name, such as twilio/main", problem);
	}
	policy->accounts_n = (uint8_t)n;
	return err;
}

/* null takes it away. */
static enum err read_text(const struct json_at *at, const struct setting *setting, char *field, struct problem *problem)
{
	struct str text = STR_NONE;

	field[0] = '\0';
	if (json_at_null(at))
		return ERR_OK;
	enum err err = json_at_text(at, 0, setting->size - 1, &text, problem);
	if (err == ERR_OK)
		str_copy(field, setting->size, text);
	return err;
}

static bool read_number(const struct json_at *at, double *ret_value)
{
	int64_t whole;

	if (json_at_fraction(at, ret_value))
		return true;
	if (!json_at_integer(at, &whole))
		return false;
	*ret_value = (double)whole;
	return true;
}

static enum err read_stockout(const struct json_at *at, uint32_t *field, struct problem *problem)
{
	double value;

	if (!read_number(at, &value) || !(value >= 1 / MILLION && value <= 0.5))
		return json_at_problem(at, ERR_BAD_REQUEST, "this is a probability of 0.000001 to 0.5", problem);
	*field = (uint32_t)lround(value * MILLION);
	return ERR_OK;
}

static enum err read_money(const struct json_at *at, uint64_t *field, struct problem *problem)
{
	double value;

	*field = 0;
	if (json_at_null(at))
		return ERR_OK;
	if (!read_number(at, &value) || !(value >= 0 && value <= MONEY_MAX))
		return json_at_problem(at, ERR_BAD_REQUEST, "this is an amount of money a month; null: no bound", problem);
	*field = (uint64_t)llround(value * MILLION);
	return ERR_OK;
}

static enum err read_one(const struct json_at *at, const struct setting *setting, struct supply_policy *policy, struct problem *problem)
{
	void *field = field_of(policy, setting);
	int word = 0;
	enum err err;

	switch (setting->kind) {
	case KIND_FLAG:
		return json_at_bool(at, field, problem);
	case KIND_BY:
		err = json_at_word(at, supply_by_words, &word, problem);
		policy->by = (enum supply_by)word;
		return err;
	case KIND_TEXT:
		return read_text(at, setting, field, problem);
	case KIND_COUNT:
		return json_at_u32(at, 0, UINT32_MAX, field, problem);
	case KIND_STOCKOUT:
		return read_stockout(at, field, problem);
	case KIND_ACCOUNTS:
		return read_accounts(at, policy, problem);
	case KIND_MONEY:
		return read_money(at, field, problem);
	}
	return ERR_INTERNAL;
}

enum err supply_json_read(const struct json_at *at, struct supply_change *ret_change, struct problem *problem)
{
	struct supply_change change = {.given = json_at_there(at)};

	enum err err = change.given ? json_at_fields(at, fields, problem) : ERR_OK;
	for (int i = 0; err == ERR_OK && change.given && i < SETTINGS_N; i++) {
		struct json_at field = json_at_field(at, settings[i].name);
		if (!json_at_there(&field))
			continue;
		change.set |= 1u << i;
		err = read_one(&field, &settings[i], &change.value, problem);
	}
	if (err == ERR_OK)
		*ret_change = change;
	return err;
}

static size_t size_of(const struct setting *setting)
{
	switch (setting->kind) {
	case KIND_FLAG:
		return sizeof(bool);
	case KIND_BY:
		return sizeof(enum supply_by);
	case KIND_TEXT:
		return setting->size;
	case KIND_COUNT:
	case KIND_STOCKOUT:
		return sizeof(uint32_t);
	case KIND_ACCOUNTS:
		return sizeof((struct supply_policy *)0)->accounts;
	case KIND_MONEY:
		return sizeof(uint64_t);
	}
	return 0;
}

enum err supply_json_apply(const struct supply_change *change, struct supply_policy *policy, struct problem *problem)
{
	struct supply_policy value = change->value;
	const char *field = NULL;

	for (int i = 0; i < SETTINGS_N; i++) {
		if (!(change->set >> i & 1))
			continue;
		memcpy(field_of(policy, &settings[i]), field_of(&value, &settings[i]), size_of(&settings[i]));
		if (settings[i].kind == KIND_ACCOUNTS)
			policy->accounts_n = value.accounts_n;
	}
	enum err err = supply_policy_check(policy, &field);
	return err ? problem_is(problem, err, field, "this setting is out of range or doesn't go with the others") : ERR_OK;
}

/* --- showing --- */

static void put_accounts(struct json_out *json, const struct supply_policy *policy)
{
	char text[ACCOUNT_TEXT_MAX];

	json_out_array(json, "accounts");
	for (int i = 0; i < policy->accounts_n; i++) {
		snprintf(text, sizeof text, "%s/%s", policy->accounts[i].provider, policy->accounts[i].name);
		json_out_lit(json, NULL, text);
	}
	json_out_end(json);
}

static void put_one(struct json_out *json, const struct supply_policy *policy, const struct setting *setting)
{
	const void *field = (const char *)policy + setting->offset;

	switch (setting->kind) {
	case KIND_FLAG:
		json_out_bool(json, setting->name, *(const bool *)field);
		return;
	case KIND_BY:
		json_out_lit(json, setting->name, supply_by_words[policy->by]);
		return;
	case KIND_TEXT:
		json_out_lit_or_null(json, setting->name, field);
		return;
	case KIND_COUNT:
		json_out_u64(json, setting->name, *(const uint32_t *)field);
		return;
	case KIND_STOCKOUT:
		json_out_micros(json, setting->name, policy->stockout_ppm);
		return;
	case KIND_ACCOUNTS:
		put_accounts(json, policy);
		return;
	case KIND_MONEY:
		if (policy->month_micros)
			json_out_micros(json, setting->name, policy->month_micros);
		else
			json_out_null(json, setting->name);
		return;
	}
}

void supply_json_put(struct json_out *json, const char *name, const struct supply_policy *policy)
{
	json_out_object(json, name);
	for (int i = 0; i < SETTINGS_N; i++)
		put_one(json, policy, &settings[i]);
	json_out_end(json);
}

void supply_json_put_want(struct json_out *json, const char *name, const struct book_want *want)
{
	json_out_object(json, name);
	json_out_u64(json, "wanted", want->wanted);
	json_out_u64(json, "have", want->have);
	json_out_u64(json, "on_order", want->on_order);
	json_out_u64(json, "to_buy", want->buy);
	json_out_lit(json, "why", forecast_why_words[want->why]);
	json_out_lit_or_null(json, "held_back_by", book_hold_words[want->hold]);
	json_out_micros(json, "orders_per_hour", (uint64_t)llround(want->orders_per_hour * MILLION));
	json_out_u64(json, "lead_s", (uint64_t)llround(want->lead_s));
	if (want->lasts_s >= 0)
		json_out_micros(json, "days_left", (uint64_t)llround(want->lasts_s / DAY_S * MILLION));
	else
		json_out_null(json, "days_left");
	json_out_u64(json, "bought_day", want->bought_day);
	json_out_micros(json, "bought_month", want->bought_month_micros);
	json_out_end(json);
}
