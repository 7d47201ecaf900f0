#include "demo/demo_leaks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"

#define FILE_MAX ((size_t)256 << 20)
#define INTEGER_SIZE                                                                                         \
	6 /* bytes that differ from 0 in no more than these: E.164 is below 2^50, ours below 2^48 */

static bool holds(struct str text, const void *pattern, size_t len)
{
	return text.len >= len && memmem(text.at, text.len, pattern, len) != NULL;
}

static bool holds_integer(struct str text, struct number number)
{
	uint8_t big[INTEGER_SIZE], little[INTEGER_SIZE];

	for (int i = 0; i < INTEGER_SIZE; i++) {
		little[i] = (uint8_t)(number.e164 >> (8 * i));
		big[INTEGER_SIZE - 1 - i] = little[i];
	}
	return holds(text, big, sizeof big) || holds(text, little, sizeof little);
}

/* `text` as it is, `plain` without the marks that people write between digits. */
static bool holds_number(struct str text, struct str plain, struct number number)
{
	char written[NUMBER_TEXT_SIZE];

	number_text(number, written);
	const char *national = written + 1 + number_country_digits(number);
	return holds(text, national, strlen(national)) || holds(plain, national, strlen(national)) ||
	       holds_integer(text, number);
}

static struct str without_marks(struct str text, char *room)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++)
		if (!memchr(" .-()/", text.at[i], 6))
			room[len++] = text.at[i];
	return str_n(room, len);
}

/* How many of the cast are in it, `allowed` aside; *ret_seen: that one is in it. */
static int look(struct str text, struct number allowed, bool *ret_seen)
{
	char *room = malloc(text.len + 1);
	int found = 0;

	ASSERT(room);
	struct str plain = without_marks(text, room);
	*ret_seen = false;
	for (int i = 0; demo_cast[i]; i++) {
		if (!holds_number(text, plain, demo_cast[i]->number))
			continue;
		if (number_equal(demo_cast[i]->number, allowed))
			*ret_seen = true;
		else
			found++;
	}
	free(room);
	return found;
}

static bool note(struct demo_leaks *leaks, int found, const char *where)
{
	if (found && !leaks->found)
		snprintf(leaks->where, sizeof leaks->where, "%s", where);
	leaks->found += found;
	return !found;
}

bool demo_leaks_answer(struct demo_leaks *leaks, struct str text, struct number allowed, const char *where)
{
	bool seen;
	int found = look(text, allowed, &seen);

	leaks->answers++;
	leaks->dialled += seen;
	return note(leaks, found, where) && (seen || !number_is(allowed));
}

/* A file of a running server may grow while it is read; what was there when we began is enough. */
static bool look_into(struct demo_leaks *leaks, int file, size_t size, const char *path)
{
	char *bytes = malloc(size + 1);
	size_t len = 0;
	bool seen;

	ASSERT(bytes);
	while (len < size) {
		ssize_t got = read(file, bytes + len, size - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	leaks->bytes += len;
	bool clean = note(leaks, look(str_n(bytes, len), NUMBER_NONE, &seen), path);
	free(bytes);
	return clean;
}

static bool look_at_file(struct demo_leaks *leaks, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat about;

	if (file < 0)
		return errno == ENOENT; /* a WAL may be gone by now */
	bool clean = fstat(file, &about) == 0 && S_ISREG(about.st_mode) &&
		     (size_t)about.st_size <= FILE_MAX && look_into(leaks, file, (size_t)about.st_size, path);
	close(file);
	return clean;
}

bool demo_leaks_folder(struct demo_leaks *leaks, const char *folder)
{
	DIR *open_folder = opendir(folder);
	bool clean = open_folder != NULL;

	for (struct dirent *entry; open_folder && (entry = readdir(open_folder));) {
		char path[600];
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof path, "%.300s/%s", folder, entry->d_name);
		if (!(entry->d_type == DT_DIR ? demo_leaks_folder : look_at_file)(leaks, path))
			clean = false;
	}
	if (open_folder)
		closedir(open_folder);
	return clean;
}
