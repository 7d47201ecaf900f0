/* A session's parties, views and past pairs as bytes: the `parties` column.
 *
 *   version (1): 1
 *   parties, views (1 each), past pairs (varint)
 *   a party:    role length (1), role | flags (1) | numbers (1) | VN id, version (varint each)
 *               | fingerprint (8, if flag) | PIN (varint, if flag) | country (2) | area (varint)
 *               | for each number: person (16), then box (25), or one zero byte where it was erased
 *   a view:     viewer, target (1 each), VN id (varint)
 *   a past pair: person (16), VN id (varint), until (4)
 *
 * Integers are big endian; varint: 7 bits a byte, lowest first, 0x80 says that more follow. Flags: 1 may
 * call, 2 has a fingerprint, 4 has a PIN, 8 the PIN has 8 digits (else 6).
 */
#include "store/store_sqlite.h"

#include "base/check.h"
#include "store/row.h"

#define BLOB_VERSION 1

enum { FLAG_MAY_CALL = 1, FLAG_FINGERPRINT = 2, FLAG_PIN = 4, FLAG_PIN_8 = 8 };

bool sealed_make(struct vault_use *use, const struct session_row *row, struct sealed *ret_sealed)
{
	for (int i = 0; i < row->parties_n; i++) {
		const struct party *party = &row->parties[i];
		for (int j = 0; j < party->numbers_n; j++)
			if (!number_is(party->numbers[j]))
				ret_sealed->box[i][j][0] = 0;
			else if (!vault_seal(use, party->numbers[j], row->id, str_of(party->role), j, ret_sealed->box[i][j]))
				return false;
	}
	return true;
}

enum err sealed_open(struct vault_use *use, const struct sealed *sealed, struct session_row *row)
{
	for (int i = 0; i < row->parties_n; i++) {
		struct party *party = &row->parties[i];
		for (int j = 0; j < party->numbers_n; j++) {
			if (sealed->box[i][j][0] == 0)
				continue;
			enum err err = vault_open(use, sealed->box[i][j], row->id, str_of(party->role), j,
				&party->numbers[j]);
			if (err != ERR_OK)
				return err;
		}
	}
	return ERR_OK;
}

void sealed_settle(const struct sealed *sealed, struct session_row *row)
{
	row->past_n = 0;
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties[i].numbers_n; j++)
			if (sealed->box[i][j][0] == 0)
				row->parties[i].persons[j] = (struct person){{0}};
}

bool sealed_is_old(const struct sealed *sealed, const struct session_row *row, int id)
{
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties[i].numbers_n; j++)
			if (sealed->box[i][j][0] != 0 && sealed->box[i][j][0] != id)
				return true;
	return false;
}

enum err sealed_renew(struct vault_use *use, int id, struct sealed *sealed, struct session_row *row)
{
	for (int i = 0; i < row->parties_n; i++) {
		struct party *party = &row->parties[i];
		struct str role = str_of(party->role);
		for (int j = 0; j < party->numbers_n; j++) {
			uint8_t *box = sealed->box[i][j];
			struct number number;
			if (box[0] == 0 || box[0] == id)
				continue;
			enum err err = vault_open(use, box, row->id, role, j, &number);
			if (err != ERR_OK)
				return err;
			if (!vault_seal(use, number, row->id, role, j, box))
				return ERR_OVERLOADED;
			vault_person(use, number, &party->persons[j]);
		}
	}
	return ERR_OK;
}

uint32_t sealed_cools_until(const struct sealed *sealed, const struct session_row *row)
{
	static const struct person nobody;
	uint32_t until = 0;
	for (int i = 0; i < row->past_n; i++)
		if (row->past[i].until > until)
			until = row->past[i].until;
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties[i].numbers_n; j++)
			if (sealed->box[i][j][0] == 0 && row_session_done_at(row) > until &&
				memcmp(&row->parties[i].persons[j], &nobody, sizeof nobody) != 0)
				until = row_session_done_at(row);
	return until;
}

