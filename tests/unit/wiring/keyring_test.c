#include "unit/test.h"

#include "serve/keyring.h"

#define NOW 1763978400000

struct made {
	struct keyring *keyring;
	struct key_row rows[3];
	char bearer[3][128];
};

static int set_up(void **state)
{
	static struct made made;
	static const uint16_t tenants[3] = {4, 5, 6};
	char text[100];

	made.keyring = keyring_new();
	assert_non_null(made.keyring);
	for (int i = 0; i < 3; i++) {
		made.rows[i] = (struct key_row){.scopes = 1u << i};
		snprintf(made.rows[i].tenant, sizeof made.rows[i].tenant, "tenant-%d", i);
		keyring_make(&made.rows[i], NOW, text);
		snprintf(made.bearer[i], sizeof made.bearer[i], "Bearer %s", text);
	}
	made.rows[1].expires_at = NOW / 1000 + 60;
	made.rows[2].revoked_at = NOW / 1000;
	assert_int_equal(keyring_replace(made.keyring, made.rows, tenants, 3), ERR_OK);
	*state = &made;
	return 0;
}

static int tear_down(void **state)
{
	keyring_free(((struct made *)*state)->keyring);
	return 0;
}

static enum err ask(struct made *made, const char *text, int64_t now_ms, struct asker *asker)
{
	return keyring_find(made->keyring, str_of(text), now_ms, asker);
}

static void a_key_says_who_asks_and_what_they_may(void **state)
{
	struct made *made = *state;
	struct asker asker;

	assert_int_equal(ask(made, made->bearer[0], NOW, &asker), ERR_OK);
	assert_string_equal(asker.key_id, made->rows[0].id);
	assert_string_equal(asker.tenant, "tenant-0");
	assert_int_equal(asker.tenant_index, 4);
	assert_int_equal(asker.scopes, KEY_SESSIONS);
}

static void an_expired_key_opens_nothing(void **state)
{
	struct made *made = *state;
	struct asker asker;

	assert_int_equal(ask(made, made->bearer[1], NOW + 59999, &asker), ERR_OK);
	assert_int_equal(ask(made, made->bearer[1], NOW + 60000, &asker), ERR_UNAUTHORIZED);
}

static void a_revoked_key_opens_nothing(void **state)
{
	struct made *made = *state;
	struct asker asker;

	assert_int_equal(ask(made, made->bearer[2], NOW, &asker), ERR_UNAUTHORIZED);
}

static void a_wrong_secret_opens_nothing(void **state)
{
	struct made *made = *state;
	struct asker asker;
	char text[128];

	snprintf(text, sizeof text, "%s", made->bearer[0]);
	char *last = &text[strlen(text) - 1];
	*last = *last == '0' ? '1' : '0';
	assert_int_equal(ask(made, text, NOW, &asker), ERR_UNAUTHORIZED);
	/* The id of one with the secret of another. */
	memcpy(text, made->bearer[0], sizeof text);
	memcpy(text + strlen("Bearer bauta_"), made->rows[1].id, strlen(made->rows[1].id));
	assert_int_equal(ask(made, text, NOW, &asker), ERR_UNAUTHORIZED);
}

static void malformed_headers_open_nothing(void **state)
{
	struct made *made = *state;
	struct asker asker;
	static const char *const texts[] = {NULL, "", "Bearer", "Bearer ", "Bearer bauta_", "Basic dXNlcjpwYXNz",
		"Bearer bauta_aaaaaaaaaaaaaaaa", "Bearer bauta_aaaaaaaaaaaaaaaa_"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(ask(made, texts[i], NOW, &asker), ERR_UNAUTHORIZED);
	for (size_t len = 0; len < strlen(made->bearer[0]); len++)
		assert_int_equal(keyring_find(made->keyring, str_n(made->bearer[0], len), NOW, &asker),
				ERR_UNAUTHORIZED);
}

static void the_scheme_is_read_in_any_case(void **state)
{
	struct made *made = *state;
	struct asker asker;
	char text[128];

	snprintf(text, sizeof text, "bEARER  %s", made->bearer[0] + strlen("Bearer "));
	assert_int_equal(ask(made, text, NOW, &asker), ERR_OK);
}

static void replacing_takes_the_old_keys_away(void **state)
{
	struct made *made = *state;
	struct asker asker;
	uint16_t tenant = 0;

	assert_int_equal(keyring_replace(made->keyring, &made->rows[1], &tenant, 1), ERR_OK);
	assert_int_equal(ask(made, made->bearer[0], NOW, &asker), ERR_UNAUTHORIZED);
	assert_int_equal(ask(made, made->bearer[1], NOW, &asker), ERR_OK);
}

static void made_keys_differ_and_tell_their_form(void **state)
{
	struct made *made = *state;

	assert_string_not_equal(made->rows[0].id, made->rows[1].id);
	assert_int_equal(strlen(made->rows[0].id), 16);
	assert_int_equal(strlen(made->bearer[0]), strlen("Bearer bauta_") + 16 + 1 + 64);
	assert_int_equal(made->rows[0].created_at, NOW / 1000);
}

static void scopes_are_words(void **state)
{
	unsigned bits = 0;
	struct str bad;
	char text[64];

	(void)state;
	assert_true(keyring_scopes(STR("sessions,numbers, calls,route,reveal,admin"), &bits, &bad));
	assert_int_equal(bits, 63);
	keyring_scopes_text(bits, text);
	assert_string_equal(text, "sessions,numbers,calls,route,reveal,admin");
	keyring_scopes_text(KEY_ROUTE | KEY_SESSIONS, text);
	assert_string_equal(text, "sessions,route");
	assert_false(keyring_scopes(STR("sessions,number"), &bits, &bad));
	assert_true(str_equal(bad, STR("number")));
	assert_false(keyring_scopes(STR(""), &bits, &bad));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_key_says_who_asks_and_what_they_may, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_expired_key_opens_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_revoked_key_opens_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_wrong_secret_opens_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(malformed_headers_open_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_scheme_is_read_in_any_case, set_up, tear_down),
		cmocka_unit_test_setup_teardown(replacing_takes_the_old_keys_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(made_keys_differ_and_tell_their_form, set_up, tear_down),
		cmocka_unit_test(scopes_are_words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
