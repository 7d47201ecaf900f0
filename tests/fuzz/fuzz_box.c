/* box: any bytes as a sealed number or a sealed text. Nothing opens but what was sealed for that very place; what is sealed
 * comes back. First byte: bits 0 and 1 what is done. */
#include "base/check.h"
#include "crypto/vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vault_use *use;

static void made_up(struct str bytes)
{
	uint8_t box[VAULT_BOX_SIZE] = {0};
	struct number number = {5};
	struct buf out;

	memcpy(box, bytes.at, bytes.len < sizeof box ? bytes.len : sizeof box);
	ASSERT(vault_open(use, box, 7, STR("customer"), 0, &number) == ERR_STORE_REFUSED && number.e164 == 5);
	buf_init(&out, VAULT_TEXT_MAX);
	ASSERT(vault_open_text(use, bytes, STR("dead:1"), &out) == ERR_STORE_REFUSED && out.len == 0);
	buf_done(&out);
	vault_text_sealed_by(bytes);
}

/* A box of the number that the bytes are, with a bit changed if `bit` is one of the box. */
static void numbers_box(struct str bytes, size_t bit)
{
	uint8_t box[VAULT_BOX_SIZE];
	struct number number = {5};
	uint64_t value = 0;

	memcpy(&value, bytes.at, bytes.len < sizeof value ? bytes.len : sizeof value);
	value = 10000000 + value % (1000000000000000 - 10000000);
	ASSERT(vault_seal(use, (struct number){value}, 7, STR("customer"), 0, box));
	if (bit < sizeof box * 8) {
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ASSERT(vault_open(use, box, 7, STR("customer"), 0, &number) == ERR_STORE_REFUSED);
		return;
	}
	ASSERT(vault_open(use, box, 8, STR("customer"), 0, &number) == ERR_STORE_REFUSED);
	ASSERT(vault_open(use, box, 7, STR("customer"), 0, &number) == ERR_OK && number.e164 == value);
}

static void texts_box(struct str text, size_t bit)
{
	struct buf sealed, out;

	buf_init(&sealed, VAULT_TEXT_MAX + VAULT_TEXT_MORE);
	buf_init(&out, VAULT_TEXT_MAX);
	vault_seal_text(use, text, STR("dead:1"), &sealed);
	ASSERT(buf_ok(&sealed) && sealed.len == text.len + VAULT_TEXT_MORE);
	if (bit < sealed.len * 8) {
		sealed.at[bit / 8] ^= (char)(1 << bit % 8);
		ASSERT(vault_open_text(use, buf_text(&sealed), STR("dead:1"), &out) == ERR_STORE_REFUSED && out.len == 0);
	} else {
		ASSERT(vault_open_text(use, buf_text(&sealed), STR("dead:2"), &out) == ERR_STORE_REFUSED);
		ASSERT(vault_open_text(use, buf_text(&sealed), STR("dead:1"), &out) == ERR_OK);
		ASSERT(str_equal(buf_text(&out), text));
	}
	buf_done(&sealed);
	buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t keys[2][96] = {{1}, {2}};

	if (!use)
		use = vault_use_new(vault_of(keys, 2));
	if (size < 3 || size > 65536)
		return 0;
	struct str rest = str_n((const char *)data + 3, size - 3);
	size_t bit = (size_t)data[1] | (size_t)data[2] << 8;
	if (data[0] % 3 == 0)
		made_up(str_n((const char *)data + 1, size - 1));
	else if (data[0] % 3 == 1)
		numbers_box(rest, bit);
	else
		texts_box(rest, bit);
	return 0;
}
