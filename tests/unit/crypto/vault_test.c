/* Known answers: RFC 5869. AES-SIV has its own: siv_test.c. */
#include "unit/test.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "crypto/digest.h"
#include "crypto/vault.h"
#include "unit/crypto/openssl_siv.h"

#define TEXT_MAX 64

static const uint8_t two_keys[2][96] = {{1}, {2}};
static const struct number customer = {6281234567210};

static void a_box_opens_only_for_its_session_role_and_index(void **state)
{
	struct vault *vault = vault_of(two_keys, 1);
	struct vault_use *use = vault_use_new(vault);
	struct number number = NUMBER_NONE;
	uint8_t box[VAULT_BOX_SIZE];
	(void)state;
	assert_true(vault_seal(use, customer, 77, STR("customer"), 1, box));
	assert_int_equal(vault_open(use, box, 78, STR("customer"), 1, &number), ERR_STORE_REFUSED);
	assert_int_equal(vault_open(use, box, 77, STR("courier"), 1, &number), ERR_STORE_REFUSED);
	assert_int_equal(vault_open(use, box, 77, STR("customer"), 0, &number), ERR_STORE_REFUSED);
	assert_int_equal(vault_open(use, box, 77, STR(""), 1, &number), ERR_STORE_REFUSED);
	assert_false(number_is(number));
	assert_int_equal(vault_open(use, box, 77, STR("customer"), 1, &number), ERR_OK);
	assert_true(number_equal(number, customer));
	vault_use_free(use);
	vault_free(vault);
}

