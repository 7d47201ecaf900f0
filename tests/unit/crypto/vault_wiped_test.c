/* Keys leave no trace: everything that may be written of this process is copied into a file, as a core would be, while a vault is in
 * use and after it was freed. The keys, which the test itself reads only then, are in the first copy and nowhere in the second. */
#include "unit/test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "crypto/digest.h"
#include "crypto/vault.h"

/* The sanitizers' shadows are terabytes, and freed memory lies in quarantine. Without optimisation (make coverage) every argument lies
 * on the stack as well. */
#ifndef __OPTIMIZE__
#define SANITIZED 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

static char folder[] = "/tmp/vault_wiped_test.XXXXXX";
static char key_path[64], core_path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(key_path, sizeof key_path, "%s/bauta.key", folder);
	snprintf(core_path, sizeof core_path, "%s/core", folder);
	return 0;
}

static int drop_folder(void **state)
{
	(void)state;
	unlink(key_path);
	unlink(core_path);
	return rmdir(folder);
}

#ifdef SANITIZED

static void keys_leave_no_trace(void **state)
{
	/* cmocka's skip() is a failure to those who read TAP. */
	(void)state;
	printf("# not under sanitizers, nor without optimisation\n");
}

#else

static void copy_range(int from, int to, unsigned long at, unsigned long end)
{
	static char page[4096];

	for (; at < end; at += sizeof page) {
		ssize_t n = pread(from, page, sizeof page, (off_t)at);
		if (n > 0)
			assert_int_equal(write(to, page, (size_t)n), n);
	}
}

/* Heap, stacks, data: all that is private and may be written. */
static void write_core(void)
{
	static char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");
	int from = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	int to = open(core_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(maps && from >= 0 && to >= 0);
	while (fgets(line, sizeof line, maps)) {
		unsigned long at, end;
		if (sscanf(line, "%lx-%lx rw", &at, &end) == 2 && strstr(line, " rw-p "))
			copy_range(from, to, at, end);
	}
	fclose(maps);
	close(from);
	close(to);
}

static bool core_holds(const void *bytes, size_t len)
{
	struct stat st;
	int fd = open(core_path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0);
	void *core = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(core != MAP_FAILED);
	bool holds = memmem(core, (size_t)st.st_size, bytes, len) != NULL;
	munmap(core, (size_t)st.st_size);
	close(fd);
	return holds;
}

/* Any 16 bytes of a key, as they are or in hex; how many such pieces are there. */
static int pieces_in_core(const char *hex)
{
	int found = 0;

	for (size_t at = 0; at + 32 <= strlen(hex); at += 32) {
		uint8_t piece[16];
		for (size_t i = 0; i < sizeof piece; i++) {
			unsigned byte;
			assert_int_equal(sscanf(hex + at + 2 * i, "%2x", &byte), 1);
			piece[i] = (uint8_t)byte;
		}
		found += core_holds(piece, sizeof piece) + core_holds(hex + at, 32);
		secret_wipe(piece, sizeof piece);
	}
	return found;
}

/* Root, index keys and data keys of the file. */
static int keys_in_core(void)
{
	char text[1024] = "";
	int found = 0, keys = 0;
	int fd = open(key_path, O_RDONLY | O_CLOEXEC);

	assert_true(read(fd, text, sizeof text - 1) > 0);
	close(fd);
	for (char *word = text, *next = NULL; word; word = next) {
		next = strpbrk(word, " \n");
		if (next)
			*next++ = '\0';
		if (strlen(word) >= 64) {
			found += pieces_in_core(word);
			keys++;
		}
	}
	assert_int_equal(keys, 5);
	secret_wipe(text, sizeof text); /* children begin as a copy of us */
	return found;
}

/* In a child, which has never seen the file's text. */
static void use_vault(bool free_first)
{
	struct vault *vault = NULL;
	struct number number;
	struct person person;
	uint8_t box[VAULT_BOX_SIZE], hash[32];
	const struct str piece = STR("piece");
	struct buf sealed, opened;
	char error[256];

	if (vault_read(key_path, &vault, error) != ERR_OK)
		_exit(2);
	struct vault_use *use = vault_use_new(vault);
	buf_init(&sealed, 1000);
	buf_init(&opened, 1000);
	vault_person(use, (struct number){6281234567210}, &person);
	vault_person_old(use, (struct number){6281234567210}, &person);
	assert_true(vault_seal(use, (struct number){6281234567210}, 7, STR("customer"), 0, box));
	vault_seal_text(use, STR("an event"), STR("dead:1"), &sealed);
	if (vault_open(use, box, 7, STR("customer"), 0, &number) != ERR_OK ||
		vault_open_text(use, buf_text(&sealed), STR("dead:1"), &opened) != ERR_OK)
		_exit(3);
	vault_audit(use, &piece, 1, hash);
	vault_text_hash(use, &piece, 1, hash);
	vault_check(vault, 0, hash);
	if (free_first) {
		vault_use_free(use);
		vault_free(vault);
	}
	write_core();
	_exit(0);
}

static void in_child(bool free_first)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0)
		use_vault(free_first);
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void keys_leave_no_trace(void **state)
{
	struct vault *vault = NULL;
	char error[256];
	int id;

	(void)state;
	assert_int_equal(vault_create(key_path, &vault, error), ERR_OK);
	vault_free(vault);
	assert_int_equal(vault_rotate(key_path, &id, error), ERR_OK);
	write_core();
	assert_int_equal(keys_in_core(), 0); /* of whoever made the file */
	in_child(true);
	assert_int_equal(keys_in_core(), 0);
	in_child(false);
	assert_in_range(keys_in_core(), 10, 100); /* so it would be seen */
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_leave_no_trace),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
