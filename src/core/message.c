#include "core/message.h"

#include "core/ident.h"
#include "core/redact.h"
#include "core/utf8.h"

const char *const message_state_words[] = {"refused", "queued", "sent", "delivered", "failed", NULL};
const char *const message_why_words[] = {"", "unknown_caller", "withheld_caller", "not_active", "not_a_vn", "off",
	"empty", "too_long", "no_sender", "opted_out", "expired", "provider", "blocked", "too_many", NULL};

bool message_state_may(enum message_state from, enum message_state to)
{
	switch (from) {
	case MESSAGE_QUEUED:
		return to != MESSAGE_REFUSED;
	case MESSAGE_SENT:
		return to == MESSAGE_DELIVERED || to == MESSAGE_FAILED;
	case MESSAGE_REFUSED:
	case MESSAGE_DELIVERED:
	case MESSAGE_FAILED:
		break;
	}
	return false;
}

enum message_why message_why_of(enum reason reason)
{
	switch (reason) {
	case REASON_NONE:
		return MESSAGE_WHY_NONE;
	case REASON_WITHHELD_CALLER:
		return MESSAGE_WHY_WITHHELD_CALLER;
	case REASON_NOT_ACTIVE:
		return MESSAGE_WHY_NOT_ACTIVE;
	case REASON_NOT_A_VN:
		return MESSAGE_WHY_NOT_A_VN;
	case REASON_BLOCKED:
		return MESSAGE_WHY_BLOCKED;
	case REASON_TOO_MANY_CALLS:
		return MESSAGE_WHY_TOO_MANY;
	case REASON_UNKNOWN_CALLER:
	case REASON_NOT_ATTESTED: /* of calls alone */
	case REASON_MINUTES_USED: /* of calls alone */
	case REASON_BAD_SIGNATURE:
	case REASON_LATE:
		break;
	}
	return MESSAGE_WHY_UNKNOWN_CALLER;
}

enum err message_policy_check(const struct message_policy *policy, const char **ret_field)
{
	*ret_field = policy->keep_bodies_s > MESSAGE_KEEP_MAX_S ? "keep_bodies_s" : NULL;
	return *ret_field ? ERR_BAD_REQUEST : ERR_OK;
}

char *message_id_text(uint64_t id, char text[MESSAGE_ID_TEXT_SIZE])
{
	_Static_assert(MESSAGE_ID_TEXT_SIZE >= IDENT_TEXT_SIZE, "an id's text fits");
	return ident_text("msg_", id, text);
}

enum err message_id_parse(struct str text, uint64_t *ret_id)
{
	return ident_parse("msg_", text, ret_id);
}

/* --- what a text says --- */

static bool is_control(uint32_t point)
{
	return (point < 0x20 && point != '\n' && point != '\t') || (point >= 0x7f && point < 0xa0) || point == 0xfffe ||
	       point == 0xffff;
}

size_t message_clean(struct str text, char *clean, size_t *ret_chars)
{
	size_t len = 0, begin = 0, chars = 0;

	for (size_t i = 0; i < text.len;) {
		uint32_t point;
		size_t n = utf8_next(text, i, &point);
		bool keeps = n > 0 && !is_control(point);
		if (keeps)
			memcpy(clean + len, text.at + i, n);
		len += keeps ? n : 0;
		i += n ? n : 1;
	}
	struct str trimmed = str_trim(str_n(clean, len));
	begin = (size_t)(trimmed.len ? trimmed.at - clean : 0);
	memmove(clean, clean + begin, trimmed.len);
	for (size_t i = 0; i < trimmed.len; i++)
		chars += ((uint8_t)clean[i] & 0xc0) != 0x80;
	*ret_chars = chars;
	return trimmed.len;
}

/* Of the GSM 03.38 alphabet: 1, or 2 behind an escape; 0: it isn't in it. */
static int gsm_units(uint32_t point)
{
	static const uint16_t others[] = {0xa3, 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, 0xd8, 0xf8, 0xc5, 0xe5,
		0x394, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0xc6, 0xe6, 0xdf, 0xc9, 0xa4,
		0xa1, 0xc4, 0xd6, 0xd1, 0xdc, 0xa7, 0xbf, 0xe4, 0xf6, 0xf1, 0xfc, 0xe0};
	if (point == 0x20ac || (point < 0x80 && point && strchr("^{}\\[~]|", (int)point)))
		return 2;
	if (point < 0x80)
		return point != '`' && (point >= 0x20 || point == '\n' || point == '\r') ? 1 : 0;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (others[i] == point)
			return 1;
	return 0;
}

static int parts(size_t units, size_t whole, size_t part)
{
	return units == 0 ? 0 : units <= whole ? 1 : (int)((units + part - 1) / part);
}

int message_segments(struct str text)
{
	size_t gsm = 0, ucs = 0;
	bool is_gsm = true;

	for (size_t i = 0; i < text.len;) {
		uint32_t point;
		size_t n = utf8_next(text, i, &point);
		int units = n ? gsm_units(point) : 0;
		is_gsm &= units > 0;
		gsm += (size_t)units;
		ucs += point > 0xffff ? 2 : 1;
		i += n ? n : 1;
	}
	return is_gsm ? parts(gsm, 160, 153) : parts(ucs, 70, 67);
}

bool message_code_ok(struct str code)
{
	size_t digits = 0;

	for (size_t i = 0; i < code.len; i++) {
		char c = code.at[i];
		bool digit = c >= '0' && c <= '9';
		digits = digit ? digits + 1 : 0;
		if (digits >= REDACT_DIGITS_MIN ||
			!(digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'))
			return false;
	}
	return code.len <= MESSAGE_CODE_MAX;
}