static void a_box_with_any_bit_changed_does_not_open(void **state)
{
	struct vault *vault = vault_of(two_keys, 1);
	struct vault_use *use = vault_use_new(vault);
	struct number number;
	uint8_t box[VAULT_BOX_SIZE];
	(void)state;
	assert_true(vault_seal(use, customer, 77, STR("customer"), 0, box));
	for (int bit = 0; bit < VAULT_BOX_SIZE * 8; bit++) {
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(vault_open(use, box, 77, STR("customer"), 0, &number), ERR_STORE_REFUSED);
		box[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	vault_use_free(use);
	vault_free(vault);
}

static void while_keys_rotate_old_boxes_open_and_new_ones_use_the_new_key(void **state)
{
	struct vault *old = vault_of(two_keys, 1), *both = vault_of(two_keys, 2);
	struct vault_use *old_use = vault_use_new(old), *both_use = vault_use_new(both);
	uint8_t old_box[VAULT_BOX_SIZE], new_box[VAULT_BOX_SIZE];
	uint64_t old_text[2], new_text[2];
	struct number number;
	struct person a, b, c;
	(void)state;
	assert_true(vault_seal(old_use, customer, 5, STR("customer"), 0, old_box));
	assert_true(vault_seal(both_use, customer, 5, STR("customer"), 0, new_box));
	assert_int_equal(old_box[0], 1);
	assert_int_equal(new_box[0], 2);
	assert_int_equal(vault_open(both_use, old_box, 5, STR("customer"), 0, &number), ERR_OK);
	assert_int_equal(vault_open(old_use, new_box, 5, STR("customer"), 0, &number), ERR_STORE_REFUSED);

	vault_person(old_use, customer, &a);
	vault_person(both_use, customer, &b);
	assert_memory_not_equal(&a, &b, sizeof a);
	assert_false(vault_person_old(old_use, customer, &c));
	assert_true(vault_person_old(both_use, customer, &c));
	assert_memory_equal(&a, &c, sizeof a);
	assert_true(vault_short_old(both_use, customer) == person_short(&a));
	assert_true(vault_short_old(old_use, customer) == 0);

	vault_text_key(old, old_text);
	vault_text_key(both, new_text);
	assert_memory_equal(old_text, new_text, sizeof old_text);
	vault_use_free(old_use);
	vault_use_free(both_use);
	vault_free(old);
	vault_free(both);
}

/* The form: key id, tag, the text and a byte 1; OpenSSL alone says the same. */
static void a_sealed_text_gives_the_known_answer(void **state)
{
	static const char text[] = "{\"order\": \"o-1\"}\1";
	static const uint8_t want[] = {0x02, 0x0a, 0x84, 0x56, 0x25, 0xd2, 0xa1, 0x4e, 0x94, 0x6d, 0xbd, 0xca, 0xbe, 0x84, 0xfd, 0x66,
		0x89, 0xd5, 0xf7, 0x2c, 0xa9, 0xa3, 0xb6, 0x39, 0xae, 0x03, 0x12, 0x83, 0xf4, 0x97, 0x0c, 0xa4, 0xde, 0xb9};
	struct vault *vault = vault_of(two_keys, 2);
	struct vault_use *use = vault_use_new(vault);
	uint8_t theirs[SIV_TAG_SIZE + sizeof text];
	struct buf sealed;
	(void)state;
	buf_init(&sealed, 100);
	vault_seal_text(use, str_n(text, sizeof text - 2), STR("dead:7"), &sealed);
	assert_true(buf_ok(&sealed));
	assert_int_equal(sealed.len, sizeof want);
	assert_memory_equal(sealed.at, want, sizeof want);
	openssl_siv(two_keys[1] + 32, true, STR("text:dead:7"), (const uint8_t *)text, sizeof text - 1, theirs);
	assert_int_equal(sealed.at[0], 2);
	assert_int_equal(vault_text_sealed_by(buf_text(&sealed)), 2);
	assert_memory_equal(sealed.at + 1, theirs, sealed.len - 1);
	buf_done(&sealed);
	vault_use_free(use);
	vault_free(vault);
}

/* Seals `text` and opens it again, alone in its buffer and behind something. */
static void assert_text_comes_back(struct vault_use *use, struct str text)
{
	struct buf sealed, opened;
	buf_init(&sealed, VAULT_TEXT_MAX + VAULT_TEXT_MORE);
	buf_init(&opened, VAULT_TEXT_MAX + 6);
	vault_seal_text(use, text, STR("dead:1"), &sealed);
	assert_true(buf_ok(&sealed));
	assert_int_equal(sealed.len, text.len + VAULT_TEXT_MORE);
	buf_lit(&opened, "first");
	assert_int_equal(vault_open_text(use, buf_text(&sealed), STR("dead:1"), &opened), ERR_OK);
	assert_int_equal(opened.len, text.len + 5);
	assert_true(str_starts(buf_text(&opened), STR("first")));
	assert_true(str_equal(str_n(opened.at + 5, text.len), text));
	buf_done(&sealed);
	buf_done(&opened);
}

static void texts_of_every_length_come_back(void **state)
{
	struct vault *vault = vault_of(two_keys, 1);
	struct vault_use *use = vault_use_new(vault);
	char *text = malloc(VAULT_TEXT_MAX);
	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < VAULT_TEXT_MAX; i++)
		text[i] = (char)(i * 7 + i / 251);
	for (size_t len = 0; len < 70; len++)
		assert_text_comes_back(use, str_n(text, len));
	assert_text_comes_back(use, str_n(text, VAULT_TEXT_MAX));
	assert_text_comes_back(use, STR_NONE);
	free(text);
	vault_use_free(use);
	vault_free(vault);
}

static enum err open_text(struct vault_use *use, struct str sealed, const char *place)
{
	struct buf out;
	buf_init(&out, 1000);
	buf_lit(&out, "kept");
	enum err err = vault_open_text(use, sealed, str_of(place), &out);
	assert_true(err == ERR_OK || str_equal(buf_text(&out), STR("kept")));
	buf_done(&out);
	return err;
}

static void a_sealed_text_opens_only_whole_and_in_its_place(void **state)
{
	struct vault *vault = vault_of(two_keys, 1), *both = vault_of(two_keys, 2);
	struct vault_use *use = vault_use_new(vault), *both_use = vault_use_new(both);
	struct buf sealed, newer, small;
	(void)state;
	buf_init(&sealed, 1000);
	buf_init(&newer, 1000);
	buf_init(&small, 5);
	vault_seal_text(use, STR("an event"), STR("dead:1"), &sealed);
	vault_seal_text(both_use, STR("an event"), STR("dead:1"), &newer);
	assert_int_equal(open_text(use, buf_text(&sealed), "dead:1"), ERR_OK);
	assert_int_equal(open_text(both_use, buf_text(&sealed), "dead:1"), ERR_OK);
	assert_int_equal(open_text(use, buf_text(&newer), "dead:1"), ERR_STORE_REFUSED);
	assert_int_equal(open_text(use, buf_text(&sealed), "dead:2"), ERR_STORE_REFUSED);
	assert_int_equal(open_text(use, buf_text(&sealed), "dead:11"), ERR_STORE_REFUSED);
	for (size_t len = 0; len < sealed.len; len++) {
		assert_int_equal(open_text(use, str_n(sealed.at, len), "dead:1"), ERR_STORE_REFUSED);
		assert_true(len >= VAULT_TEXT_MORE || vault_text_sealed_by(str_n(sealed.at, len)) == 0);
	}
	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		sealed.at[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_equal(open_text(use, buf_text(&sealed), "dead:1"), ERR_STORE_REFUSED);
		sealed.at[bit / 8] ^= (char)(1 << bit % 8);
	}
	assert_int_equal(vault_open_text(use, buf_text(&sealed), STR("dead:1"), &small), ERR_LIMIT_REACHED);
	vault_seal_text(use, STR("an event"), STR("dead:1"), &small);
	assert_false(buf_ok(&small));
	buf_done(&sealed);
	buf_done(&newer);
	vault_use_free(use);
	vault_use_free(both_use);
	vault_free(vault);
	vault_free(both);
}

/* The first 32 bytes of HKDF-SHA-256 without salt, by RFC 5869's two sentences. */
static void hkdf(struct str key, const char *info, uint8_t ret_key[SHA256_SIZE])
{
	static const char zeros[SHA256_SIZE];
	uint8_t secret[SHA256_SIZE];
	char expand[64];
	int len = snprintf(expand, sizeof expand, "%s\1", info);

	hmac_sha256(str_n(zeros, sizeof zeros), key, secret);
	hmac_sha256(str_n((const char *)secret, sizeof secret), str_n(expand, (size_t)len), ret_key);
}

static void derived_keys_are_those_of_rfc_5869(void **state)
{
	/* Its test case 3, as far as one block goes. */
	static const uint8_t want[32] = {0x8d, 0xa4, 0xe7, 0x75, 0xa5, 0x63, 0xc1, 0x8f, 0x71, 0x5f, 0x80, 0x2a, 0x06, 0x3c, 0x5a,
		0x31, 0xb8, 0xa1, 0x1f, 0x5c, 0x5e, 0xe1, 0x87, 0x9e, 0xc3, 0x45, 0x4e, 0x5f, 0x3c, 0x73, 0x8d, 0x2d};
	struct vault *vault = vault_of(two_keys, 1);
	struct vault_use *use = vault_use_new(vault);
	const struct str piece = STR("what is hashed");
	uint8_t key[SHA256_SIZE], mac[SHA256_SIZE], ours[SHA256_SIZE];
	uint64_t text_key[2];
	char root[32];

	(void)state;
	memset(root, 0x0b, 22);
	hkdf(str_n(root, 22), "", key);
	assert_memory_equal(key, want, sizeof want);
	memset(root, 0x5a, sizeof root);
	hkdf(str_n(root, sizeof root), "bauta text key", key);
	vault_text_key(vault, text_key);
	assert_memory_equal(text_key, key, sizeof text_key);
	hkdf(str_n(root, sizeof root), "bauta audit mac", key);
	hmac_sha256(str_n((const char *)key, sizeof key), piece, mac);
	vault_audit(use, &piece, 1, ours);
	assert_memory_equal(ours, mac, 32);
	hkdf(str_n(root, sizeof root), "bauta text mac", key);
	hmac_sha256(str_n((const char *)key, sizeof key), piece, mac);
	vault_text_hash(use, &piece, 1, ours);
	assert_memory_equal(ours, mac, 16);
	vault_use_free(use);
	vault_free(vault);
}

/* A number's box and a text of as many bytes are different things even in a place that is spelt alike. */
static void a_text_is_no_box(void **state)
{
	struct vault *vault = vault_of(two_keys, 1);
	struct vault_use *use = vault_use_new(vault);
	struct number number;
	struct buf sealed;
	(void)state;
	buf_init(&sealed, 100);
	vault_seal_text(use, STR("1234567"), STR("abcdefgh\1role"), &sealed);
	assert_int_equal(sealed.len, VAULT_BOX_SIZE);
	assert_int_equal(vault_open(use, (const uint8_t *)sealed.at, 0x6162636465666768, STR("role"), 1, &number),
		ERR_STORE_REFUSED);
	buf_done(&sealed);
	vault_use_free(use);
	vault_free(vault);
}

static char folder[] = "/tmp/vault_test.XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/bauta.key", folder);
	return 0;
}

