#include "core/session.h"

#include "base/check.h"
#include "core/ident.h"

const char *const session_state_words[] = {"waiting", "live", "closing", "cooling", "closed", NULL};

_Static_assert(IDENT_TEXT_SIZE <= SESSION_ID_TEXT_SIZE, "a session's id fits its text");

enum session_state session_state_at(const struct session_row *row, int64_t now_ms)
{
	if (row->closed_at == 0)
		return row->state;
	if (row->never_live)
		return SESSION_CLOSED;
	if (now_ms < (int64_t)row->grace_until * 1000)
		return SESSION_CLOSING;
	return now_ms < (int64_t)row->cool_until * 1000 ? SESSION_COOLING : SESSION_CLOSED;
}

char *session_id_text(uint64_t id, char text[SESSION_ID_TEXT_SIZE])
{
	return ident_text("ses_", id, text);
}

enum err session_id_parse(struct str text, uint64_t *ret_id)
{
	return ident_parse("ses_", text, ret_id);
}

struct number session_vn_seen(const struct session_row *row, int viewer, int target, uint32_t *ret_vn_id)
{
	ASSERT(viewer >= 0 && viewer < row->parties_n && target >= 0 && target < row->parties_n);
	for (int i = 0; i < row->views_n; i++) {
		const struct session_view_vn *view = &row->views[i];
		if (view->viewer == viewer && view->target == target) {
			*ret_vn_id = view->vn_id;
			return view->vn;
		}
	}
	*ret_vn_id = row->parties[target].vn_id;
	return row->parties[target].vn;
}

int session_party_of(const struct session_row *row, struct str role)
{
	for (int i = 0; i < row->parties_n; i++)
		if (str_equal(str_of(row->parties[i].role), role))
			return i;
	return -1;
}

bool session_role_ok(struct str role)
{
	if (role.len < 1 || role.len > SESSION_ROLE_MAX)
		return false;
	for (size_t i = 0; i < role.len; i++) {
		char c = role.at[i];
		bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
				c == '-' || c == '.';
		if (!ok)
			return false;
	}
	return true;
}

/* Bytes of the well-formed character at the beginning of s (RFC 3629), 0 if there is none. */
static size_t utf8_next(struct str s, uint32_t *ret_code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char head = (unsigned char)s.at[0];
	size_t len = head < 0x80 ? 1 : head >> 5 == 6 ? 2 : head >> 4 == 14 ? 3 : head >> 3 == 30 ? 4 : 0;

	if (len == 0 || len > s.len)
		return 0;
	uint32_t code = len == 1 ? head : head & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		unsigned char c = (unsigned char)s.at[i];
		if (c >> 6 != 2)
			return 0;
		code = code << 6 | (c & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return len;
}

bool session_ref_ok(struct str ref)
{
	if (ref.len < 1 || ref.len > SESSION_REF_MAX)
		return false;
	while (ref.len) {
		uint32_t code;
		size_t len = utf8_next(ref, &code);
		if (len == 0 || code < 0x20 || (code >= 0x7f && code <= 0x9f))
			return false;
		ref = str_n(ref.at + len, ref.len - len);
	}
	return true;
}

bool session_alike(const struct session_row *a, const struct session_row *b)
{
	return a->parties_n == b->parties_n && a->views_n == b->views_n && a->past_n == b->past_n &&
	       memcmp(a->parties, b->parties, a->parties_n * sizeof *a->parties) == 0 &&
	       memcmp(a->views, b->views, a->views_n * sizeof *a->views) == 0 &&
	       memcmp(a->past, b->past, a->past_n * sizeof *a->past) == 0;
}
