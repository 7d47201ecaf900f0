#include "core/supply.h"

const char *const supply_by_words[] = {"water", "forecast", NULL};
const char *const purchase_state_words[] = {"intent", "pending", "bought", "joined", "failed", NULL};
const char *const vn_out_words[] = {"", "hand", "vanished", "unhealthy", NULL};

#define STOCKOUT_DEFAULT_PPM 1000
#define DAY_MAX_DEFAULT 10
#define DAY_MAX_MOST 10000
#define TOTAL_MOST 1000000
#define MONEY_MOST 1000000000000000ull /* 10^9 of a currency */

struct supply_policy supply_policy_default(void)
{
	return (struct supply_policy){
		.by = SUPPLY_BY_WATER,
		.stockout_ppm = STOCKOUT_DEFAULT_PPM,
		.day_max = DAY_MAX_DEFAULT,
	};
}

static bool is_digits(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text == 0x7f)
			return false;
	return true;
}

static bool is_currency(const char *text)
{
	return strlen(text) == 3 && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

static bool accounts_ok(const struct supply_policy *policy)
{
	if (policy->accounts_n > SUPPLY_ACCOUNTS_MAX)
		return false;
	for (int i = 0; i < policy->accounts_n; i++) {
		const struct supply_account *account = &policy->accounts[i];
		if (!account->provider[0] || !account->name[0])
			return false;
		for (int j = 0; j < i; j++)
			if (strcmp(policy->accounts[j].provider, account->provider) == 0 &&
				strcmp(policy->accounts[j].name, account->name) == 0)
				return false;
	}
	return true;
}

enum err supply_policy_check(const struct supply_policy *policy, const char **ret_field)
{
	static const char *const types[] = {"", "local", "mobile", "national", "tollfree", NULL};
	bool type_ok = false;

	for (int i = 0; types[i]; i++)
		type_ok |= strcmp(types[i], policy->type) == 0;
	const struct {
		const char *field;
		bool ok;
	} rules[] = {
		{"supply.accounts", accounts_ok(policy)},
		{"supply.buy", !policy->buy || policy->accounts_n > 0},
		{"supply.join", !policy->join || policy->accounts_n > 0},
		{"supply.by", policy->by == SUPPLY_BY_WATER || policy->by == SUPPLY_BY_FORECAST},
		{"supply.stockout", policy->stockout_ppm >= 1 && policy->stockout_ppm <= 500000},
		{"supply.type", type_ok},
		{"supply.area", is_digits(policy->area)},
		{"supply.region", is_printable(policy->region)},
		{"supply.tag", is_printable(policy->tag)},
		{"supply.total_max", policy->total_max <= TOTAL_MOST},
		{"supply.day_max", policy->day_max <= DAY_MAX_MOST},
		{"supply.month_max", policy->month_micros <= MONEY_MOST},
		{"supply.currency", policy->month_micros ? is_currency(policy->currency) : !policy->currency[0] || is_currency(policy->currency)},
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (!rules[i].ok) {
			*ret_field = rules[i].field;
			return ERR_BAD_REQUEST;
		}
	}
	return ERR_OK;
}