static int drop_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void write_file(const char *text, mode_t mode)
{
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static enum err read_file(void)
{
	struct vault *vault = NULL;
	char error[256] = "";
	enum err err = vault_read(path, &vault, error);
	assert_true((err == ERR_STORE_REFUSED) == (error[0] != '\0'));
	assert_true((err == ERR_OK) == (vault != NULL));
	vault_free(vault);
	return err;
}

static void a_new_key_file_is_private_never_overwritten_and_read_back(void **state)
{
	struct vault *made, *read;
	uint8_t made_check[VAULT_CHECK_SIZE], read_check[VAULT_CHECK_SIZE];
	char error[256];
	struct stat st;
	(void)state;
	unlink(path);
	assert_int_equal(read_file(), ERR_NOT_FOUND);
	assert_int_equal(vault_create(path, &made, error), ERR_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(vault_create(path, &read, error), ERR_STORE_REFUSED);
	assert_int_equal(vault_read(path, &read, error), ERR_OK);
	assert_int_equal(vault_keys(read), 1);
	assert_int_equal(vault_key_id(read, 0), 1);
	vault_check(made, 0, made_check);
	vault_check(read, 0, read_check);
	assert_memory_equal(made_check, read_check, sizeof made_check);
	vault_free(made);
	vault_free(read);
}

#define HEX_32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEAD "bauta-key 1\nroot " HEX_32 "\n"
#define KEY(id) "key " id " index " HEX_32 " data " HEX_32 HEX_32 "\n"

static void a_key_file_that_others_may_read_is_refused(void **state)
{
	static const struct {
		mode_t mode;
		enum err want;
	} modes[] = {{0600, ERR_OK}, {0400, ERR_OK}, {0640, ERR_STORE_REFUSED}, {0604, ERR_STORE_REFUSED},
		{0644, ERR_STORE_REFUSED}, {0660, ERR_STORE_REFUSED}};
	(void)state;
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		write_file(HEAD KEY("1"), modes[i].mode);
		assert_int_equal(read_file(), modes[i].want);
	}
}

static void only_the_form_that_is_documented_is_taken(void **state)
{
	static const char *const wrong[] = {"", "\n", "bauta-key 1", HEAD, "bauta-key 2\nroot " HEX_32 "\n" KEY("1"), KEY("1"),
		"bauta-key 1\n" KEY("1"), "bauta-key 1\nroot " HEX_32 HEX_32 "\n" KEY("1"),
		"bauta-key 1\nroot " HEX_32 "\nroot " HEX_32 "\n" KEY("1"), "bauta-key 1\n" KEY("1") "root " HEX_32 "\n",
		HEAD KEY("0"), HEAD KEY("256"), HEAD KEY("x"), HEAD KEY("1") KEY("1"), HEAD KEY("2") KEY("1"),
		HEAD KEY("1") KEY("2") KEY("3"), HEAD "\n" KEY("1"), HEAD "key 1 index " HEX_32 " data " HEX_32 "\n",
		HEAD "key 1 index " HEX_32 "\n", HEAD "key 1 data " HEX_32 HEX_32 " index " HEX_32 "\n",
		HEAD KEY("1") "more\n"};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		write_file(wrong[i], 0600);
		assert_int_equal(read_file(), ERR_STORE_REFUSED);
	}
	write_file(HEAD KEY("2") KEY("3"), 0600);
	assert_int_equal(read_file(), ERR_OK);
}

