#include "unit/test.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "notify.h"

static char got[512];

/* A service manager's socket; `name` as in NOTIFY_SOCKET. */
static int listen_on(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'))), 0);
	return fd;
}

static const char *heard(int fd)
{
	ssize_t n = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);

	got[n > 0 ? n : 0] = '\0';
	return got;
}

static void tell_all(const char *name)
{
	struct notify notify;
	int fd = listen_on(name);

	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "3000000", 1);
	notify_open(&notify);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_true(notify.fd >= 0);
	assert_int_equal(notify.watchdog_us, 3000000);
	notify_ready(&notify);
	assert_string_equal(heard(fd), "READY=1");
	notify_alive(&notify);
	assert_string_equal(heard(fd), "WATCHDOG=1");
	notify_reloading(&notify);
	assert_int_equal(strncmp(heard(fd), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
	notify_status(&notify, "two\nlines");
	assert_string_equal(heard(fd), "STATUS=two lines");
	notify_stopping(&notify);
	assert_string_equal(heard(fd), "STOPPING=1");
	close(fd);
	notify_alive(&notify); /* the manager is gone: nothing happens */
	notify_close(&notify);
	notify_close(&notify);
}

static void a_manager_at_a_path_is_told(void **state)
{
	char folder[] = "/tmp/bauta-notify-XXXXXX", name[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(name, sizeof name, "%s/socket", folder);
	tell_all(name);
	unlink(name);
	rmdir(folder);
}

static void a_manager_at_an_abstract_name_is_told(void **state)
{
	char name[64];

	(void)state;
	snprintf(name, sizeof name, "@bauta-notify-%d", (int)getpid());
	tell_all(name);
}

static void without_a_manager_nothing_is_told(void **state)
{
	static const char *const names[] = {"", "@", "relative", "/nonexistent/socket", NULL};
	struct notify notify;

	(void)state;
	notify_open(&notify);
	assert_int_equal(notify.fd, -1);
	notify_ready(&notify);
	for (int i = 0; names[i]; i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		setenv("WATCHDOG_USEC", "1000000", 1);
		notify_open(&notify);
		assert_int_equal(notify.fd, -1);
		assert_int_equal(notify.watchdog_us, 0);
	}
}

static void a_watchdog_for_another_process_is_not_ours(void **state)
{
	struct notify notify;
	char name[64];

	(void)state;
	snprintf(name, sizeof name, "@bauta-notify-%d", (int)getpid());
	int fd = listen_on(name);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "1000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	notify_open(&notify);
	assert_true(notify.fd >= 0);
	assert_int_equal(notify.watchdog_us, 0);
	notify_close(&notify);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manager_at_a_path_is_told),
		cmocka_unit_test(a_manager_at_an_abstract_name_is_told),
		cmocka_unit_test(without_a_manager_nothing_is_told),
		cmocka_unit_test(a_watchdog_for_another_process_is_not_ours),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