void sealed_mark(const struct sealed *sealed, struct session_row *row)
{
	for (int i = 0; i < row->parties_n; i++)
		for (int j = 0; j < row->parties[i].numbers_n; j++)
			row->parties[i].numbers[j].e164 = sealed->box[i][j][0] != 0;
}

static void put_big(struct buf *buf, uint64_t value, int size)
{
	for (int i = size - 1; i >= 0; i--)
		buf_char(buf, (char)(value >> (8 * i)));
}

static void put_varint(struct buf *buf, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_char(buf, (char)(value | 0x80));
	buf_char(buf, (char)value);
}

static void put_party(struct buf *buf, const struct party *party, const uint8_t (*boxes)[VAULT_BOX_SIZE])
{
	struct str role = str_of(party->role);
	int flags = (party->may_call ? FLAG_MAY_CALL : 0) | (party->fingerprint ? FLAG_FINGERPRINT : 0) |
			(party->pin_digits ? FLAG_PIN : 0) | (party->pin_digits == 8 ? FLAG_PIN_8 : 0);
	put_big(buf, role.len, 1);
	buf_str(buf, role);
	put_big(buf, (unsigned)flags, 1);
	put_big(buf, party->numbers_n, 1);
	put_varint(buf, party->vn_id);
	put_varint(buf, party->version);
	if (flags & FLAG_FINGERPRINT)
		put_big(buf, party->fingerprint, 8);
	if (flags & FLAG_PIN)
		put_varint(buf, party->pin);
	put_big(buf, party->place.country, 2);
	put_varint(buf, party->place.area);
	for (int i = 0; i < party->numbers_n; i++) {
		buf_put(buf, party->persons[i].key, sizeof party->persons[i].key);
		buf_put(buf, boxes[i], boxes[i][0] == 0 ? 1 : VAULT_BOX_SIZE);
	}
}

void blob_encode(const struct session_row *row, const struct sealed *sealed, struct buf *buf)
{
	ASSERT(row->parties_n <= SESSION_PARTIES_MAX && row->views_n <= SESSION_VIEWS_MAX);
	put_big(buf, BLOB_VERSION, 1);
	put_big(buf, row->parties_n, 1);
	put_big(buf, row->views_n, 1);
	put_varint(buf, row->past_n);
	for (int i = 0; i < row->parties_n; i++)
		put_party(buf, &row->parties[i], sealed->box[i]);
	for (int i = 0; i < row->views_n; i++) {
		put_big(buf, row->views[i].viewer, 1);
		put_big(buf, row->views[i].target, 1);
		put_varint(buf, row->views[i].vn_id);
	}
	for (int i = 0; i < row->past_n; i++) {
		buf_put(buf, row->past[i].person.key, sizeof row->past[i].person.key);
		put_varint(buf, row->past[i].vn_id);
		put_big(buf, row->past[i].until, 4);
	}
}

