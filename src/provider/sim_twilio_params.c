#include "provider/sim_twilio_params.h"

#include "provider/sim_inventory_twilio.h"

#define PAGE_MAX 1000

static const struct sim_twilio_fault unknown = {400, 20001, "There is a parameter that this resource does not know"};
static const struct sim_twilio_fault twice = {400, 20001, "A parameter is there twice"};
static const struct sim_twilio_fault bad_number = {400, 21421, "PhoneNumber is invalid"};
static const struct sim_twilio_fault bad_area = {400, 21451, "Invalid area code"};
static const struct sim_twilio_fault bad_url = {400, 21402, "Invalid Url"};
static const struct sim_twilio_fault bad_method = {400, 21403, "Invalid Method"};
const struct sim_twilio_fault sim_twilio_bad_parameter = {400, 20001, "A parameter is invalid"};

static bool all_of(struct str value, const char *good)
{
	for (size_t i = 0; i < value.len; i++)
		if (!value.at[i] || !strchr(good, value.at[i]))
			return false;
	return value.len > 0;
}

static bool is_number(struct str value)
{
	struct number number;

	return number_parse(value, &number) == ERR_OK;
}

/* A number, or a part of one, '*' for any digit. */
static bool is_part(struct str value)
{
	return value.len <= 16 && all_of(value, "+0123456789*");
}

static bool is_area(struct str value)
{
	return value.len == 3 && all_of(value, "0123456789") && value.at[0] >= '2';
}

static bool is_pattern(struct str value)
{
	int plain = 0;

	if (value.len > 16 ||
		!all_of(value, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ*%+$"))
		return false;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];
		plain += c != '*' && c != '%' && c != '+' && c != '$';
		if ((c == '+' && i != 0) || (c == '$' && i != value.len - 1))
			return false;
	}
	return plain >= 2;
}

static bool is_page_size(struct str value)
{
	uint64_t count;

	return str_u64(value, &count) && count >= 1 && count <= PAGE_MAX;
}

static bool is_page(struct str value)
{
	uint64_t count;

	return str_u64(value, &count) && count <= 1000000;
}

static bool is_flag(struct str value)
{
	return str_equal(value, STR("true")) || str_equal(value, STR("false"));
}

static bool is_region(struct str value)
{
	return value.len <= 7 && all_of(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool is_name(struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] < ' ' || value.at[i] >= 0x7f)
			return false;
	return value.len <= SIM_TWILIO_NAME_MAX;
}

/* Whole, or empty: none. */
static bool is_url(struct str value)
{
	if (value.len == 0)
		return true;
	if (value.len > SIM_TWILIO_URL_MAX || !(str_starts(value, STR("https://")) || str_starts(value, STR("http://"))))
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] <= ' ' || value.at[i] >= 0x7f || strchr("\"\\<>^`{|}", value.at[i]))
			return false;
	return true;
}

static bool is_method(struct str value)
{
	return str_equal(value, STR("GET")) || str_equal(value, STR("POST"));
}

static bool is_receive_mode(struct str value)
{
	return str_equal(value, STR("voice")) || str_equal(value, STR("fax"));
}

/* A sid of that kind, or empty: none. */
static bool is_sid(struct str value, const char *kind)
{
	return value.len == 0 || (value.len == SIM_TWILIO_SID_SIZE - 1 && str_starts(value, str_of(kind)) &&
					 all_of(str_n(value.at + 2, value.len - 2), "0123456789abcdefABCDEF"));
}

static bool is_application(struct str value)
{
	return is_sid(value, "AP");
}

static bool is_trunk(struct str value)
{
	return is_sid(value, "TK");
}

static bool is_address(struct str value)
{
	return is_sid(value, "AD");
}

static bool is_bundle(struct str value)
{
	return is_sid(value, "BU");
}

static bool is_token(struct str value)
{
	return value.len != 0 && is_sid(value, "PA");
}

#define PAGES                                                                                                          \
	{"PageSize", is_page_size, &sim_twilio_bad_parameter}, {"Page", is_page, &sim_twilio_bad_parameter}

const struct sim_twilio_param sim_twilio_list_params[] = {
	{"PhoneNumber", is_part, &sim_twilio_bad_parameter},
	{"FriendlyName", is_name, &sim_twilio_bad_parameter},
	PAGES,
	{"PageToken", is_token, &sim_twilio_bad_parameter},
	{0},
};