/* The whole key file, with a terminator. */
static void slurp_file(char text[2048])
{
	int fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	ssize_t len = read(fd, text, 2047);
	assert_true(len >= 0);
	text[len] = '\0';
	close(fd);
}

static void a_rotation_adds_one_key_and_keeps_all_else(void **state)
{
	char before[2048], after[2048], error[256] = "";
	uint64_t old_text[2], new_text[2];
	struct vault *vault;
	struct stat st;
	int id = 0;
	(void)state;
	unlink(path);
	assert_int_equal(vault_rotate(path, &id, error), ERR_NOT_FOUND);
	assert_int_equal(vault_create(path, &vault, error), ERR_OK);
	vault_text_key(vault, old_text);
	vault_free(vault);
	assert_int_equal(chmod(path, 0400), 0);
	slurp_file(before);
	assert_int_equal(vault_rotate(path, &id, error), ERR_OK);
	assert_int_equal(id, 2);
	slurp_file(after);
	assert_int_equal(strncmp(before, after, strlen(before)), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(vault_read(path, &vault, error), ERR_OK);
	assert_int_equal(vault_keys(vault), 2);
	assert_int_equal(vault_key_id(vault, 1), 2);
	vault_text_key(vault, new_text);
	assert_memory_equal(old_text, new_text, sizeof old_text);
	vault_free(vault);
}

static void a_rotation_is_refused_where_there_is_no_room_or_one_is_under_way(void **state)
{
	static const char *const wrong[] = {HEAD KEY("1") KEY("2"), HEAD KEY("255"), "bauta-key 1\n" KEY("1")};
	char text[2048], beside[80], error[256];
	int id = 0;
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		write_file(wrong[i], 0600);
		error[0] = '\0';
		assert_int_equal(vault_rotate(path, &id, error), ERR_STORE_REFUSED);
		assert_true(error[0] != '\0');
		slurp_file(text);
		assert_string_equal(text, wrong[i]);
	}
	write_file(HEAD KEY("1"), 0600);
	snprintf(beside, sizeof beside, "%s-new", path);
	int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(vault_rotate(path, &id, error), ERR_STORE_REFUSED);
	unlink(beside);
	assert_int_equal(vault_rotate(path, &id, error), ERR_OK);
	assert_int_equal(read_file(), ERR_OK);
}

