#include "unit/test.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "datadir.h"

static char root[64];

static int make_root(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "/tmp/bauta-datadir-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int drop_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", root);
	return system(command);
}

static struct datadir below(const char *name, const char *key_file)
{
	struct datadir datadir;
	char path[128], error[256];

	snprintf(path, sizeof path, "%s/%s", root, name);
	assert_int_equal(datadir_of(path, key_file, &datadir, error), ERR_OK);
	return datadir;
}

static void paths_lie_in_the_folder(void **state)
{
	struct datadir datadir;
	char error[256];

	(void)state;
	assert_int_equal(datadir_of("/var/lib/bauta/", NULL, &datadir, error), ERR_OK);
	assert_string_equal(datadir.folder, "/var/lib/bauta");
	assert_string_equal(datadir.database, "/var/lib/bauta/bauta.db");
	assert_string_equal(datadir.key, "/var/lib/bauta/bauta.key");
	assert_string_equal(datadir.lock, "/var/lib/bauta/bauta.lock");

	assert_int_equal(datadir_of(NULL, NULL, &datadir, error), ERR_OK);
	assert_string_equal(datadir.database, "./bauta-data/bauta.db");
}

static void a_key_file_may_lie_elsewhere(void **state)
{
	struct datadir datadir;
	char error[256];

	(void)state;
	assert_int_equal(datadir_of("/d", "/etc/bauta/bauta.key", &datadir, error), ERR_OK);
	assert_string_equal(datadir.key, "/etc/bauta/bauta.key");
	assert_string_equal(datadir.database, "/d/bauta.db");
}

static void names_that_are_empty_or_too_long_are_refused(void **state)
{
	char name[DATADIR_PATH_SIZE + 10], error[256] = "";
	struct datadir datadir;

	(void)state;
	memset(name, 'a', sizeof name);
	name[sizeof name - 1] = '\0';
	assert_int_equal(datadir_of(name, NULL, &datadir, error), ERR_STORE_REFUSED);
	assert_non_null(strstr(error, "too long"));
	name[DATADIR_PATH_SIZE - 3] = '\0'; /* fits by itself, not with a file in it */
	assert_int_equal(datadir_of(name, NULL, &datadir, error), ERR_STORE_REFUSED);
	assert_int_equal(datadir_of("", NULL, &datadir, error), ERR_STORE_REFUSED);
	assert_int_equal(datadir_of("/d", "", &datadir, error), ERR_STORE_REFUSED);
}

static void a_new_folder_is_for_its_owner_alone(void **state)
{
	struct datadir datadir = below("new/deep/data", NULL);
	char error[256];
	struct stat is;

	(void)state;
	umask(0);
	assert_int_equal(datadir_make(&datadir, error), ERR_OK);
	assert_int_equal(stat(datadir.folder, &is), 0);
	assert_int_equal(is.st_mode & 07777, 0700);
	assert_int_equal(datadir_make(&datadir, error), ERR_OK); /* again: as it is */
}

static void a_file_in_its_place_is_refused(void **state)
{
	struct datadir datadir = below("file", NULL);
	char error[256] = "";

	(void)state;
	close(open(datadir.folder, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(datadir_make(&datadir, error), ERR_STORE_REFUSED);
	assert_non_null(strstr(error, "not a folder"));
}

static void it_is_known_whether_there_is_a_database(void **state)
{
	struct datadir datadir = below("db", NULL);
	char error[256];

	(void)state;
	assert_false(datadir_has_database(&datadir));
	assert_int_equal(datadir_make(&datadir, error), ERR_OK);
	assert_false(datadir_has_database(&datadir));
	close(open(datadir.database, O_CREAT | O_WRONLY, 0600));
	assert_true(datadir_has_database(&datadir));
}

static void a_folder_is_served_by_one(void **state)
{
	struct datadir datadir = below("lock", NULL);
	char error[256] = "";
	int first = -1, second = -1;

	(void)state;
	assert_int_equal(datadir_make(&datadir, error), ERR_OK);
	assert_int_equal(datadir_lock(&datadir, &first, error), ERR_OK);
	assert_int_equal(datadir_lock(&datadir, &second, error), ERR_STORE_REFUSED);
	assert_int_equal(second, -1);
	assert_non_null(strstr(error, "another bauta"));
	close(first);
	assert_int_equal(datadir_lock(&datadir, &second, error), ERR_OK);
	close(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_lie_in_the_folder),
		cmocka_unit_test(a_key_file_may_lie_elsewhere),
		cmocka_unit_test(names_that_are_empty_or_too_long_are_refused),
		cmocka_unit_test(a_new_folder_is_for_its_owner_alone),
		cmocka_unit_test(a_file_in_its_place_is_refused),
		cmocka_unit_test(it_is_known_whether_there_is_a_database),
		cmocka_unit_test(a_folder_is_served_by_one),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_root, drop_root);
}