const struct sim_twilio_param sim_twilio_search_params[] = {
	{"AreaCode", is_area, &bad_area},
	{"Contains", is_pattern, &sim_twilio_bad_parameter},
	{"InRegion", is_region, &sim_twilio_bad_parameter},
	{"VoiceEnabled", is_flag, &sim_twilio_bad_parameter},
	{"SmsEnabled", is_flag, &sim_twilio_bad_parameter},
	{"ExcludeAllAddressRequired", is_flag, &sim_twilio_bad_parameter},
	PAGES,
	{0},
};

#define SETTINGS                                                                                                       \
	{"FriendlyName", is_name, &sim_twilio_bad_parameter}, {"VoiceUrl", is_url, &bad_url},                         \
		{"VoiceMethod", is_method, &bad_method}, {"StatusCallback", is_url, &bad_url},                        \
		{"StatusCallbackMethod", is_method, &bad_method},                                                     \
		{"VoiceApplicationSid", is_application, &sim_twilio_bad_parameter},                                   \
		{"SmsUrl", is_url, &bad_url}, {"SmsMethod", is_method, &bad_method},                                   \
		{"SmsApplicationSid", is_application, &sim_twilio_bad_parameter},                                     \
		{"TrunkSid", is_trunk, &sim_twilio_bad_parameter},                                                    \
		{"VoiceReceiveMode", is_receive_mode, &sim_twilio_bad_parameter},                                     \
		{"AddressSid", is_address, &sim_twilio_bad_parameter},                                                \
		{"BundleSid", is_bundle, &sim_twilio_bad_parameter}

const struct sim_twilio_param sim_twilio_buy_params[] = {
	{"PhoneNumber", is_number, &bad_number},
	{"AreaCode", is_area, &bad_area},
	SETTINGS,
	{0},
};

const struct sim_twilio_param sim_twilio_set_params[] = {
	SETTINGS,
	{0},
};

const struct sim_twilio_fault *sim_twilio_params_check(const struct form *form, const struct sim_twilio_param *params)
{
	for (int i = 0; i < form->n; i++) {
		const struct sim_twilio_param *param = params;
		while (param->name && !str_equal(str_of(param->name), form->fields[i].name))
			param++;
		if (!param->name)
			return &unknown;
		for (int j = 0; j < i; j++)
			if (str_equal(form->fields[j].name, form->fields[i].name))
				return &twice;
		if (!param->holds(form->fields[i].value))
			return param->fault;
	}
	return NULL;
}

uint64_t sim_twilio_count(const struct form *form, const char *name, uint64_t fallback)
{
	uint64_t count;

	return str_u64(form_value(form, name), &count) ? count : fallback;
}

static char digit_of(char c)
{
	static const char keypad[] = "22233344455566677778889999";

	if (c >= 'a' && c <= 'z')
		return keypad[c - 'a'];
	return c >= 'A' && c <= 'Z' ? keypad[c - 'A'] : c;
}

/* Does the pattern match the digits from their first one on? `whole`: to their last one. Patterns are short. */
static bool matches_here(const char *digits, struct str pattern, bool whole)
{
	if (pattern.len == 0)
		return !whole || *digits == '\0';
	struct str rest = str_n(pattern.at + 1, pattern.len - 1);
	if (*pattern.at == '%')
		return matches_here(digits, rest, whole) || (*digits && matches_here(digits + 1, pattern, whole));
	return *digits && (*pattern.at == '*' || digit_of(*pattern.at) == *digits) && matches_here(digits + 1, rest, whole);
}

bool sim_twilio_matches(struct number number, struct str pattern)
{
	char text[NUMBER_TEXT_SIZE];
	const char *digits = number_text(number, text) + 1;
	bool first = pattern.len && pattern.at[0] == '+', whole = pattern.len && pattern.at[pattern.len - 1] == '$';

	if (first)
		pattern = str_n(pattern.at + 1, pattern.len - 1);
	if (whole)
		pattern.len--;
	if (first)
		return matches_here(digits, pattern, whole);
	for (; *digits; digits++)
		if (matches_here(digits, pattern, whole))
			return true;
	return false;
}