/* What is left to read; keeps its first error. */
struct cut {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static const uint8_t *cut_bytes(struct cut *cut, size_t len)
{
	static const uint8_t zeros[64];
	ASSERT(len <= sizeof zeros);
	if (cut->failed || (size_t)(cut->end - cut->at) < len) {
		cut->failed = true;
		return zeros;
	}
	cut->at += len;
	return cut->at - len;
}

static uint64_t cut_big(struct cut *cut, size_t size)
{
	const uint8_t *bytes = cut_bytes(cut, size);
	uint64_t value = 0;
	for (size_t i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

static uint64_t cut_varint(struct cut *cut, uint64_t max)
{
	uint64_t value = 0;
	for (int shift = 0; shift < 64; shift += 7) {
		uint64_t byte = cut_big(cut, 1);
		value |= (byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		cut->failed |= value > max;
		return value;
	}
	cut->failed = true;
	return 0;
}

static void cut_party(struct cut *cut, struct party *ret_party, uint8_t (*ret_boxes)[VAULT_BOX_SIZE])
{
	size_t role_len = cut_big(cut, 1);
	if (role_len > SESSION_ROLE_MAX) {
		cut->failed = true;
		return;
	}
	memcpy(ret_party->role, cut_bytes(cut, role_len), role_len);
	unsigned flags = (unsigned)cut_big(cut, 1);
	uint64_t numbers_n = cut_big(cut, 1);
	ret_party->may_call = flags & FLAG_MAY_CALL;
	ret_party->vn_id = (uint32_t)cut_varint(cut, UINT32_MAX);
	ret_party->version = cut_varint(cut, UINT64_MAX);
	if (flags & FLAG_FINGERPRINT)
		ret_party->fingerprint = cut_big(cut, 8);
	if (flags & FLAG_PIN) {
		ret_party->pin = (uint32_t)cut_varint(cut, UINT32_MAX);
		ret_party->pin_digits = flags & FLAG_PIN_8 ? 8 : 6;
	}
	ret_party->place.country = (uint16_t)cut_big(cut, 2);
	ret_party->place.area = (uint32_t)cut_varint(cut, UINT32_MAX);
	if (numbers_n > SESSION_NUMBERS_MAX) {
		cut->failed = true;
		return;
	}
	ret_party->numbers_n = (uint8_t)numbers_n;
	for (size_t i = 0; i < numbers_n; i++) {
		memcpy(ret_party->persons[i].key, cut_bytes(cut, 16), 16);
		ret_boxes[i][0] = (uint8_t)cut_big(cut, 1);
		if (ret_boxes[i][0] != 0)
			memcpy(ret_boxes[i] + 1, cut_bytes(cut, VAULT_BOX_SIZE - 1), VAULT_BOX_SIZE - 1);
	}
}

static void cut_rest(struct cut *cut, struct session_row *row)
{
	for (int i = 0; i < row->views_n; i++) {
		struct session_view_vn *view = &row->views[i];
		view->viewer = (uint8_t)cut_big(cut, 1);
		view->target = (uint8_t)cut_big(cut, 1);
		view->vn_id = (uint32_t)cut_varint(cut, UINT32_MAX);
		cut->failed |= view->viewer >= row->parties_n || view->target >= row->parties_n;
	}
	for (int i = 0; i < row->past_n; i++) {
		memcpy(row->past[i].person.key, cut_bytes(cut, 16), 16);
		row->past[i].vn_id = (uint32_t)cut_varint(cut, UINT32_MAX);
		row->past[i].until = (uint32_t)cut_big(cut, 4);
	}
}

enum err blob_decode(const void *bytes, size_t len, struct arena *arena, struct session_row *row,
	struct sealed *ret_sealed)
{
	struct cut cut = {bytes, (const uint8_t *)bytes + len, false};
	uint64_t version = cut_big(&cut, 1);
	uint64_t parties_n = cut_big(&cut, 1);
	uint64_t views_n = cut_big(&cut, 1);
	uint64_t past_n = cut_varint(&cut, UINT16_MAX);
	if (cut.failed || version != BLOB_VERSION || parties_n > SESSION_PARTIES_MAX ||
		views_n > SESSION_VIEWS_MAX || past_n > SESSION_PAST_MAX)
		return ERR_STORE_REFUSED;
	row->parties_n = (uint8_t)parties_n;
	row->views_n = (uint8_t)views_n;
	row->past_n = (uint16_t)past_n;
	row->parties = arena_alloc(arena, parties_n * sizeof *row->parties);
	row->views = arena_alloc(arena, views_n * sizeof *row->views);
	row->past = arena_alloc(arena, past_n * sizeof *row->past);
	if (!row->parties || !row->views || !row->past)
		return ERR_LIMIT_REACHED;
	for (int i = 0; i < row->parties_n; i++)
		cut_party(&cut, &row->parties[i], ret_sealed->box[i]);
	cut_rest(&cut, row);
	return cut.failed || cut.at != cut.end ? ERR_STORE_REFUSED : ERR_OK;
}