static void a_folder_or_a_missing_folder_is_no_key_file(void **state)
{
	struct vault *vault = NULL;
	char error[256];
	(void)state;
	assert_int_equal(vault_read(folder, &vault, error), ERR_STORE_REFUSED);
	assert_int_equal(vault_create("/nonexistent/key", &vault, error), ERR_STORE_REFUSED);
	assert_null(vault);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_box_opens_only_for_its_session_role_and_index),
		cmocka_unit_test(a_box_with_any_bit_changed_does_not_open),
		cmocka_unit_test(while_keys_rotate_old_boxes_open_and_new_ones_use_the_new_key),
		cmocka_unit_test(a_sealed_text_gives_the_known_answer),
		cmocka_unit_test(texts_of_every_length_come_back),
		cmocka_unit_test(a_sealed_text_opens_only_whole_and_in_its_place),
		cmocka_unit_test(derived_keys_are_those_of_rfc_5869),
		cmocka_unit_test(a_text_is_no_box),
		cmocka_unit_test(a_new_key_file_is_private_never_overwritten_and_read_back),
		cmocka_unit_test(a_key_file_that_others_may_read_is_refused),
		cmocka_unit_test(only_the_form_that_is_documented_is_taken),
		cmocka_unit_test(a_rotation_adds_one_key_and_keeps_all_else),
		cmocka_unit_test(a_rotation_is_refused_where_there_is_no_room_or_one_is_under_way),
		cmocka_unit_test(a_folder_or_a_missing_folder_is_no_key_file),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
